// What a person allows after a position was lost: one rung of the ladder, once, until a time. It is in force when
// written and journaled with who said it; the next pass carries it out.
import { markedAs } from "../../domain/conditions.js";
import { withoutAttempts } from "../../domain/decide/recovery.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Rung } from "../../domain/rungs.js";
import { AppError } from "../../base/errors.js";
import { commandStatus } from "../../store/people/commands.js";
import type { AppDeps } from "../deps.js";

type StoreDeps = Pick<AppDeps, "store" | "actor">;

export interface Approving {
  readonly ref: ProcessorRef;
  readonly rung: Rung;
  readonly forMs: number;
  readonly why: string;
}

/**
 * In force when it returns, until that time (epoch ms); it replaces the approval before it. What is parked is decided
 * anew, and its back-off is over; what has not lost its position keeps the approval until its time. Throws
 * `request.refused` where the policy declares no ladder or denies that rung, `request.unknown` where there is no
 * policy.
 */
export async function approve(
  deps: StoreDeps,
  { ref, rung, forMs, why }: Approving,
): Promise<{ readonly until: number }> {
  let until = 0;
  await commandStatus(deps.store, {
    ref,
    actor: deps.actor,
    kind: "approval.given",
    apply: ({ status, declared, now }) => {
      const name = formatProcessorRef(ref);
      if (declared === undefined) {
        throw new AppError("request.unknown", `no policy names ${name}: nothing to approve`);
      }
      const { ladder } = declared.policy.recovery;
      if (ladder === undefined) {
        const hint = `declare recovery.ladder, or start it: headgate start "${name}" --at TIME, or --no-resume`;
        throw new AppError("request.refused", `${name} declares no ladder: ${hint}`);
      }
      if (ladder[rung] === "deny") {
        const hint = `allow it or let it be approved there, or start it: headgate start "${name}"`;
        throw new AppError("request.refused", `${name}: its recovery.ladder denies rung ${rung}: ${hint}`);
      }
      until = now + forMs;
      const conditions = markedAs(status.conditions, "Parked", { status: "false", since: now });
      const approval = { rung, by: deps.actor, why, version: declared.version, until };
      return {
        status: { ...withoutAttempts(status), approval, conditions },
        text: `rung ${rung} until ${new Date(until).toISOString()}: ${why}`,
      };
    },
  });
  return { until };
}
