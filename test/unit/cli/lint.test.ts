// `lint` as a command: what is printed where, what --fix writes and what it leaves, and the exit code. The rules have
// tests of their own in test/unit/policy-file.
import { expect, it } from "vitest";
import { parse } from "yaml";
import { runLine } from "../../support/cli-context.js";
import type { Told } from "../../support/cli-context.js";

const HEAD = "project: 32b6e34b3d91647abb20e7b8\nworkspace: orders\nprocessors:\n";
const SOUND = `${HEAD}  a: { state: STOPPED }\n`;
const WARNED = `${HEAD.replace("orders", "shop")}  a: { start: { resumeFromCheckpoint: true } }\n`;
const WRONG = `${HEAD}  a: { start: { tier: SP3 } }\n`;
const TIMED = `${HEAD}  a: { start: { tier: SP10, startAtOperationTime: 2026-05-04T09:42:00Z } }\n`;

const FILES = { "sound.yaml": SOUND, "warned.yaml": WARNED, "wrong.yaml": WRONG, "timed.yaml": TIMED };
const lint = (typed: string): Promise<Told> => runLine(["lint", ...typed.split(" ")], { files: FILES });

it.each([
  { typed: "-f sound.yaml", code: 0, last: "0 errors, 0 warnings in 1 file." },
  { typed: "-f sound.yaml warned.yaml", code: 0, last: "0 errors, 1 warning in 2 files." },
  { typed: "-f warned.yaml", code: 0, last: "0 errors, 1 warning in 1 file." },
  { typed: "-f warned.yaml --strict", code: 1, last: "0 errors, 1 warning in 1 file." },
  { typed: "-f wrong.yaml", code: 1, last: "1 error, 0 warnings in 1 file." },
  { typed: "-f sound.yaml --strict", code: 0, last: "0 errors, 0 warnings in 1 file." },
])("lint $typed ends with $code", async ({ typed, code, last }) => {
  const told = await lint(typed);
  expect(told.code).toBe(code);
  expect(told.notes.split("\n").at(-1)).toBe(last);
});

it("a finding is one line of a table: where, how bad, which rule, what, and what to do", async () => {
  const [titles = "", line = "", ...others] = (await lint("-f wrong.yaml")).out.split("\n");
  expect(titles.split(/ {2,}/)).toEqual(["WHERE", "LEVEL", "RULE", "WHAT", "REMEDY"]);
  expect(line.split(/ {2,}/)).toEqual([
    "wrong.yaml:4",
    "error",
    "invalid",
    'processors.a.start.tier: "SP3" is not allowed here',
    "one of SP2, SP5, SP10, SP30, SP50",
  ]);
  expect(others).toEqual([]);
});

it("nothing found prints no data", async () => {
  expect((await lint("-f sound.yaml")).out).toBe("");
});

it("says which rules could not be looked for, and what they need", async () => {
  const { notes } = await lint("-f timed.yaml");
  expect(notes).toContain("not looked for: tier-above-largest (needs --live, to ask Atlas)");
  expect(notes).toContain("not looked for: position-older-than-oplog (needs --oplog, such as --oplog 24h)");
  const { notes: fewer } = await lint("-f timed.yaml --oplog 366d");
  expect(fewer).not.toContain("position-older-than-oplog");
});

it.each(["json", "yaml"] as const)("%s has findings, mends and what was not looked for", async (format) => {
  const { out, code } = await lint(`-f warned.yaml timed.yaml -o ${format}`);
  const document = (format === "json" ? JSON.parse(out) : parse(out)) as Readonly<Record<string, unknown>>;
  expect(Object.keys(document)).toEqual(["findings", "fixed", "skipped"]);
  expect(document["fixed"]).toEqual([]);
  expect(document["findings"]).toContainEqual(
    expect.objectContaining({ file: "warned.yaml", rule: "redundant-resume", level: "warning", line: 4 }),
  );
  expect(document["skipped"]).toContainEqual({ rule: "tier-above-largest", needs: "--live, to ask Atlas" });
  expect(code).toBe(0);
});

interface Written {
  readonly name: string;
  readonly text: string;
  readonly overwrites: boolean;
}

it("--fix writes only files that it mended, in place, and judges what it wrote", async () => {
  const written: Written[] = [];
  const told = await runLine(["lint", "-f", "warned.yaml", "sound.yaml", "--fix"], {
    files: { "warned.yaml": WARNED, "sound.yaml": SOUND },
    writeFile: (name, text, overwrites) => {
      written.push({ name, text, overwrites });
      return Promise.resolve();
    },
  });
  expect(told.code).toBe(0);
  expect(written.map(({ name, overwrites }) => ({ name, overwrites }))).toEqual([
    { name: "warned.yaml", overwrites: true },
  ]);
  expect(written[0]?.text).not.toContain("resumeFromCheckpoint");
  expect(told.notes.split("\n")).toEqual([
    "fixed warned.yaml:4: processors.a.start.resumeFromCheckpoint: redundant-resume",
    "0 errors, 0 warnings in 2 files.",
  ]);
});

it("a file that cannot be written ends it with the reason", async () => {
  const told = await runLine(["lint", "-f", "warned.yaml", "--fix"], {
    files: FILES,
    writeFile: () => Promise.reject(new Error("EACCES: permission denied")),
  });
  expect(told.code).toBe(2);
  expect(told.notes).toContain("headgate: cannot write warned.yaml: EACCES: permission denied");
});

it("--fix with standard input is refused before anything is read", async () => {
  const told = await runLine(["lint", "-f", "none.yaml", "-", "--fix"]);
  expect(told.code).toBe(2);
  expect(told.notes).toContain("--fix rewrites files: name them instead of -");
});

it.each(["apply", "diff"])(
  "%s tells every fault of every file, and asks for nothing before the files are sound",
  async (verb) => {
    const told = await runLine([verb, "-f", "wrong.yaml", "other.yaml"], {
      files: {
        "wrong.yaml": WRONG,
        "other.yaml": `${HEAD.replace("orders", "shop")}  b: { state: RUNNING }\n`,
      },
    });
    expect(told).toMatchObject({ code: 1, out: "" });
    expect(told.notes.split("\n")).toEqual([
      'other.yaml:4: processors.b.state: "RUNNING" is not allowed here; allowed: STARTED or STOPPED',
      'wrong.yaml:4: processors.a.start.tier: "SP3" is not allowed here; allowed: one of SP2, SP5, SP10, SP30, SP50',
      "2 faults: nothing was done.",
    ]);
  },
);

it("what is allowed and may not be meant is noted, and goes on", async () => {
  const both = "{ startAtOperationTime: 2026-05-04T09:42:00Z, resumeFromCheckpoint: true }";
  const told = await runLine(["apply", "-f", "x.yaml"], {
    files: { "x.yaml": `${HEAD}  a: { start: ${both} }\n` },
  });
  const [note, error] = told.notes.split("\n");
  expect(note).toMatch(
    /^note: x\.yaml:4: 32b6e34b3d91647abb20e7b8\/orders\/a: startAtOperationTime together with/,
  );
  expect(error).toBe("headgate: a part was reached");
});
