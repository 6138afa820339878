// Probes of docs/atlas.md 11 about where a start begins. They judge by the change stream's token in `stats`, and they
// spend the processor's checkpoint.
import { notAsked, toAnswer, writing } from "./probe.js";
import type { Finding, Probe } from "./probe.js";
import { parseJson } from "./reply-judge.js";
import { bring, look, lookFor, post, watch } from "./subject.js";
import type { ProcessorJson, Subject } from "./subject.js";

const MINUTE_MS = 60_000;
/** Before any oplog. */
const LONG_AGO = "2001-01-01T00:00:00Z";

const isStarted = ({ state }: ProcessorJson): boolean => state === "STARTED";
const isFailed = ({ state }: ProcessorJson): boolean => state === "FAILED";

function toToken({ stats }: ProcessorJson): string | undefined {
  const position = stats?.["changeStreamState"] as { readonly _data?: string } | undefined;
  return position?._data;
}

/** Stopped after it ran; the token of its checkpoint. */
async function stopWithToken(subject: Subject): Promise<string | undefined> {
  await bring(subject, "STARTED");
  return toToken(await bring(subject, "STOPPED"));
}

type Compare = (before: string, after: string | undefined) => string;

/** What a start with these options makes of the checkpoint's token, once it runs. */
async function compareTokens(
  subject: Subject,
  options: Exclude<Parameters<typeof post>[1], string>,
  compare: Compare,
): Promise<Finding> {
  const before = await stopWithToken(subject);
  if (before === undefined) return notAsked("its stats show no token of a change stream");
  const exchange = await post(subject, options);
  const status = exchange.reply?.status ?? 0;
  if (status !== 200 && status !== 504) return { answer: toAnswer(exchange) };
  const started = await lookFor(subject, isStarted);
  if (started === undefined) return { answer: "it does not start" };
  const after = toToken(started);
  return {
    answer: compare(before, after),
    measured: `token ${before.slice(0, 18)}, then ${after?.slice(0, 18) ?? "none"}`,
  };
}

function askPrecedence(subject: Subject): Promise<Finding> {
  const startAtOperationTime = new Date(Date.now() - MINUTE_MS).toISOString();
  const options = { resumeFromCheckpoint: true, startAtOperationTime };
  return compareTokens(subject, options, (before, after) =>
    before === after ? "the checkpoint wins" : "the time wins",
  );
}

function askWiped(subject: Subject): Promise<Finding> {
  return compareTokens(subject, { resumeFromCheckpoint: false }, (before, after) =>
    before === after ? "not before the next checkpoint" : "at once",
  );
}

interface Regions {
  readonly dataProcessRegion?: { readonly region: string };
  readonly failoverRegions?: readonly { readonly region: string }[];
}

async function askForced(subject: Subject): Promise<Finding> {
  const { reply } = await watch(subject, () => subject.client.getWorkspace(subject, {}));
  const { dataProcessRegion: primary, failoverRegions = [] } = parseJson(reply?.body ?? "")?.value as Regions;
  const [other] = failoverRegions;
  if (other === undefined || primary === undefined) return notAsked("the workspace has no failover region");
  const failover = { region: other.region, mode: "FORCED" } as const;
  const found = await compareTokens(subject, { failover }, (before, after) =>
    before === after ? "kept" : "not kept",
  );
  await bring(subject, "STOPPED");
  await post(subject, { failover: { region: primary.region, mode: "GRACEFUL" } });
  await lookFor(subject, isStarted);
  return found;
}

/** Starts it before any oplog. Atlas may refuse that, or show only later that it failed of it. */
async function startLongAgo(subject: Subject): Promise<string> {
  const exchange = await post(subject, { resumeFromCheckpoint: false, startAtOperationTime: LONG_AGO });
  const answer = toAnswer(exchange);
  if (exchange.reply?.status !== 200 && exchange.reply?.status !== 504) return answer;
  const failed = await lookFor(subject, isFailed);
  return `${answer}, then ${(failed ?? (await look(subject))).state}`;
}

async function askLongAgo(subject: Subject): Promise<Finding> {
  await bring(subject, "STOPPED");
  return { answer: await startLongAgo(subject) };
}

/** Right after the start from long ago, which may have FAILED. */
async function stopFailed(subject: Subject): Promise<Finding> {
  if (!isFailed(await look(subject))) return notAsked("the processor is not FAILED");
  const answer = toAnswer(await post(subject, "stop"));
  const after = await lookFor(subject, (seen) => !isFailed(seen), subject.stateMs / 10);
  return { answer: `${answer}, then ${after?.state ?? "FAILED"}` };
}

/** What a FAILED processor shows beyond the OpenAPI. The stop before may have ended that state. */
async function seeUndeclared(subject: Subject): Promise<Finding> {
  const { state } = await look(subject);
  if (state === "STOPPED") await startLongAgo(subject);
  const failed = await look(subject);
  if (!isFailed(failed)) return notAsked("the processor is not FAILED");
  const fields = Object.keys(failed).filter((field) => !DECLARED.has(field));
  return {
    answer: fields.includes("errorMsg") ? "errorMsg" : "no errorMsg",
    measured: `beyond the schema: ${fields.join(", ") || "nothing"}`,
  };
}

const DECLARED: ReadonlySet<string> = new Set([
  ...["_id", "name", "pipeline", "state", "options", "tier", "stats", "links"],
  ...["failoverEnabled", "eligibleForFailover"],
]);

export const POSITION_PROBES: readonly Probe[] = [
  writing("4", "startAtOperationTime beside a checkpoint", askPrecedence),
  writing("12", "when startWith(false) wipes the checkpoint", askWiped),
  writing("13", "the checkpoint in a FORCED failover", askForced),
  writing("5", "a time before the oplog", askLongAgo),
  writing("1d", "stop of FAILED", stopFailed),
  writing("7", "errorMsg, last state change in GET", seeUndeclared),
];
