// What the next start of one processor is sent beside what is declared, and until when. Pure, for prospects.ts.
import { isPositionArmed } from "../decide/start-to-send.js";
import { toStandingClimb } from "../recover/climb.js";
import { START_OPTIONS, START_OPTION_NAMES, hasPosition } from "../start-options.js";
import type { PositionName, StartOptions } from "../start-options.js";
import { toStandingOneOff } from "../status.js";
import type { Declared, Outlook } from "./prospect.js";

/** `tier SP10, from its checkpoint`. */
export function describeStart(start: StartOptions): string {
  const given = START_OPTION_NAMES.map((name) => {
    const { words } = START_OPTIONS[name];
    const value = start[name];
    return words !== null && value !== undefined
      ? `${words.given} ${String(value)}`
      : (words?.absent ?? null);
  });
  return [...given.filter((text) => text !== null), describePosition(start)].join(", ");
}

function describePosition(start: StartOptions): string {
  // By name, so that a new part of a position does not go without words. The first that says something counts.
  const words: Readonly<Record<PositionName, string | undefined>> = {
    startAtOperationTime: start.startAtOperationTime && `from ${start.startAtOperationTime}`,
    resumeFromCheckpoint: start.resumeFromCheckpoint === false ? "fresh" : undefined,
  };
  return Object.values(words).find((text) => text !== undefined) ?? "from its checkpoint";
}

/** Whoever wonders about a tier that nobody declared finds the person's options here. */
const oneOff: Outlook<Declared> = ({ declared, status, oneOffBy }) => {
  const options = toStandingOneOff(status, declared.version);
  return options === undefined
    ? undefined
    : {
        code: "one-off",
        at: null,
        text: `${oneOffBy === undefined ? "a person's options" : `a one-off by ${oneOffBy}: its options`} stand until a new version or the next slot: ${describeStart(options)}`,
      };
};

/** Whoever wonders about a tier that nobody declared finds the climb here. */
const climb: Outlook<Declared> = ({ declared, status }) => {
  const tier = toStandingClimb(status, declared.version);
  if (tier === undefined || status.climbed === null) return undefined;
  const since = status.observed?.state === "STARTED" ? status.stateSince : null;
  return {
    code: "climb",
    at: since === null ? null : since + status.climbed.stepBackAfterMs,
    text: `after a failure it climbed to ${tier}; stable until then, it goes back to the declared tier`,
  };
};

/** A declared position is used once; people who expect it at every start have to see that it is spent. */
const position: Outlook<Declared> = ({ declared, status }) => {
  const { start, state } = declared.policy;
  if (state === "STOPPED" || !hasPosition(start)) return undefined;
  const text = isPositionArmed(start, status)
    ? "the declared position is armed: the next start from rest begins there"
    : "the declared position is spent: starts resume; headgate arm uses it again";
  return { code: "position", at: null, text };
};

/** Whoever wonders where the last start began, or what would be tried next, finds the rung here. */
const rung: Outlook<Declared> = ({ declared, status }) => {
  const taken = status.rung;
  if (taken === null || taken.version !== declared.version) return undefined;
  const text = taken.isUsed
    ? `its last start took rung ${taken.rung}: ${taken.why}; the next failure of its kind takes a higher one`
    : `the next start takes rung ${taken.rung}: ${taken.why}`;
  return { code: "rung", at: null, text };
};

const approval: Outlook<Declared> = ({ declared, status, now }) => {
  const given = status.approval;
  if (given === null || given.version !== declared.version || given.until <= now) return undefined;
  const text = `the approval of rung ${given.rung} by ${given.by} ends: ${given.why}`;
  return { code: "approval", at: given.until, text };
};

export const FOR_STARTS: readonly Outlook<Declared>[] = [oneOff, climb, rung, approval, position];
