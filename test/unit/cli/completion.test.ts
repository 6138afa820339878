// What a shell is answered while somebody types: every verb can be walked to, each option and choice is offered where
// it may stand, names are completed part by part, and nothing is ever complained about.
import { expect, it } from "vitest";
import { findCandidates } from "../../../src/cli/shell/complete.js";
import { completing, toCompletes } from "../../../src/cli/shell/completing.js";
import { SCRIPTS, SHELLS } from "../../../src/cli/shell/scripts.js";
import { createProgram } from "../../../src/cli/program.js";
import { SORTS } from "../../../src/domain/tell/listing.js";
import { TIERS } from "../../../src/domain/start-options.js";
import { aContext, runLine } from "../../support/cli-context.js";

const program = createProgram(aContext(), () => undefined);
type Command = typeof program;

const PROJECT = "32b6e34b3d91647abb20e7b8";

interface Place {
  readonly path: readonly string[];
  readonly command: Command;
}

function walkAll(command: Command, path: readonly string[] = []): readonly Place[] {
  const children = command.commands.filter((child) => child.name() !== "__complete");
  return [{ path, command }, ...children.flatMap((child) => walkAll(child, [...path, child.name()]))];
}

const PLACES = walkAll(program).map((place) => ({ ...place, typed: place.path.join(" ") }));

function wordsAt(words: readonly string[]): readonly string[] {
  const found = findCandidates(program, words);
  return found.kind === "words" ? found.words : [];
}

it.each(PLACES)("after '$typed' every option of it is offered, once, and --help", ({ path, command }) => {
  const offered = wordsAt([...path, "--"]);
  const known = command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
  expect([...offered].sort()).toEqual([...new Set([...known, "--help"])].sort());
});

it.each(PLACES.filter(({ command }) => command.commands.length > 0))(
  "after '$typed' come its verbs, and what begins otherwise is left out",
  ({ path, command }) => {
    const verbs = command.commands.map((child) => child.name()).filter((name) => name !== "__complete");
    expect([...wordsAt([...path, ""])].sort()).toEqual(expect.arrayContaining([...verbs].sort()));
    for (const verb of verbs) expect(wordsAt([...path, verb.slice(0, 2)])).toContain(verb);
    expect(wordsAt([...path, "zzz"])).toEqual([]);
  },
);

it.each(PLACES)("after '$typed' and an option with choices come these choices", ({ path, command }) => {
  for (const { long, required, parseArg } of command.options) {
    const completes = toCompletes(parseArg);
    if (long === undefined || !required || typeof completes !== "object") continue;
    expect(wordsAt([...path, long, ""])).toEqual([...completes]);
  }
});

it.each([
  { typed: ["start", "x", "--tier", ""], words: TIERS },
  { typed: ["get", "changes", "--sort", "o"], words: ["opened", "outcome", "opened:desc", "outcome:desc"] },
  { typed: ["get", "policies", "--sort", ""], words: SORTS.policies.flatMap((one) => [one]) },
  { typed: ["start", "--no-"], words: ["--no-resume", "--no-wait"] },
  { typed: ["explain", "x", ""], words: [] },
  { typed: ["get", "nonsense", ""], words: [] },
  { typed: ["history", "--limit", ""], words: [] },
])("after $typed come at least $words", ({ typed, words }) => {
  expect(wordsAt(typed)).toEqual(expect.arrayContaining([...words]));
  if (words.length === 0) expect(wordsAt(typed)).toEqual([]);
});

it("a flag takes no value: what comes after it is the verb's argument", () => {
  expect(findCandidates(program, ["explain", "--live", ""])).toEqual({ kind: "names", of: "processor" });
  expect(findCandidates(program, ["explain", "-o", ""])).toMatchObject({ kind: "words" });
  expect(findCandidates(program, ["explain", "-o", "json", ""])).toEqual({ kind: "names", of: "processor" });
});

it("an option that takes several goes on taking until the next option", () => {
  expect(findCandidates(program, ["plan", "--workspace", "a", "b", ""])).toEqual({
    kind: "names",
    of: "workspace",
  });
  expect(wordsAt(["plan", "--workspace", "a", "--al"])).toEqual(["--all"]);
  expect(findCandidates(program, ["apply", "-f", "a.yaml", ""])).toEqual({ kind: "files" });
});

it("a reader says what completes it, and one that says nothing completes nothing", () => {
  const reads = completing(["a", "b"], (text: string) => text);
  expect(reads("x")).toBe("x");
  expect(toCompletes(reads)).toEqual(["a", "b"]);
  expect(
    [(text: string) => text, undefined, null, "completes", { completes: "project" }].map(toCompletes),
  ).toEqual(Array.from({ length: 5 }, () => undefined));
});

interface NameCase {
  readonly reason: string;
  readonly words: readonly string[];
  /** What the store was asked to complete; absent: it was not asked. */
  readonly asked?: readonly string[];
  readonly answers?: readonly string[];
  readonly out: string;
}

it.each<NameCase>([
  {
    reason: "the first part goes on with a slash",
    words: ["explain", "32"],
    asked: ["32"],
    answers: [PROJECT],
    out: `${PROJECT}/`,
  },
  {
    reason: "so does the second",
    words: ["start", `${PROJECT}/o`],
    asked: [PROJECT, "o"],
    answers: [`${PROJECT}/orders`, `${PROJECT}/others`],
    out: `${PROJECT}/orders/\n${PROJECT}/others/`,
  },
  {
    reason: "the last is a whole name",
    words: ["start", `${PROJECT}/orders/`],
    asked: [PROJECT, "orders", ""],
    answers: [`${PROJECT}/orders/clicks`],
    out: `${PROJECT}/orders/clicks`,
  },
  {
    reason: "a workspace has two parts",
    words: ["release-brake", `${PROJECT}/o`],
    asked: [PROJECT, "o"],
    answers: [`${PROJECT}/orders`],
    out: `${PROJECT}/orders`,
  },
  {
    reason: "a project has one",
    words: ["export", "--project", ""],
    asked: [""],
    answers: [PROJECT],
    out: PROJECT,
  },
  { reason: "nothing has more parts than it has", words: ["release-brake", `${PROJECT}/orders/c`], out: "" },
  { reason: "a project has no slash", words: ["export", "--project", `${PROJECT}/`], out: "" },
  { reason: "a file is the shell's to complete", words: ["lint", "-f", ""], out: ":files" },
  { reason: "words ask nobody", words: ["completion", "f"], out: "fish" },
  { reason: "nothing is known of it", words: ["history", "--limit", ""], out: "" },
])("names: $reason", async ({ words, asked, answers = [], out }) => {
  const questions: (readonly string[])[] = [];
  const completeNames = (typed: readonly string[]): Promise<readonly string[]> => {
    questions.push(typed);
    return Promise.resolve(answers);
  };
  const told = await runLine(["__complete", "--", ...words], { programs: { completeNames } });
  expect(told).toMatchObject({ code: 0, out, notes: "" });
  expect(questions).toEqual(asked === undefined ? [] : [asked]);
});

it("a store that does not answer completes nothing, without a complaint in the middle of a line", async () => {
  const completeNames = (): Promise<never> => Promise.reject(new Error("Postgres is away"));
  expect(await runLine(["__complete", "--", "explain", ""], { programs: { completeNames } })).toMatchObject({
    code: 0,
    out: "",
    notes: "",
  });
});

it("a whole line as bash gives it is split as bash does", async () => {
  const completeNames = (typed: readonly string[]): Promise<readonly string[]> =>
    Promise.resolve([typed.join("/")]);
  const complete = (line: string): ReturnType<typeof runLine> =>
    runLine(["__complete", "--line", line], { programs: { completeNames } });
  expect((await complete(`headgate explain "${PROJECT}/my wor`)).out).toBe(`${PROJECT}/my wor/`);
  expect((await complete("headgate explain x -o ya")).out).toBe("yaml");
  expect((await complete("DATABASE_URL=x headgate mig")).out).toBe("migrate");
});

it.each(SHELLS)(
  "the script for %s asks the hidden verb, and knows the answer that means files",
  async (shell) => {
    const { code, out } = await runLine(["completion", shell]);
    expect(code).toBe(0);
    expect(out).toBe(SCRIPTS[shell]);
    expect(out).toContain("headgate __complete");
    expect(out).toContain('":files"');
  },
);

it("a shell it does not know is refused with those it does", async () => {
  expect(await runLine(["completion", "tcsh"])).toMatchObject({ code: 2, out: "" });
  expect(await runLine(["completion"])).toMatchObject({ code: 2, out: "" });
});
