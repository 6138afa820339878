// The probes asked of simulators whose switches are known: a probe that answers otherwise than the switch would say
// nothing of Atlas either.
import { expect, it } from "vitest";
import type { OnBench } from "./client-harness.js";
import { askAll, toTable } from "./probes.js";

const GENERIC = "400 STREAM_PROCESSOR_GENERIC_ERROR";
const TIMEOUT = "504 STREAM_PROCESSOR_TIMEOUT";

interface Row {
  readonly name: string;
  readonly assignments: readonly string[];
  /** Number of the probe -> its answer. */
  readonly answers: Readonly<Record<string, string>>;
}

const AS_DELIVERED: Row = {
  name: "switches as they are delivered",
  assignments: [],
  answers: {
    "1a": GENERIC,
    "1b": GENERIC,
    "1c": GENERIC,
    "1d": `${GENERIC}, then FAILED`,
    "1e": GENERIC,
    "2": "404 STREAM_PROCESSOR_NOT_FOUND_FOR_NAME",
    "3": "200, then STARTED",
    "4": "the time wins",
    "5": "200, then FAILED",
    "6": GENERIC,
    "7": "no errorMsg",
    "8": "not asked: nothing was answered 504",
    "9": "200",
    "10": "not asked: REST does not show it",
    "11": "shown once started",
    "12": "at once",
    "13": "kept",
    "14": "text",
    "15": "1200, 500 a step; RateLimit-Limit 1200",
  },
};

const OTHER_WAY_ROUND: Row = {
  name: "every switch the other way round",
  assignments: [
    ...["startOfStarted=200", "stopOfStopped=200", "stopOfFailed=stops", "modifyOfStarted=200"],
    ...["missingProcessor.errorCode=NO_SUCH_THING", "errorMsg.shown=true", "stats.dateEncoding=extended"],
    ...["position.timeWithCheckpoint=checkpoint", "tier.shownWhenDefaulted=false"],
    ...["tier.aboveMaxErrorCode=TOO_LARGE", "rateLimit.capacity=900", "rateLimit.refill=300"],
    ...["startWith.answer=at-once", "startWith.holdMinMs=40000", "startWith.holdMaxMs=40000"],
    "startWith.provisioningMs=40000",
  ],
  answers: {
    ...AS_DELIVERED.answers,
    ...{ "1a": "200", "1b": "200", "1c": "200", "1d": "200, then STOPPED", "1e": "200" },
    "2": "404 NO_SUCH_THING",
    "3": "200, then STOPPED, then PROVISIONING, then STARTED",
    "4": "the checkpoint wins",
    "6": "400 TOO_LARGE",
    "7": "errorMsg",
    "11": "not shown",
    "14": "extended JSON",
    "15": "900, 300 a step; RateLimit-Limit 900",
  },
};

/** Starts and stops outlast what Atlas holds a request for, and take effect all the same. */
const TOO_SLOW: Row = {
  name: "operations that time out",
  assignments: [
    ...["operation.timeoutMs=1000", "startWith.holdMinMs=40000", "startWith.holdMaxMs=40000"],
    ...["stop.delayMs=40000", "missingProcessor.status=400", "stopOfFailed=200"],
    ...["oplogLost.answer=400", "stats.dateEncoding=epoch"],
    "rateLimit.headers=false",
  ],
  answers: {
    ...AS_DELIVERED.answers,
    "1d": "not asked: the processor is not FAILED",
    "2": GENERIC,
    "3": `${TIMEOUT}, then STOPPED, then STARTED`,
    "5": GENERIC,
    "7": "not asked: the processor is not FAILED",
    "8": "yes",
    "9": TIMEOUT,
    "14": "a number",
    "15": "1200, 500 a step; RateLimit-Limit no",
  },
};

export function describeProbes(onBench: OnBench): void {
  it.each([AS_DELIVERED, OTHER_WAY_ROUND, TOO_SLOW])(
    "answers its probes by its switches: $name",
    async (row) => {
      await onBench(
        async (bench) => {
          const found = await askAll(bench);
          process.stderr.write(toTable(`the simulator, ${row.name}`, found));
          const answers = [...found].map(([{ number }, { answer }]) => [number, answer]);
          expect(Object.fromEntries(answers)).toEqual(row.answers);
        },
        { assignments: row.assignments },
      );
    },
  );
}
