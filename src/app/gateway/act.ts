// A start or stop that a client of Atlas sent, carried out as a change of Headgate: durable, behind its fence, one at a
// time. The client waits for Atlas's answer for a while; the change goes on without it. What comes of it is data: the
// face that asked says it in Atlas's words.
import { setTimeout as delay } from "node:timers/promises";
import type { Ending } from "../../domain/change/change.js";
import { judgeGateway } from "../../domain/change/gateway.js";
import type { DeclaredPolicy } from "../../domain/status.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { StartOptions } from "../../domain/start-options.js";
import { AppError } from "../../base/errors.js";
import { OutOfTime } from "../../base/deadline.js";
import { ensureWorkspace, findUnanswered, readAnswered } from "../../store/people/answered.js";
import type { AnsweredChange } from "../../store/people/answered.js";
import { findDeclared, findOpenChange, isKnown } from "../../store/people/commands.js";
import { writeJournal } from "../../store/rows/journal.js";
import { startOrJoin } from "../act/change.js";
import type { RequestedChange } from "../act/change.js";
import { suspend } from "../act/interventions.js";
import type { AppDeps } from "../deps.js";
import { admitPerson } from "../person-calls.js";

export interface GatewayRequest {
  readonly ref: ProcessorRef;
  readonly kind: "start" | "stop";
  /** As `findGatewayKnown` has found it. */
  readonly declared: DeclaredPolicy | undefined;
  /** The client's own; null: none. */
  readonly options: StartOptions | null;
  readonly suspendForMs: number | undefined;
  readonly requestId: string;
}

export type GatewayAnswer =
  /** Accepted, and visible in Atlas. */
  | { readonly kind: "done"; readonly notice?: string | undefined }
  /** Atlas's own refusal: its status, and its body whole if it had one. */
  | {
      readonly kind: "refused-by-atlas";
      readonly status: number;
      readonly reply: string | null;
      readonly text: string;
    }
  /** Not ended in time. `change`: an id, or the run's where the change has no row yet. */
  | { readonly kind: "goes-on"; readonly change: string }
  | { readonly kind: "conflict"; readonly text: string }
  /** It is there already, or it cannot be done in this state. */
  | { readonly kind: "wrong-state"; readonly text: string }
  | { readonly kind: "not-in-atlas" }
  /** Atlas took it, and it came to nothing. */
  | { readonly kind: "failed"; readonly text: string };

export interface GatewayPatience {
  readonly waitMs: number;
  /** Aborted if the client has gone away, or the server ends. */
  readonly signal: AbortSignal;
}

/**
 * Undefined for a processor that is neither declared here nor was seen in Atlas: it has to be looked for in Atlas
 * first, and `adopt` then makes what a change needs. One statement for what is declared.
 */
export async function findGatewayKnown(
  { store }: Pick<AppDeps, "store">,
  ref: ProcessorRef,
): Promise<Pick<GatewayRequest, "declared"> | undefined> {
  const declared = await findDeclared(store, ref);
  return declared !== undefined || (await isKnown(store, ref)) ? { declared } : undefined;
}

/** Idempotent. */
export async function adopt(
  { store, settings }: Pick<AppDeps, "store" | "settings">,
  ref: ProcessorRef,
): Promise<void> {
  await ensureWorkspace(store, ref, settings.intervalMs);
}

/** Throws `temporal.unavailable` and `store.unavailable`; then nothing was begun, or it goes on as any change. */
export async function actThroughGateway(
  deps: AppDeps,
  request: GatewayRequest,
  patience: GatewayPatience,
): Promise<GatewayAnswer> {
  const { ref, kind, declared, suspendForMs } = request;
  const verdict = judgeGateway({ kind, declared, suspendForMs });
  if (verdict.kind === "refused") return refuse(deps, request, verdict.text);
  const { suspension } = verdict;
  if (suspension?.by === "client") await suspend(deps, { ref, forMs: suspension.forMs, why: WHY });
  const giveUpAt = performance.now() + patience.waitMs;
  const begun = await begin(deps, request);
  if (begun.kind === "conflict") return begun;
  // Not before: a stop that does not begin suspends nothing.
  if (suspension?.by === "policy")
    await suspend(deps, { ref, forMs: suspension.forMs, why: WHY, keepsLonger: true });
  const ending = await untilEnded(begun.change, { giveUpAt, signal: patience.signal });
  if (ending === undefined) return leave(deps, request, begun.change);
  return toAnswer(deps, request, { ending, giveUpAt, notice: verdict.notice, signal: patience.signal });
}

/** The reason of every change that comes this way. */
const WHY = "gateway";

/** In the journal too: whoever asked may not be who reads the answer. */
async function refuse(
  { store, actor }: AppDeps,
  { ref, kind }: GatewayRequest,
  text: string,
): Promise<GatewayAnswer> {
  await writeJournal(store, [{ ...ref, kind: "gateway.refused", actor, text: `a ${kind}: ${text}` }]);
  return { kind: "conflict", text };
}

type Begun =
  | { readonly kind: "begun"; readonly change: RequestedChange }
  | Extract<GatewayAnswer, { readonly kind: "conflict" }>;

async function begin(deps: AppDeps, request: GatewayRequest): Promise<Begun> {
  const { ref, kind, declared, options, requestId } = request;
  try {
    const change = await startOrJoin(
      deps,
      { ref, kind, why: WHY, options, requestId, isVerbatim: true },
      declared?.version ?? null,
    );
    return { kind: "begun", change };
  } catch (error) {
    if (error instanceof AppError && error.context["isBusy"] === true)
      return { kind: "conflict", text: error.message };
    throw error;
  }
}

type Ended = Ending & { readonly changeId?: string | null };

interface Until {
  readonly giveUpAt: number;
  readonly signal: AbortSignal;
}

/** Undefined: the time is over, or nobody waits any more. */
async function untilEnded(change: RequestedChange, { giveUpAt, signal }: Until): Promise<Ended | undefined> {
  const leaving = new AbortController();
  const timer = setTimeout(
    () => {
      leaving.abort(new OutOfTime("the wait is over"));
    },
    Math.max(0, giveUpAt - performance.now()),
  );
  const leaveOff = AbortSignal.any([signal, leaving.signal]);
  try {
    return await change.result(leaveOff);
  } catch (error) {
    if (leaveOff.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever asks the same again within a while gets the answer of this change (`findUnanswered`). */
async function leave(
  deps: AppDeps,
  { ref, kind }: GatewayRequest,
  change: RequestedChange,
): Promise<GatewayAnswer> {
  const open = await findOpenChange(deps.store, ref);
  if (open === undefined) return { kind: "goes-on", change: `run ${change.runId}` };
  const text = `the client of this ${kind} waits no longer for its answer`;
  const line = { ...ref, kind: "gateway.unanswered", actor: deps.actor, text, changeId: open.id } as const;
  await writeJournal(deps.store, [line]);
  return { kind: "goes-on", change: `change ${open.id}` };
}

interface Outcome extends Until {
  readonly ending: Ended;
  readonly notice: string | undefined;
}

async function toAnswer(deps: AppDeps, request: GatewayRequest, outcome: Outcome): Promise<GatewayAnswer> {
  const { ending, notice } = outcome;
  if (ending.code === "already-as-wanted" || ending.code === "wrong-state") {
    return (await findEarlier(deps, request)) ?? { kind: "wrong-state", text: toStateText(request, ending) };
  }
  if (ending.code === "missing") return { kind: "not-in-atlas" };
  // The change has seen the state, and most often the tier with it: nothing is left to look up.
  if (ending.outcome === "succeeded" && isTierAsWanted(request, ending.tier)) return { kind: "done", notice };
  const answered =
    typeof ending.changeId === "string" ? await readAnswered(deps.store, ending.changeId) : undefined;
  if (ending.outcome === "succeeded") {
    const isVisible = await untilVisible(deps, request, { ...outcome, answered });
    return isVisible
      ? { kind: "done", notice }
      : { kind: "goes-on", change: `change ${ending.changeId ?? ""}` };
  }
  return toUnsuccessful(ending, answered);
}

/** The answer of a change that ended after its client had left; undefined if there is none to give. */
async function findEarlier(deps: AppDeps, request: GatewayRequest): Promise<GatewayAnswer | undefined> {
  const { ref, kind, options } = request;
  const id = await findUnanswered(deps.store, { ref, actor: deps.actor, kind, options });
  const found = id === undefined ? undefined : await readAnswered(deps.store, id);
  return found?.ending?.outcome === "succeeded" ? { kind: "done" } : undefined;
}

/**
 * Guess: Atlas refuses to start what runs and to stop what rests (docs/atlas.md 1e, 11). It is not asked, because a
 * POST of that kind would go out without a fence; so there is no switch.
 */
function toStateText({ kind }: GatewayRequest, { text }: Ending): string {
  return kind === "stop" ? `the stream processor is ${text}` : `the stream processor ${text}`;
}

function isTierAsWanted(request: GatewayRequest, tier: string | null | undefined): boolean {
  const wanted = toWantedTier(request);
  return wanted === undefined || tier === wanted;
}

const toWantedTier = ({ kind, options }: GatewayRequest): StartOptions["tier"] =>
  kind === "start" ? options?.tier : undefined;

/**
 * A 200 promises that the next GET shows the state and the tier (docs/atlas.md 12). The change has seen the state; a
 * pass may have seen the tier since; if not, Atlas is asked until it shows it.
 */
async function untilVisible(
  deps: AppDeps,
  request: GatewayRequest,
  { answered, giveUpAt, signal }: Outcome & { readonly answered: AnsweredChange | undefined },
): Promise<boolean> {
  const { ref } = request;
  if (answered === undefined || isTierAsWanted(request, answered.tier)) return true;
  const { pollMs, readTimeoutMs } = deps.settings;
  const { client } = await deps.atlas();
  for (;;) {
    await admitPerson(deps, ref.project);
    const seen = await client.getProcessor(ref, { signal, timeoutMs: readTimeoutMs });
    if (isTierAsWanted(request, seen?.tier)) return true;
    if (performance.now() + pollMs > giveUpAt) return false;
    await delay(pollMs, undefined, { signal });
  }
}

/** Of a change that Atlas refused: in Atlas's words. Else in ours. */
function toUnsuccessful({ outcome, code, text }: Ended, answered: AnsweredChange | undefined): GatewayAnswer {
  const { reply = null, status = null } = answered ?? {};
  if (outcome === "failed" && code.startsWith("atlas.") && status !== null && status < 500) {
    return { kind: "refused-by-atlas", status, reply, text };
  }
  if (outcome === "failed") return { kind: "failed", text };
  return { kind: "conflict", text: `the change was ${outcome}: ${text}` };
}
