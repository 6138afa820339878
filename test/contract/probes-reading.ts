// Probes of docs/atlas.md 11 that only read.
import { notAsked, reading, toAnswer } from "./probe.js";
import type { Finding, Probe } from "./probe.js";
import { parseJson } from "./reply-judge.js";
import { bring, watch } from "./subject.js";
import type { ProcessorJson, Subject } from "./subject.js";

async function readMissing(subject: Subject): Promise<Finding> {
  const { client, project, workspace } = subject;
  const ref = { project, workspace, processor: "no-such-thing-a7c1" };
  return { answer: toAnswer(await watch(subject, () => client.getProcessor(ref, {}))) };
}

async function findRunning(subject: Subject): Promise<ProcessorJson | undefined> {
  if (subject.processor !== undefined) await bring(subject, "STARTED");
  const { reply } = await watch(subject, () => subject.client.listProcessors(subject, {}));
  const page = parseJson(reply?.body ?? "")?.value as { results?: readonly ProcessorJson[] } | undefined;
  return page?.results?.find(({ state, stats }) => state === "STARTED" && stats !== undefined);
}

/** Fields of stats that hold dates (docs/atlas.md 4). */
const DATED = /^(lastMessageIn|watermark|(min|max)OpenWindowStartTime)$/;

async function readDates(subject: Subject): Promise<Finding> {
  const running = await findRunning(subject);
  if (running === undefined) return notAsked("nothing is STARTED");
  const dates = Object.entries(running.stats ?? {}).filter(([field]) => DATED.test(field));
  const [date] = dates.map(([, value]) => value);
  if (date === undefined) return notAsked("its stats hold no date");
  const answer = typeof date === "object" ? "extended JSON" : typeof date === "string" ? "text" : "a number";
  return { answer, measured: dates.map(([field]) => field).join(", ") };
}

async function readLimits(subject: Subject): Promise<Finding> {
  const limits = await subject.client.readRateLimits(subject.project, {}).catch(() => undefined);
  const { reply } = await watch(subject, () => subject.client.getWorkspace(subject, {}));
  const header = String(reply?.headers["ratelimit-limit"] ?? "no");
  const told =
    limits === undefined ? "not told" : `${String(limits.capacity)}, ${String(limits.refillStep)} a step`;
  return { answer: `${told}; RateLimit-Limit ${header}` };
}

export const READING_PROBES: readonly Probe[] = [
  reading("2", "a missing processor", readMissing),
  reading("10", "how often checkpoints are taken", () => Promise.resolve(notAsked("REST does not show it"))),
  reading("14", "dates in stats", readDates),
  reading("15", "limits of production", readLimits),
];
