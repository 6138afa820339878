// How processors behave: what starts, stops and edits take and answer, checkpoints, failures. Delays are simulated
// milliseconds, divided by the time scale.
import type { SettingRow } from "./setting-row.js";

const GUESS = "guess (docs/atlas.md 10)";

export const PROCESSOR_SETTINGS = {
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
  startOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "start of a processor that runs",
    source: GUESS,
  },
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
  stopOfProvisioning: {
    value: "stops",
    choices: ["stops", "400"],
    meaning: "stop of a PROVISIONING processor",
    source: "guess (docs/atlas.md 1a)",
  },
  modifyOfStarted: {
    value: "400",
    choices: ["400", "200"],
    meaning: "PATCH of a processor that runs",
    source: GUESS,
  },
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
  "start.withoutTier": {
    value: "keep",
    choices: ["keep", "workspace-default"],
    meaning: "tier of a start that names none, where the processor already has one",
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
  "stats.dateEncoding": {
    value: "iso",
    choices: ["iso", "epoch", "extended"],
    meaning: "dates inside stats: string, number or {$date}",
    source: "guess (docs/atlas.md 4)",
  },
} as const satisfies Record<string, SettingRow>;
