// The rows of the decision table for members of an open incident: what is announced is stopped, the others wait for
// their turn. Pure. What is declared STOPPED is no member's business.
import { because } from "../reasons.js";
import type { PolicyFacts } from "./decision.js";
import { runsNow, skipping } from "./match.js";
import type { PolicyMatch } from "./match.js";
import { isBackingOff } from "./recovery.js";

const IN_INCIDENT = "in an incident";

/** An announced outage stops its members, though they are declared STARTED. */
export const restsForIncident: PolicyMatch = (facts) =>
  facts.incident?.turn === "rest" &&
  facts.declared.policy.state === "STARTED" &&
  runsNow(facts) &&
  !isBackingOff(facts.status, facts.declared, facts.now)
    ? {
        ...because("stop", `in an incident: ${facts.incident.why}`),
        action: { kind: "stop", options: {}, slotAt: null, isBrakeable: false },
        ...skipping(facts, IN_INCIDENT),
      }
    : undefined;

/** A member of an open incident waits for its turn. What came back by itself is left to the rows below. */
export const inIncident: PolicyMatch = (facts) => {
  const { incident, declared } = facts;
  if (incident === undefined || incident.turn === "recover" || declared.policy.state === "STOPPED") {
    return undefined;
  }
  if (incident.turn === "wait" && runsNow(facts)) return undefined;
  return {
    ...because("in-incident", `waits for its turn in an incident: ${incident.why}`),
    ...skipping(facts, IN_INCIDENT),
  };
};

/** An incident has pauses of its own: no back-off keeps its canary from starting. */
export const isItsTurn = (facts: PolicyFacts): boolean =>
  facts.incident?.turn === "recover" && facts.declared.policy.state === "STARTED" && !runsNow(facts);
