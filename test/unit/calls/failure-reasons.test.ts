// Why processors FAILED, if the list does not say: who is asked about, how far back, and which of several reasons
// counts.
import { expect, it } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { createLogger } from "../../../src/base/logger.js";
import { explainFailures } from "../../../src/calls/failure-reasons.js";
import type { Observation } from "../../../src/domain/observation.js";
import { NOW, REF, anObservation } from "../../support/domain-builders.js";

const { project, workspace } = REF;
const DAY_MS = 86_400_000;

interface Failure {
  readonly at: number;
  readonly workspace: string;
  readonly processor: string;
  readonly why: string;
}

interface Question {
  readonly project: string;
  readonly since: number;
}

/** What the observations are afterwards, and what was asked. The failures come newest first. */
async function explain(
  seen: readonly Observation[],
  answer: readonly Failure[] | Error,
): Promise<{ readonly whys: readonly (string | undefined)[]; readonly asked: readonly Question[] }> {
  const asked: Question[] = [];
  const atlas = {
    listFailures: (question: Question) => {
      asked.push(question);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([...answer]);
    },
  };
  const explained = await explainFailures(
    { atlas, log: createLogger("silent") },
    {
      ref: { project, workspace },
      seen,
      isUnexplained: ({ state, errorMessage }) => state === "FAILED" && errorMessage === undefined,
      now: () => NOW,
      call: { timeoutMs: 1_000 },
    },
  );
  expect(explained.map(({ processor }) => processor)).toEqual(seen.map(({ processor }) => processor));
  return { whys: explained.map(({ errorMessage }) => errorMessage), asked };
}

const failed = (processor: string, more: Partial<Observation> = {}): Observation =>
  anObservation({ processor, state: "FAILED", ...more });
const failure = (processor: string, why: string, where = workspace): Failure => ({
  at: NOW,
  workspace: where,
  processor,
  why,
});

it.each([
  { reason: "nothing was seen", seen: [] },
  { reason: "nothing has FAILED", seen: [anObservation()] },
  { reason: "the list says why itself", seen: [failed("a", { errorMessage: "told" })] },
])("asks nobody if $reason", async ({ seen }) => {
  const { whys, asked } = await explain(seen, [failure("a", "other")]);
  expect(asked).toEqual([]);
  expect(whys).toEqual(seen.map(({ errorMessage }) => errorMessage));
});

it("asks once for all of them, seven days back", async () => {
  const { whys, asked } = await explain(
    [failed("a"), failed("b")],
    [failure("b", "two"), failure("a", "one")],
  );
  expect(asked).toEqual([{ project, since: NOW - 7 * DAY_MS }]);
  expect(whys).toEqual(["one", "two"]);
});

it.each([
  { reason: "the newest of several", failures: [failure("a", "new"), failure("a", "old")], whys: ["new"] },
  {
    reason: "none of another workspace",
    failures: [failure("a", "elsewhere", "returns")],
    whys: [undefined],
  },
  {
    reason: "its own, although another workspace has a newer one",
    failures: [failure("a", "elsewhere", "returns"), failure("a", "here")],
    whys: ["here"],
  },
  { reason: "none of another processor", failures: [failure("b", "other")], whys: [undefined] },
  { reason: "none if there is none", failures: [], whys: [undefined] },
])("gives a processor $reason", async ({ failures, whys }) => {
  expect((await explain([failed("a")], failures)).whys).toEqual(whys);
});

it("leaves alone what is explained or has not FAILED, whatever the events say", async () => {
  const seen = [failed("a"), failed("b", { errorMessage: "told" }), anObservation({ processor: "c" })];
  const failures = ["a", "b", "c"].map((name) => failure(name, "from the events"));
  expect((await explain(seen, failures)).whys).toEqual(["from the events", "told", undefined]);
});

it.each(["atlas.denied", "atlas.unavailable", "atlas.rate_limited", "atlas.unintelligible"] as const)(
  "leaves the list as it is if the answer is %s",
  async (code) => {
    expect((await explain([failed("a")], new AppError(code, "no"))).whys).toEqual([undefined]);
  },
);

it("does not hide a bug", async () => {
  await expect(explain([failed("a")], new TypeError("a bug"))).rejects.toThrow("a bug");
});
