// Probes of docs/atlas.md 11 that move the processor: what wrong states are answered with, how long starts and stops
// hold, tiers. The first ones want a processor that has never run.
import { notAsked, toAnswer, writing } from "./probe.js";
import type { Finding, Probe } from "./probe.js";
import { USER_AGENT, bring, look, lookFor, post, refOf, watch } from "./subject.js";
import type { ProcessorJson, Subject } from "./subject.js";

const toSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function stopCreated(subject: Subject): Promise<Finding> {
  const { state } = await look(subject);
  return state === "CREATED"
    ? { answer: toAnswer(await post(subject, "stop")) }
    : notAsked("the processor is not CREATED");
}

async function readDefaultTier(subject: Subject): Promise<Finding> {
  const created = await look(subject);
  if (created.state !== "CREATED" || created.tier !== undefined)
    return notAsked("it is not new, or has a tier");
  const { tier } = await bring(subject, "STARTED");
  return { answer: tier === undefined ? "not shown" : "shown once started", measured: tier ?? "none" };
}

async function startStarted(subject: Subject): Promise<Finding> {
  await bring(subject, "STARTED");
  return { answer: toAnswer(await post(subject, {})) };
}

async function stopStopped(subject: Subject): Promise<Finding> {
  await bring(subject, "STOPPED");
  return { answer: toAnswer(await post(subject, "stop")) };
}

/** With a body that changes nothing, under the token of the call before; the client has no PATCH. */
async function modifyStarted(subject: Subject): Promise<Finding> {
  const { recorder } = subject;
  const { project, workspace, processor } = refOf(subject);
  await bring(subject, "STARTED");
  const { authorization = "" } = recorder.exchanges.at(-1)?.headers ?? {};
  if (!authorization.startsWith("Bearer ")) return notAsked("it takes a service account");
  const path = [project, "streams", workspace, "processor", processor].map(encodeURIComponent).join("/");
  const media = "application/vnd.atlas.2024-05-30+json";
  const exchange = await watch(subject, async () => {
    const reply = await fetch(`${recorder.url}/api/atlas/v2/groups/${path}`, {
      method: "PATCH",
      headers: { accept: media, "content-type": media, authorization, "user-agent": USER_AGENT },
      body: JSON.stringify({ name: processor }),
    });
    await reply.text();
  });
  return { answer: toAnswer(exchange) };
}

async function seeStart(subject: Subject): Promise<Finding> {
  await bring(subject, "STOPPED");
  const exchange = await post(subject, {});
  const states: string[] = [];
  await lookFor(subject, ({ state }) => {
    if (states.at(-1) !== state) states.push(state);
    return state === "STARTED";
  });
  return { answer: [toAnswer(exchange), ...states].join(", then "), measured: toSeconds(exchange.tookMs) };
}

async function seeStop(subject: Subject): Promise<Finding> {
  await bring(subject, "STARTED");
  const exchange = await post(subject, "stop");
  return { answer: toAnswer(exchange), measured: toSeconds(exchange.tookMs) };
}

async function seeLateEffect(subject: Subject): Promise<Finding> {
  const rows = [
    { from: "STOPPED", what: {}, to: "STARTED" },
    { from: "STARTED", what: "stop", to: "STOPPED" },
  ] as const;
  for (const { from, what, to } of rows) {
    await bring(subject, from);
    const { reply } = await post(subject, what);
    if (reply?.status !== 504) continue;
    const isSo = ({ state }: ProcessorJson): boolean => state === to;
    return { answer: (await lookFor(subject, isSo)) === undefined ? "no" : "yes" };
  }
  return notAsked("nothing was answered 504");
}

async function startAboveMaximum(subject: Subject): Promise<Finding> {
  const limits = await subject.client.getWorkspace(subject, {});
  if (limits?.maxTier === undefined || limits.maxTier === "SP50") return notAsked("no maximum below SP50");
  await bring(subject, "STOPPED");
  return {
    answer: toAnswer(await post(subject, { tier: "SP50" })),
    measured: `the maximum is ${limits.maxTier}`,
  };
}

export const STATE_PROBES: readonly Probe[] = [
  writing("1c", "stop of CREATED", stopCreated),
  writing("11", "`tier` when never set", readDefaultTier),
  writing("1a", "start of STARTED", startStarted),
  writing("1e", "PATCH of STARTED", modifyStarted),
  writing("1b", "stop of STOPPED", stopStopped),
  writing("3", "does startWith hold until it runs; is PROVISIONING seen", seeStart),
  writing("9", "how long a stop is held", seeStop),
  writing("8", "does an operation answered 504 take effect later", seeLateEffect),
  writing("6", "a tier above maxTierSize", startAboveMaximum),
];
