// Files as a whole: all their faults at once, several documents, and what is refused because it is too much.
import { expect, it } from "vitest";
import { parsePolicyFiles } from "../../../src/policy-file/document.js";
import { HEAD, PROJECT, findFaults, parseSound, parseText } from "./documents.js";

const where = (text: string): readonly string[] =>
  findFaults(text).map(({ line, path }) => `${String(line)} ${path}`);

it("tells every fault at once: of the schema, between fields, in every document, in the order of the lines", () => {
  const text = `project: ${PROJECT}
workspace: orders
defaults:
  mode: sometimes
processors:
  a: { restart: { cron: "*/10 * * * *", spread: 1h } }
  b: { state: RUNNING, recovery: { backoff: { initial: 1h, max: 1m } } }
  c: { restart: { cron: "99 * * * *" }, extra: 1 }
---
project: ${PROJECT}
workspace: orders
procesors: {}
---
project: nobody
workspace: clicks
processors:
  d: { restart: { cron: "0 3 * * *", timezone: Moon } }
`;
  expect(where(text)).toEqual([
    "4 defaults.mode",
    "6 processors.a.restart.spread",
    "7 processors.b.state",
    "7 processors.b.recovery.backoff.max",
    "8 processors.c.extra",
    "8 processors.c.restart.cron",
    "10 processors",
    "11 workspace",
    "12 procesors",
    "14 project",
    "17 processors.d.restart.timezone",
  ]);
});

it("does not judge a schedule whose inherited half is faulty itself", () => {
  const text = `${HEAD}defaults:
  restart: { cron: 5 }
processors:
  a: { restart: { spread: 3m } }
`;
  expect(where(text)).toEqual(["4 defaults.restart.cron"]);
});

it("tells the faults of the gateway rules where they stand, also beside a fault of the schema", () => {
  const text = (mode: string): string => `${HEAD}defaults:
  gateway: { for: 4h }
processors:
  a: {}
  b: { gateway: { stop: refuse, for: 1h } }
  c: { gateway: { stop: suspend } }
  d: { mode: ${mode}, gateway: { for: 1h } }
`;
  const faults = ["4 defaults.gateway.for", "7 processors.b.gateway.for", "9 processors.d.gateway.for"];
  expect(where(text("observe"))).toEqual(faults);
  expect(where(text("sometimes"))).toEqual([...faults.slice(0, 2), "9 processors.d.mode", faults[2]]);
});

it("names the file of each fault, and both places of a workspace that two files declare", () => {
  const parsed = parsePolicyFiles([
    { name: "a.yaml", text: `${HEAD}processors: {}\n` },
    { name: "b.yaml", text: `# the same again\n${HEAD}processors: {}\n` },
    { name: "c.yaml", text: "" },
  ]);
  expect(parsed).toEqual({
    kind: "faulty",
    faults: [
      {
        file: "b.yaml",
        line: 3,
        path: "workspace",
        value: `a second document of ${PROJECT}/orders`,
        allowed: "one document per workspace; the first is at a.yaml:2",
      },
      { file: "c.yaml", line: 1, path: "", value: "an empty file", allowed: "at least one document" },
    ],
  });
});

it("declares nothing of a file with one fault in its last document", () => {
  const text = `${HEAD}processors: { a: {} }\n---\nproject: ${PROJECT}\nworkspace: clicks\nprocessors: { b: 1 }\n`;
  expect(parseText(text).kind).toBe("faulty");
});

it("takes several documents, skips empty ones, and keeps workspaces without processors", () => {
  const text = `---\n${HEAD}processors: { a: {}, b: }\n---\n# nothing\n---\nproject: ${PROJECT}\nworkspace: clicks\nprocessors: {}\n---\n`;
  const { set, notices } = parseSound(text);
  expect(set.workspaces.map(({ workspace }) => workspace)).toEqual(["orders", "clicks"]);
  expect(set.processors.map(({ ref, line }) => `${ref.workspace}/${ref.processor}:${String(line)}`)).toEqual([
    "orders/a:4",
    "orders/b:4",
  ]);
  expect(notices).toEqual([]);
});

it("takes a processor whose name looks like a number", () => {
  expect(parseSound(`${HEAD}processors: { 42: {} }\n`).set.processors[0]?.ref.processor).toBe("42");
});

it("says of a time together with resumeFromCheckpoint: true that nobody knows which wins", () => {
  const start = "{ startAtOperationTime: 2026-05-04T09:42:00Z, resumeFromCheckpoint: true }";
  const { notices } = parseSound(`${HEAD}processors:\n  a: { start: ${start} }\n`);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatchObject({ file: "fleet.yaml", line: 4 });
  expect(notices[0]?.text).toContain(`${PROJECT}/orders/a: startAtOperationTime together with`);
});

it("refuses an alias bomb at once", () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) =>
      `  l${String(level)}: &l${String(level)} { ${Array.from({ length: 9 }, (_unused, key) => `k${String(key)}: ${level === 0 ? "x" : `*l${String(level - 1)}`}`).join(", ")} }`,
  );
  const faults = findFaults(`${HEAD}processors:\n${levels.join("\n")}\n`);
  expect(faults).toEqual([
    {
      file: "fleet.yaml",
      line: 1,
      path: "",
      value: "a document with so many aliases",
      allowed: "100 aliases at most",
    },
  ]);
});

it("takes aliases in moderation", () => {
  const { set } = parseSound(`${HEAD}defaults: &d { state: STOPPED }\nprocessors: { a: *d, b: *d }\n`);
  expect(set.processors.map(({ policy }) => policy.state)).toEqual(["STOPPED", "STOPPED"]);
});

it("refuses a file larger than 5 MiB without parsing it", () => {
  const text = `${HEAD}processors: {}\n#${"x".repeat(5 * 1024 * 1024)}`;
  expect(findFaults(text)).toEqual([
    { file: "fleet.yaml", line: 1, path: "", value: "a file this large", allowed: "5 MiB at most" },
  ]);
});

it("reads hundreds of processors that inherit one schedule as soon as it reads one", () => {
  const names = Array.from({ length: 400 }, (_, index) => `  p${String(index)}:\n`).join("");
  const restart = '{ cron: "0 3 * * *", timezone: Europe/Madrid, spread: 30m }';
  const { set } = parseSound(`${HEAD}defaults: { restart: ${restart} }\nprocessors:\n${names}`);
  expect(set.processors).toHaveLength(400);
  expect(set.processors.every(({ policy }) => policy.restart?.spreadMs === 1_800_000)).toBe(true);
});
