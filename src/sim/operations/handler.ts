// One call of one operation as its handler sees it, and the reply that it hands back, before it has headers. Types and
// the constructors of replies only: handlers know nothing of sockets, headers of versions, or faults. Changes nothing;
// of the five files that have to do with a change (see world/world.ts) it is the outermost.
import type { Refusal } from "../world/refusals.js";
import type { Verdict } from "../world/start-stop.js";
import type { Cause, ProcessorAddress, World } from "../world/world-model.js";
import type { JsonObject, Lens } from "./views.js";

export interface Call {
  readonly world: World;
  readonly now: number;
  readonly address: ProcessorAddress;
  /** The connection or endpoint set that the path names; else empty. */
  readonly resource: string;
  readonly query: URLSearchParams;
  /** The whole address the caller used, for links. */
  readonly href: string;
  readonly rawBody: string;
  readonly cause: Cause;
  /** From a scripted fault. */
  readonly lens?: Lens;
  readonly failAfterMs?: number;
}

/** The answer of an operation. `isApplied`: the world carried it out. `replyAt`: hold the answer until then. */
export interface Reply {
  readonly status: number;
  readonly body: JsonObject | Buffer | null;
  readonly refusal: Refusal | null;
  readonly isApplied: boolean;
  readonly replyAt: number | null;
}

export type Handler = (call: Call) => Reply;

export function answer(body: JsonObject | Buffer | null, status = 200): Reply {
  return { status, body, refusal: null, isApplied: true, replyAt: null };
}

export function refuse(refusal: Refusal): Reply {
  return { status: refusal.status, body: null, refusal, isApplied: false, replyAt: null };
}

/** A start or stop: held until the world says, then 200 `{}` (docs/atlas.md 1d) or the late refusal. */
export function hold(verdict: Verdict): Reply {
  if (verdict.kind === "refused") return refuse(verdict.refusal);
  const { late, replyAt } = verdict;
  return late === null
    ? { ...answer({}), replyAt }
    : { status: late.status, body: null, refusal: late, isApplied: true, replyAt };
}
