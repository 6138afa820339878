// What a verb is about, as a person names it: on the line, in a file, or both. What a selector means among the
// processors that exist is asked of Postgres, in test/integration.
import fc from "fast-check";
import { expect, it } from "vitest";
import { UsageError } from "../../../src/cli/terminal/context.js";
import { toRunningNote } from "../../../src/cli/deeds/running.js";
import { readInput, readTargets, toListedLines, toSelector } from "../../../src/cli/typed/targets.js";
import { tellingOutages } from "../../../src/cli/terminal/watch.js";
import { formatSelector } from "../../../src/domain/tell/selector.js";
import { aContext, aTerminal, runLine } from "../../support/cli-context.js";
import { REF } from "../../support/domain-builders.js";

const PROJECT = REF.project;

it.each<{ readonly reason: string; readonly text: string; readonly lines: readonly string[] }>([
  { reason: "one a line", text: "a\nb\n", lines: ["a", "b"] },
  { reason: "without its last line break", text: "a\nb", lines: ["a", "b"] },
  { reason: "from Windows", text: "a\r\nb\r\n", lines: ["a", "b"] },
  {
    reason: "remarks, on lines of their own and behind a name",
    text: "# all\na # the first\n #b\n",
    lines: ["a"],
  },
  { reason: "blank lines and blanks around", text: "\n  a b  \n\t\n", lines: ["a b"] },
  { reason: "nothing", text: "", lines: [] },
])("a list of names: $reason", ({ text, lines }) => {
  expect(toListedLines(text)).toEqual(lines);
});

it("what -o name prints is read back as it was, for any names", () => {
  const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,20}[A-Za-z0-9]$/);
  fc.assert(
    fc.property(fc.array(names, { maxLength: 5 }), (parts) => {
      const lines = parts.map((name) => `${PROJECT}/orders/${name}`);
      expect(toListedLines(`${lines.join("\n")}\n`)).toEqual(lines);
      for (const line of lines) expect(formatSelector(toSelector(line))).toBe(line);
    }),
  );
});

it.each([
  "",
  "clicks",
  `${PROJECT}/orders/clicks/more`,
  `${PROJECT}/`,
  "**/",
  "a b",
  "32B6E34B3D91647ABB20E7B8",
])("%j is no selector, and the message says what one is", (text) => {
  expect(() => toSelector(text)).toThrow(UsageError);
  expect(() => toSelector(text)).toThrow(
    `"${text}" is not PROJECT, PROJECT/WORKSPACE or PROJECT/WORKSPACE/PROCESSOR`,
  );
});

it("a file is read by its name, and what goes wrong is said with the name", async () => {
  const context = aContext({ files: { "list.txt": "a\n" } });
  expect(await readInput(context, "list.txt")).toBe("a\n");
  await expect(readInput(context, "none.txt")).rejects.toThrow(
    new UsageError("cannot read none.txt: ENOENT: no such file"),
  );
});

it.each([
  { reason: "nothing named", words: [], files: {}, flags: {}, says: "name at least one processor" },
  {
    reason: "an empty list",
    words: [],
    files: { l: "# none\n" },
    flags: { file: "l" },
    says: "name at least one",
  },
  {
    reason: "a wrong line in a list",
    words: ["*"],
    files: { l: "a\nx y/\n" },
    flags: { file: "l" },
    says: '"a" is not',
  },
  { reason: "no such list", words: ["*"], files: {}, flags: { file: "l" }, says: "cannot read l: ENOENT" },
])("refused before Postgres is asked: $reason", async ({ words, files, flags, says }) => {
  await expect(readTargets(aContext({ files }), words, flags)).rejects.toThrow(says);
  await expect(readTargets(aContext({ files }), words, flags)).rejects.toBeInstanceOf(UsageError);
});

it("sound selectors of line and list together go on to Postgres", async () => {
  const context = aContext({ files: { l: `${PROJECT}/orders/*\n` } });
  await expect(readTargets(context, ["*/shop"], { file: "l" })).rejects.toThrow("a part was reached");
});

const CHANGE_ID = "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11";
const RUNNING = { ref: REF, kind: "restart", actor: "ada", why: "x", workflowId: "w", runId: "r" };
const NAME = `${PROJECT}/orders/clicks`;

it.each([
  {
    reason: "with its row, by its id",
    change: { ...RUNNING, id: CHANGE_ID, isWaitingForPlace: false },
    note: `a restart is running on it; to end it: headgate changes cancel ${CHANGE_ID}`,
  },
  {
    reason: "that waits for a place has no id: by its processor",
    change: { ...RUNNING, id: null, isWaitingForPlace: true },
    note: `a restart waits for a place under the cap on open changes; to end it: headgate changes cancel ${NAME}`,
  },
  {
    reason: "that has just begun",
    change: { ...RUNNING, id: null, isWaitingForPlace: false },
    note: `a restart is beginning on it; to end it: headgate changes cancel ${NAME}`,
  },
])("what runs on a suspended one, $reason", ({ change, note }) => {
  expect(toRunningNote(change)).toBe(note);
});

it.each([
  {
    words: [CHANGE_ID.toUpperCase()],
    says: `"${CHANGE_ID.toUpperCase()}" is not the id of a change, nor PROJECT,`,
  },
  { words: [`${CHANGE_ID}/x`], says: `"${CHANGE_ID}/x" is not the id of a change` },
  { words: ["-f", "l"], says: "name at least one change or processor, or give a list with --file" },
])("changes cancel refuses $words", async ({ words, says }) => {
  const { code, notes } = await runLine(["changes", "cancel", ...words], { files: { l: "\n# none\n" } });
  expect(code).toBe(2);
  expect(notes).toContain(says);
});

it("an outage is told beside the data, in the store's own words", () => {
  const { terminal, out, notes } = aTerminal();
  const { onLost, onBack } = tellingOutages(terminal);
  onLost("Postgres does not answer");
  onBack();
  expect({ out, notes }).toEqual({
    out: [],
    notes: ["Postgres does not answer. Watching goes on when it answers.", "Postgres answers again."],
  });
});

it.each([
  {
    args: ["export", "--force"],
    files: {},
    says: "--force goes with --file",
  },
  {
    args: ["export", "-f", "fleet.yaml"],
    files: { "fleet.yaml": "" },
    says: "fleet.yaml exists already: name another file, or overwrite it with --force",
  },
])("$args is refused before Atlas is asked for anything", async ({ args, files, says }) => {
  const { code, notes } = await runLine(args, { files });
  expect(code).toBe(2);
  expect(notes).toContain(`headgate: ${says}`);
});

it.each([["export", "-f", "new.yaml"], ["export", "-f", "old.yaml", "--force"], ["export"]])(
  "%s %s %s goes on to the fleet",
  async (...args) => {
    const { notes } = await runLine(
      args.filter((word) => typeof word === "string"),
      { files: { "old.yaml": "" } },
    );
    expect(notes).toBe("headgate: a part was reached");
  },
);
