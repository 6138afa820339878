// One verb over many processors: who is asked, what is told of each, what goes on when the person leaves, and the exit
// code.
import { expect, it } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { carryOutAll, isConfirmed } from "../../../src/cli/deeds/bulk.js";
import type { BulkVerb, Deed, Underway } from "../../../src/cli/deeds/bulk.js";
import type { ProcessorRef } from "../../../src/domain/refs.js";
import { formatProcessorRef } from "../../../src/domain/refs.js";
import { aContext } from "../../support/cli-context.js";
import type { ContextOptions } from "../../support/cli-context.js";
import { REF } from "../../support/domain-builders.js";

const someRefs = (count: number): readonly ProcessorRef[] =>
  Array.from({ length: count }, (_one, index) => ({ ...REF, processor: `p${String(index + 1)}` }));
const nameOf = (processor: string): string => formatProcessorRef({ ...REF, processor });

const done = (): Promise<Deed> => Promise.resolve({ outcome: "done", text: "it is done" });

interface Carried {
  readonly code: number;
  readonly notes: readonly string[];
  readonly questions: readonly string[];
}

async function carryOut(
  count: number,
  verb: Partial<BulkVerb>,
  options: ContextOptions = {},
): Promise<Carried> {
  const context = aContext(options);
  const { notes, questions } = context.recorded;
  const targets = { refs: someRefs(count), isOne: count === 1 };
  const code = await carryOutAll(context, { phrase: "start", targets, yes: true, act: done, ...verb });
  return { code, notes, questions };
}

it("one processor: its deed is told, without a list, a question or a summary", async () => {
  expect(await carryOut(1, { yes: false })).toEqual({
    code: 0,
    notes: [`${nameOf("p1")}: it is done`],
    questions: [],
  });
});

it("several: all are named first, each is told, and they are summed up", async () => {
  expect(await carryOut(2, {})).toEqual({
    code: 0,
    notes: [
      `  ${nameOf("p1")}`,
      `  ${nameOf("p2")}`,
      `${nameOf("p1")}: it is done`,
      `${nameOf("p2")}: it is done`,
      "2 processors: 2 done",
    ],
    questions: [],
  });
});

it("each outcome is told and counted; what was skipped or joined is no failure", async () => {
  const outcomes = ["done", "skipped", "joined", "done"] as const;
  const act = ({ processor }: ProcessorRef): Promise<Deed> =>
    Promise.resolve({ outcome: outcomes[Number(processor.slice(1)) - 1] ?? "failed", text: "so" });
  const { code, notes } = await carryOut(4, { act });
  expect(code).toBe(0);
  expect(notes.slice(4)).toEqual([
    `${nameOf("p1")}: so`,
    `${nameOf("p2")}: skipped: so`,
    `${nameOf("p3")}: joined: so`,
    `${nameOf("p4")}: so`,
    "4 processors: 2 done, 1 joined, 1 skipped",
  ]);
});

it("one failed deed among many is exit code 1", async () => {
  const act = ({ processor }: ProcessorRef): Promise<Deed> =>
    Promise.resolve({ outcome: processor === "p2" ? "failed" : "done", text: "so" });
  const { code, notes } = await carryOut(3, { act });
  expect(code).toBe(1);
  expect(notes.at(-1)).toBe("3 processors: 2 done, 1 failed");
});

it("what is refused about one of many is told as its failure, and the others go on", async () => {
  const act = ({ processor }: ProcessorRef): Promise<Deed> =>
    processor === "p1" ? Promise.reject(new AppError("request.refused", "it is busy")) : done();
  const { code, notes } = await carryOut(3, { act });
  expect(code).toBe(1);
  expect(notes).toContain(`${nameOf("p1")}: failed: it is busy`);
  expect(notes.at(-1)).toBe("3 processors: 2 done, 1 failed");
});

it("what is refused about the only one is the verb's own error", async () => {
  const act = (): Promise<Deed> => Promise.reject(new AppError("request.refused", "it is busy"));
  await expect(carryOut(1, { act })).rejects.toThrow("it is busy");
});

it.each([
  { reason: "nothing can be reached", error: new AppError("store.unavailable", "Postgres is away") },
  { reason: "Temporal cannot be reached", error: new AppError("temporal.unavailable", "Temporal is away") },
  { reason: "of a bug", error: new Error("a bug") },
])("ends because $reason, begins no more, and says how many were not begun", async ({ error }) => {
  const begun: string[] = [];
  const context = aContext();
  const act = async ({ processor }: ProcessorRef): Promise<Deed> => {
    begun.push(processor);
    if (processor === "p1") throw error;
    // The others of the first lanes end only after the error: each would go on to the next one.
    await new Promise(setImmediate);
    return { outcome: "done", text: "so" };
  };
  const targets = { refs: someRefs(300), isOne: false };
  await expect(carryOutAll(context, { phrase: "start", targets, yes: true, act })).rejects.toBe(error);
  expect(context.recorded.notes.at(-1)).toBe("300 processors were not begun: run the command again.");
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(begun).toHaveLength(200);
});

it("no more than 200 are begun at once, and every one in the end", async () => {
  let [running, most, ended] = [0, 0, 0];
  const act = async (): Promise<Deed> => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    ended += 1;
    return { outcome: "done", text: "so" };
  };
  const { code, notes } = await carryOut(450, { act });
  expect({ code, most, ended }).toEqual({ code: 0, most: 200, ended: 450 });
  expect(notes.at(-1)).toBe("450 processors: 450 done");
});

it("of very many only the first forty are named before the question", async () => {
  const { notes, questions, code } = await carryOut(43, { yes: false }, { says: false });
  expect(notes[0]).toBe(`  ${nameOf("p1")}`);
  expect(notes[39]).toBe(`  ${nameOf("p40")}`);
  expect(notes.slice(40)).toEqual([
    "  and 3 more",
    "Nothing was done. Use --yes to go on without being asked.",
  ]);
  expect(questions).toEqual(["start 43 processors?"]);
  expect(code).toBe(1);
});

it("what is said beside a name is said of each in the list", async () => {
  const { notes } = await carryOut(2, { detail: ({ processor }) => `restart of ${processor}` });
  expect(notes.slice(0, 2)).toEqual([`  ${nameOf("p1")}  restart of p1`, `  ${nameOf("p2")}  restart of p2`]);
});

interface AskCase {
  readonly reason: string;
  readonly count: number;
  readonly yes: boolean;
  readonly warning?: string;
  readonly question?: string;
}

const WARNING = "This discards the checkpoint.";

it.each<AskCase>([
  { reason: "one, nothing is lost: not asked", count: 1, yes: false },
  {
    reason: "one that loses something: asked",
    count: 1,
    yes: false,
    warning: WARNING,
    question: `start ${nameOf("p1")}? ${WARNING}`,
  },
  { reason: "one that loses something, with --yes: not asked", count: 1, yes: true, warning: WARNING },
  { reason: "several: asked", count: 2, yes: false, question: "start 2 processors?" },
  {
    reason: "several that lose something: asked with that",
    count: 2,
    yes: false,
    warning: WARNING,
    question: `start 2 processors? ${WARNING}`,
  },
  { reason: "several, with --yes: not asked", count: 2, yes: true },
])("$reason", async ({ count, yes, warning, question }) => {
  for (const says of [true, false]) {
    const { recorded } = aContext({ says });
    const targets = { refs: someRefs(count), isOne: count === 1 };
    const asked = warning === undefined ? {} : { warning };
    const isGo = await isConfirmed(recorded.terminal, { phrase: "start", targets, yes, ...asked });
    expect(recorded.questions).toEqual(question === undefined ? [] : [question]);
    expect(isGo).toBe(question === undefined || says);
  }
});

it("a selector that means one processor is asked about all the same: it was not named in full", async () => {
  const context = aContext({ says: false });
  const targets = { refs: someRefs(1), isOne: false };
  const code = await carryOutAll(context, { phrase: "start", targets, yes: false, act: done });
  expect(code).toBe(1);
  expect(context.recorded.questions).toEqual(["start 1 processor?"]);
});

it("nothing is done without a yes", async () => {
  let acts = 0;
  const act = (): Promise<Deed> => {
    acts += 1;
    return done();
  };
  const { code } = await carryOut(2, { act, yes: false }, { says: false });
  expect({ code, acts }).toEqual({ code: 1, acts: 0 });
});

const underway = (end: Underway["end"], text?: string): Promise<Underway> =>
  Promise.resolve({ outcome: "underway", end, ...(text === undefined ? {} : { text }) });

it("what goes on by itself is waited for after all have begun, and told when it ends", async () => {
  const order: string[] = [];
  const act = ({ processor }: ProcessorRef): Promise<Underway> => {
    order.push(`begin ${processor}`);
    return underway(() => {
      order.push(`wait ${processor}`);
      return done();
    }, "has begun");
  };
  const { code, notes } = await carryOut(2, { act });
  expect(order).toEqual(["begin p1", "begin p2", "wait p1", "wait p2"]);
  expect(code).toBe(0);
  expect(notes.slice(2)).toEqual([
    `${nameOf("p1")}: has begun`,
    `${nameOf("p2")}: has begun`,
    "Waiting for 2 changes to end; Ctrl-C leaves them to go on.",
    `${nameOf("p1")}: it is done`,
    `${nameOf("p2")}: it is done`,
    "2 processors: 2 done",
  ]);
});

it("a change that ends badly, or whose end cannot be had, is a failure of that one", async () => {
  const ends: Readonly<Record<string, Underway["end"]>> = {
    p1: () => Promise.resolve({ outcome: "failed", text: "refused" }),
    p2: () => Promise.reject(new AppError("request.refused", "its run is gone")),
    p3: done,
  };
  const act = ({ processor }: ProcessorRef): Promise<Underway> => underway(ends[processor] ?? done);
  const { code, notes } = await carryOut(3, { act });
  expect(code).toBe(1);
  expect(notes).toContain(`${nameOf("p1")}: failed: refused`);
  expect(notes).toContain(`${nameOf("p2")}: failed: its run is gone`);
  expect(notes.at(-1)).toBe("3 processors: 1 done, 2 failed");
});

it("Ctrl-C while it waits leaves what has begun to go on, says so, and fails", async () => {
  const interruption = new AbortController();
  const act = ({ processor }: ProcessorRef): Promise<Deed | Underway> => {
    if (processor === "p1") return done();
    return underway(
      (leaveOff) =>
        new Promise((_resolve, reject) => {
          leaveOff.addEventListener("abort", () => {
            reject(new Error("left off"));
          });
          if (processor === "p3") interruption.abort();
        }),
    );
  };
  const { code, notes } = await carryOut(
    3,
    { act, goesOn: "To see it: headgate get changes" },
    { interruption: interruption.signal },
  );
  expect(code).toBe(1);
  expect(notes.slice(-2)).toEqual([
    "Detached: 2 go on without this command. To see it: headgate get changes",
    "3 processors: 1 done",
  ]);
});

it("Ctrl-C while they begin: the rest is not begun, and that is said", async () => {
  const interruption = new AbortController();
  let begun = 0;
  const act = async (): Promise<Deed> => {
    begun += 1;
    if (begun === 200) interruption.abort();
    await Promise.resolve();
    return { outcome: "done", text: "so" };
  };
  const { code, notes } = await carryOut(201, { act }, { interruption: interruption.signal });
  expect(begun).toBe(200);
  expect(code).toBe(1);
  expect(notes.slice(-2)).toEqual([
    "1 processor was not begun: run the command again.",
    "201 processors: 200 done",
  ]);
});

it("Ctrl-C before anything has ended says that none has", async () => {
  const interruption = new AbortController();
  interruption.abort();
  const { code, notes } = await carryOut(2, {}, { interruption: interruption.signal });
  expect(code).toBe(1);
  expect(notes.slice(-2)).toEqual([
    "2 processors were not begun: run the command again.",
    "2 processors: none has ended",
  ]);
});

it("one that goes on is spoken of as one", async () => {
  const interruption = new AbortController();
  const act = (): Promise<Underway> => {
    interruption.abort();
    return underway(() => Promise.reject(new Error("not waited for")));
  };
  const { code, notes } = await carryOut(1, { act }, { interruption: interruption.signal });
  expect(code).toBe(1);
  expect(notes).toEqual(["Detached: 1 goes on without this command."]);
});
