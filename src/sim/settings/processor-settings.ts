// How processors behave: what starts, stops and edits take and answer, checkpoints, failures. Delays are simulated
// milliseconds, divided by the time scale. A `source` names the section of docs/atlas.md that a value comes from;
// "guess" marks what nobody has seen. A guess is a switch with every answer that Atlas might give, so that a client can
// be tried against all of them; its default is the likeliest. Names and defaults are held to docs/atlas.md by a test.
import type { SettingRow } from "./setting-row.js";

const GUESS = "guess (docs/atlas.md 10)";

export const PROCESSOR_SETTINGS = {
  // Starts. Atlas seems to hold the request for as long as the control plane needs, and to answer once the state has
  // moved: clients look once behind the answer and no more (docs/atlas.md 1b, 1c).
  "startWith.holdMinMs": {
    value: 1_000,
    meaning: "shortest hold of a start request",
    source: "docs/atlas.md 1c",
  },
  "startWith.holdMaxMs": {
    value: 5_000,
    meaning: "longest hold of a start request",
    source: "docs/atlas.md 1c",
  },
  "startWith.answer": {
    value: "when-started",
    choices: ["when-started", "at-once"],
    meaning: "answer a start when the state has moved, or at once",
    source: GUESS,
  },
  "startWith.provisioningMs": {
    value: 0,
    meaning: "PROVISIONING between the accepted start and STARTED; 0: none",
    source: GUESS,
  },
  // Stops, and operations that take too long. The time-out is Atlas's own; what becomes of the operation behind it is
  // the question that makes a 504 ambiguous.
  "stop.delayMs": {
    value: 800,
    meaning: "how long a stop takes, the request held",
    source: "docs/atlas.md 1c",
  },
  "operation.timeoutMs": {
    value: 180_000,
    meaning: "a start or stop held longer answers 504 and finishes later",
    source: "docs/atlas.md 1c, 1e",
  },
  "operation.afterTimeout": {
    value: "finishes",
    choices: ["finishes", "is-dropped"],
    meaning: "what becomes of a start or stop that was answered 504",
    source: "guess (docs/atlas.md 10, 11.8)",
  },
  // Wrong states. One refuses, the other answers as if it had been done: a client must not conclude from a 200 that
  // something has started. For a processor that runs "200" changes nothing.
  startOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "start of a processor that runs",
    source: GUESS,
  },
  // At rest already. CREATED counts as STOPPED here.
  stopOfStopped: {
    value: "400",
    choices: ["400", "200"],
    meaning: "stop of a STOPPED or CREATED processor",
    source: GUESS,
  },
  stopOfFailed: {
    value: "400",
    choices: ["400", "200", "stops"],
    meaning: "stop of a FAILED processor",
    source: "guess (docs/atlas.md 1b)",
  },
  // It has a life that a stop can end; whether Atlas lets one is unknown.
  stopOfProvisioning: {
    value: "stops",
    choices: ["stops", "400"],
    meaning: "stop of a PROVISIONING processor",
    source: "guess (docs/atlas.md 1a)",
  },
  // "200" here is a reply alone: the processor stays as it is.
  modifyOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "PATCH of a processor that runs",
    source: GUESS,
  },
  // What a reply may show that is not so: the wrong state, nothing yet, or more than the schema has. Nothing of it is
  // ever true of the world itself.
  "modify.replyState": {
    value: "",
    meaning: "state that the reply to a PATCH shows instead of the true one; empty: the true one",
    source: "docs/atlas.md 1e, 10: CREATED was seen",
  },
  "create.hiddenMs": {
    value: 0,
    meaning: "how long after its create GET and list do not know a processor",
    source: GUESS,
  },
  "replies.extraFields": {
    value: false,
    meaning: "processors, workspaces and lists carry fields that no schema names",
    source: GUESS,
  },
  // Tiers: what a start leaves if it names none, and how one above the maximum is refused.
  "start.withoutTier": {
    value: "keep",
    choices: ["keep", "workspace-default"],
    meaning: "tier of a start that names none, if the processor already has one",
    source: "guess (docs/atlas.md 2c)",
  },
  "tier.shownWhenDefaulted": {
    value: true,
    meaning: "a start without tier fills `tier` with the workspace's default",
    source: "guess (docs/atlas.md 11.11)",
  },
  "tier.aboveMaxErrorCode": {
    value: "STREAM_PROCESSOR_GENERIC_ERROR",
    meaning: "errorCode of the 400 for a tier above maxTierSize",
    source: "guess (docs/atlas.md 2c)",
  },
  // Absence. Clients must go by the status alone: the errorCode of a missing processor is unknown, and the status was
  // another one before June 2026.
  "missingProcessor.status": {
    value: "404",
    choices: ["404", "400"],
    meaning: "status for a missing processor: 400 as before June 2026",
    source: "docs/atlas.md 1e, 10",
  },
  "missingProcessor.errorCode": {
    value: "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME",
    meaning: "errorCode of a missing processor",
    source: GUESS,
  },
  // Where a start begins, and what happens if the source no longer has that moment. A lost position is refused at once
  // or shows as FAILED a little later; the words are the same.
  "position.timeWithCheckpoint": {
    value: "time",
    choices: ["time", "checkpoint"],
    meaning: "which wins when a start names a time and a checkpoint survives",
    source: "guess (docs/atlas.md 2b)",
  },
  "oplogLost.answer": {
    value: "fails-later",
    choices: ["fails-later", "400"],
    meaning: "start from a position older than the oplog",
    source: "guess (docs/atlas.md 2b, 10)",
  },
  "oplogLost.failAfterMs": {
    value: 2_000,
    meaning: "how long after such a start it is FAILED",
    source: GUESS,
  },
  "processor.oplogWindowMs": {
    value: 0,
    meaning: "how far back the oplog of a new processor's source reaches; 0: for ever",
    source: "docs/atlas.md 2b, 3",
  },
  // Of new processors only; a mutation sets them for one that exists. 0 stands for never.
  "processor.crashAfterMs": {
    value: 0,
    meaning: "a new processor is FAILED this long after each start; 0: never",
    source: "simulator",
  },
  "processor.messagesPerSecond": {
    value: 25,
    meaning: "messages a new processor reads while STARTED",
    source: "simulator",
  },
  // Atlas restarts running processors by itself, for its own reasons; they pass through PROVISIONING and come back. Off
  // by default, so that a test sees it only if it asks for it.
  "ownRestart.everyMs": {
    value: 0,
    meaning: "mean time between Atlas's own restarts of a processor that runs; 0: none",
    source: "docs/atlas.md 1a, 3",
  },
  "ownRestart.provisioningMs": {
    value: 180_000,
    meaning: "PROVISIONING during such a restart",
    source: "docs/atlas.md 1a",
  },
  // Checkpoints: the documented age of a running one is ten minutes at most; a young one makes tests exact.
  "checkpoint.intervalMs": {
    value: 60_000,
    meaning: "age a running checkpoint reaches at most",
    source: "docs/atlas.md 3",
  },
  "checkpoint.expiryMs": {
    value: 45 * 86_400_000,
    meaning: "a processor stopped this long loses its checkpoint",
    source: "docs/atlas.md 3",
  },
  // The lock of a workspace: seen in the words of errors only. Off by default.
  "tenantLock.parallelStarts": {
    value: 0,
    meaning: "starts of one workspace at a time, more are refused with the lock text; 0: any",
    source: "docs/atlas.md 1e, 9",
  },
  "errorMsg.shown": {
    value: false,
    meaning: "GET shows `errorMsg` of a FAILED processor, which the schema lacks",
    source: "docs/atlas.md 4",
  },
  "stats.lagSeconds": {
    value: 1,
    meaning: "changeStreamTimeDifferenceSecs of a processor that runs",
    source: "simulator",
  },
  "stats.dlqPercent": {
    value: 0,
    meaning: "how many of a hundred messages become dead letters",
    source: "simulator",
  },
  "stats.dateEncoding": {
    value: "iso",
    choices: ["iso", "epoch", "extended"],
    meaning: "dates inside stats: string, number or {$date}",
    source: "guess (docs/atlas.md 4)",
  },
} as const satisfies Record<string, SettingRow>;
