// How a command line ends: its exit code and what it says on stderr, for every kind of error a verb may meet.
import { CommanderError } from "commander";
import { expect, it } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { UsageError } from "../../../src/cli/terminal/context.js";
import { runLine } from "../../support/cli-context.js";
import type { Told } from "../../support/cli-context.js";

/** A verb that asks for the store, and meets this there. */
const meet = (error: Error, args: readonly string[] = ["plan"]): Promise<Told> =>
  runLine(args, { app: () => Promise.reject(error) });

class SimOptionError extends Error {
  override readonly name = "SimOptionError";
}

it.each<{ readonly reason: string; readonly error: Error; readonly code: number; readonly notes: string }>([
  {
    reason: "something refused",
    error: new AppError("request.refused", "no processor x is declared"),
    code: 1,
    notes: "headgate: no processor x is declared",
  },
  {
    reason: "Postgres away",
    error: new AppError("store.unavailable", "Postgres does not answer"),
    code: 1,
    notes: "headgate: Postgres does not answer",
  },
  {
    reason: "a wrong setting is wrong usage",
    error: new AppError("config.invalid", "DATABASE_URL is not set"),
    code: 2,
    notes: "headgate: DATABASE_URL is not set",
  },
  {
    reason: "a wrong word that a verb found, with how it is typed",
    error: new UsageError("name one"),
    code: 2,
    notes: "headgate: name one\nusage: headgate plan [options]",
  },
  {
    reason: "an option of the simulator",
    error: new SimOptionError("no such switch"),
    code: 2,
    notes: "headgate: no such switch",
  },
  {
    reason: "several lines: each is one",
    error: new Error("it ended:\nlast line of its log\n"),
    code: 1,
    notes: "headgate: it ended:\nlast line of its log",
  },
  {
    reason: "a text: what a library throws need not be an error",
    error: "just a text" as unknown as Error,
    code: 1,
    notes: "headgate: just a text",
  },
  {
    reason: "Commander's own, already told",
    error: new CommanderError(1, "commander.x", "told"),
    code: 2,
    notes: "",
  },
  {
    reason: "Commander's help",
    error: new CommanderError(0, "commander.help", "(help)"),
    code: 0,
    notes: "",
  },
])("$reason: exit code $code", async ({ error, code, notes }) => {
  expect(await meet(error)).toMatchObject({ code, notes, out: "" });
});

it("the usage line of a verb of a verb names both, with what it needs", async () => {
  const { notes } = await runLine(["changes", "cancel"]);
  expect(notes).toBe(
    "headgate: name at least one change or processor, or give a list with --file\n" +
      "usage: headgate changes cancel [options] [change...]",
  );
});

it("an option that is needed stands in the usage line before what may be left out", async () => {
  expect((await runLine(["rollback"])).notes).toContain(
    "usage: headgate rollback --to <version> [options] <ref>",
  );
  expect((await runLine(["apply"])).notes).toContain("usage: headgate apply --file <file...> [options]");
});

it.each([
  { args: ["stop", "--suspend", "soon"], says: 'headgate: --suspend: "soon" is not a duration' },
  { args: ["history", "x"], says: 'headgate: ref: "x" is not PROJECT/WORKSPACE/PROCESSOR' },
  { args: ["plan", "-o", "x"], says: 'headgate: --output: "x" is not an output' },
  { args: ["apply", "-f"], says: "headgate: option '-f, --file <file...>' argument missing" },
  {
    args: ["get", "policies", "--limit", "a'b\nc"],
    says: `headgate: --limit: "a'b c" is not a whole number from 1 to 999999.`,
  },
  { args: ["version", "extra"], says: "headgate: too many arguments for 'version'" },
])("$args is refused in our own words, on one line before the usage", async ({ args, says }) => {
  const { code, notes } = await runLine(args);
  const [first = "", second = "", ...others] = notes.split("\n");
  expect(code).toBe(2);
  expect(first.startsWith(says)).toBe(true);
  expect(second).toMatch(/^usage: headgate /);
  expect(others.filter((line) => line !== "")).toEqual([]);
});

it("--debug shows the stack with what caused it, and what caused that", async () => {
  const cause = new Error("connect ECONNREFUSED", { cause: new Error("the root") });
  const { notes } = await meet(new Error("cannot connect", { cause }), ["--debug", "plan"]);
  const heads = notes.split("\n").filter((line) => !line.startsWith("    at "));
  expect(heads).toEqual([
    "headgate: cannot connect",
    "Error: cannot connect",
    "caused by: Error: connect ECONNREFUSED",
    "caused by: Error: the root",
  ]);
});

it("--debug ends also where an error is its own cause", async () => {
  const error = new Error("round and round");
  error.cause = error;
  const { code, notes } = await meet(error, ["--debug", "plan"]);
  expect(code).toBe(1);
  expect(notes.split("\n").filter((line) => line.startsWith("caused by: "))).toHaveLength(9);
});

it.each(["plan --debug", "--debug plan"])("--debug may stand anywhere: %s", async (line) => {
  const { notes } = await meet(new Error("x"), line.split(" "));
  expect(notes).toContain("\n    at ");
});
