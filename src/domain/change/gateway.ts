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
      readonly suspension?: GatewaySuspension;
      /** What follows from it, for the client's log. */
      readonly notice?: string;
    }
  | { readonly kind: "refused"; readonly text: string };

interface GatewaySuspension {
  readonly forMs: number;
  /** The policy's begins with the stop and never shortens another; a client's is in force before anything is done. */
  readonly by: "client" | "policy";
}

export function judgeGateway({ kind, declared, suspendForMs }: GatewayFacts): GatewayVerdict {
  // A policy that is only observed holds nobody back, and nothing follows from it.
  const binding = declared?.policy.mode === "enforce" ? declared : undefined;
  // A refusal is the owner's word, and a header is nobody's who could take it back.
  if (kind === "stop" && binding !== undefined && isStopRefused(binding)) return refuseStop(binding);
  if (suspendForMs !== undefined) {
    const notice = `Headgate leaves the processor alone for ${formatDurationMs(suspendForMs)}, whatever is declared`;
    return { kind: "allowed", suspension: { forMs: suspendForMs, by: "client" }, notice };
  }
  if (binding === undefined) return { kind: "allowed" };
  return kind === "stop" ? judgeStop(binding) : judgeStart(binding);
}

const isStopRefused = ({ policy }: DeclaredPolicy): boolean =>
  policy.state === "STARTED" && policy.gateway?.stop === "refuse";

function refuseStop({ version }: DeclaredPolicy): GatewayVerdict {
  return {
    kind: "refused",
    text:
      `policy version ${String(version)} declares STARTED with gateway.stop: refuse: declare STOPPED, ` +
      "or change gateway.stop",
  };
}

function judgeStop({ policy, version }: DeclaredPolicy): GatewayVerdict {
  const declares = `policy version ${String(version)} declares ${policy.state}`;
  // The client may be about to start it again, and would find out only after its stop.
  if (policy.state === "STOPPED") return { kind: "allowed", notice: `${declares}: a start will be refused` };
  if (policy.gateway?.stop === "suspend") {
    const { forMs } = policy.gateway;
    return {
      kind: "allowed",
      suspension: { forMs, by: "policy" },
      notice: `${declares}: Headgate leaves the processor alone for ${formatDurationMs(forMs)}, then starts it again`,
    };
  }
  const grace = formatDurationMs(policy.recovery.stoppedGraceMs);
  return { kind: "allowed", notice: `${declares}: Headgate starts it again after ${grace}` };
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
