// What becomes of a start or stop that a client of Atlas sends through the gateway, by what is declared. Pure. A client
// of Atlas changes nothing but its base URL, so it is let do what it asks wherever the declaration does not forbid it;
// what follows from the declaration is said in a notice. Times and counters are the policy's own, so that a notice of
// the same policy stays the same.
import { formatDurationMs } from "../duration.js";
import type { DeclaredPolicy } from "../status.js";

export interface GatewayFacts {
  readonly kind: "start" | "stop";
  readonly declared: DeclaredPolicy | undefined;
  /** The client asked that the processor be left alone for so long. */
  readonly suspendForMs: number | undefined;
}

export type GatewayVerdict =
  | {
      readonly kind: "allowed";
      readonly suspendForMs?: number;
      /** What follows from it, for the client's log. */
      readonly notice?: string;
    }
  | { readonly kind: "refused"; readonly text: string };

export function judgeGateway(facts: GatewayFacts): GatewayVerdict {
  const { declared, suspendForMs } = facts;
  if (suspendForMs !== undefined) {
    return { kind: "allowed", suspendForMs, notice: toSuspendedNotice(suspendForMs) };
  }
  if (declared === undefined) return { kind: "allowed" };
  return facts.kind === "stop" ? judgeStop(declared) : judgeStart(declared);
}

const toSuspendedNotice = (ms: number): string =>
  `Headgate leaves the processor alone for ${formatDurationMs(ms)}, whatever is declared`;

function judgeStop({ policy, version }: DeclaredPolicy): GatewayVerdict {
  if (policy.state === "STOPPED") {
    // The client may be about to start it again, and would find out only after its stop.
    return {
      kind: "allowed",
      notice: `policy version ${String(version)} declares STOPPED: a start will be refused`,
    };
  }
  const grace = formatDurationMs(policy.recovery.stoppedGraceMs);
  return {
    kind: "allowed",
    notice: `policy version ${String(version)} declares STARTED: Headgate starts it again after ${grace}`,
  };
}

function judgeStart({ policy, version }: DeclaredPolicy): GatewayVerdict {
  if (policy.state === "STARTED") return { kind: "allowed" };
  return {
    kind: "refused",
    text:
      `policy version ${String(version)} declares STOPPED, so Headgate would stop it again: declare STARTED, ` +
      "or send X-Headgate-Suspend with a duration such as 4h",
  };
}
