// What the suite is run against, the simulator or Atlas, and how its one processor is moved and looked at: through the
// client, and for what the client does not tell through what the recorder kept. Every wait polls and is bounded.
import { setTimeout as delay } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import type { AtlasClient } from "../../src/atlas/client.js";
import { AppError } from "../../src/base/errors.js";
import type { RecordedExchange, Recorder } from "./recorder.js";
import { parseJson } from "./reply-judge.js";

export interface Subject {
  readonly client: AtlasClient;
  readonly recorder: Recorder;
  readonly project: string;
  readonly workspace: string;
  /** May be started and stopped, and may lose its checkpoint; undefined: nothing may be changed. */
  readonly processor: string | undefined;
  /** How often to look, and how long a state is waited for. */
  readonly pollMs: number;
  readonly stateMs: number;
}

export const USER_AGENT = "headgate/contract";

/** Longer than Atlas holds a request (docs/atlas.md 1c, 1e). */
const POST_MS = 330_000;

export interface ProcessorJson {
  readonly state: string;
  readonly tier?: string;
  readonly stats?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export function refOf(subject: Subject): { project: string; workspace: string; processor: string } {
  const { project, workspace, processor } = subject;
  if (processor === undefined) throw new Error("this subject has no processor that may be changed");
  return { project, workspace, processor };
}

/** The exchange that one call of the client ended with, however it ended. */
export async function watch(subject: Subject, call: () => Promise<unknown>): Promise<RecordedExchange> {
  const { recorder } = subject;
  const before = recorder.exchanges.length;
  await call().catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
  });
  await recorder.settle();
  const last = recorder.exchanges.slice(before).at(-1);
  if (last === undefined) throw new Error("nothing was sent");
  return last;
}

type Post = "stop" | "start" | Parameters<AtlasClient["startWith"]>[1];

/** One POST to the processor; its exchange. */
export function post(subject: Subject, what: Post): Promise<RecordedExchange> {
  const { client } = subject;
  const ref = refOf(subject);
  const call = { deadline: performance.now() + POST_MS };
  return watch(subject, () => {
    if (what === "stop") return client.stop(ref, call);
    return what === "start" ? client.start(ref, call) : client.startWith(ref, what, call);
  });
}

/** The processor as a GET shows it, all of it. */
export async function look(subject: Subject): Promise<ProcessorJson> {
  const { reply } = await watch(subject, () => subject.client.getProcessor(refOf(subject), {}));
  if (reply?.status !== 200) throw new Error(`the processor cannot be read: ${String(reply?.status)}`);
  return parseJson(reply.body)?.value as ProcessorJson;
}

/** The first look at which it is so; undefined where that is never in `forMs` (default: the subject's). */
export async function lookFor(
  subject: Subject,
  isSo: (seen: ProcessorJson) => boolean,
  forMs = subject.stateMs,
): Promise<ProcessorJson | undefined> {
  for (const until = performance.now() + forMs; ;) {
    const seen = await look(subject);
    if (isSo(seen)) return seen;
    if (performance.now() > until) return undefined;
    await delay(subject.pollMs);
  }
}

const MOVES = 4;

/** Brings it there from wherever it is. A FAILED one starts fresh: what it failed of may be its position. */
export async function bring(subject: Subject, to: "STARTED" | "STOPPED"): Promise<ProcessorJson> {
  for (let move = 0; move < MOVES; move += 1) {
    const seen = await lookFor(subject, ({ state }) => state !== "PROVISIONING");
    if (seen?.state === to) return seen;
    const isRunning = seen?.state === "STARTED";
    await post(subject, isRunning ? "stop" : { resumeFromCheckpoint: seen?.state !== "FAILED" });
    await lookFor(subject, ({ state }) => state !== seen?.state && state !== "PROVISIONING");
  }
  throw new Error(`the processor cannot be brought to ${to}`);
}
