// What a policy file says of crons that other tools write, of crons without quotes, and of a fault that all inherit.
import { expect, it } from "vitest";
import { formatPolicyFault } from "../../../src/policy-file/document.js";
import { HEAD, findFaults } from "./documents.js";

const told = (text: string): readonly string[] => findFaults(text).map(formatPolicyFault);
const withCron = (value: string): string =>
  `${HEAD}processors:\n  a:\n    restart:\n      cron: ${value}\n      timezone: UTC\n`;
const inFlow = (value: string): string =>
  `${HEAD}processors:\n  a: { restart: { cron: ${value}, timezone: UTC } }\n`;
const at = (line: number, value: string, allowed: string): readonly string[] => [
  `fleet.yaml:${String(line)}: ${value} without quotes is not allowed here; allowed: cron in quotes: ${allowed}`,
];

// The parser's own words for these, in yaml 2.9.1, are of aliases, tokens and reserved characters.
it.each([
  ["* 3 * * *", '"* 3 * * *"'],
  ["* * * * *", '"* * * * *"'],
  ["*/45 * * * *", '"*/45 * * * *"'],
  ["*/5 3 * * * # every night", '"*/5 3 * * *"'],
  ["@daily", 'five cron fields: write "0 0 * * *"'],
  ["*-*-* 03:00:00", 'five cron fields: write "0 3 * * *"'],
  ["*:0/15", 'five cron fields: write "*/15 * * * *"'],
  ["* 33 * * *", "for the hour 0 to 23, not 33"],
])("says of cron: %s that it needs quotes", (cron, allowed) => {
  expect(told(withCron(cron))).toEqual(at(6, cron.replace(/ #.*/, ""), allowed));
  expect(told(inFlow(cron.replace(/ #.*/, "")))).toEqual(at(4, cron.replace(/ #.*/, ""), allowed));
});

it("says of any other value that begins with a reserved character that it needs quotes", () => {
  expect(told(`project: @project\nworkspace: orders\nprocessors: {}\n`)).toEqual([
    'fleet.yaml:1: @project without quotes is not allowed here; allowed: project in quotes: "@project"',
  ]);
});

it("leaves a real alias to the parser: a cron that is shared by an anchor, and one whose anchor is missing", () => {
  const shared = `${HEAD}defaults: { restart: { cron: &night "0 0 3 * * *" } }\nprocessors:\n  a: { restart: { cron: *night } }\n`;
  expect(told(shared).join()).toContain('write "0 3 * * *"');
  expect(told(withCron("*night"))).toEqual([
    "fleet.yaml:1: an alias without its anchor (Unresolved alias (the anchor must be set before the alias): night) is not allowed here; allowed: an anchor before its alias",
  ]);
});

const wrong =
  'defaults.restart.cron: "0 0 3 * * *" is not allowed here; allowed: five cron fields: write "0 3 * * *"';

it("tells a fault of the defaults once, where it stands, however many inherit it", () => {
  const many = Array.from({ length: 500 }, (_, index) => `  p${String(index)}: {}\n`).join("");
  const text = `${HEAD}defaults:\n  restart:\n    cron: "0 0 3 * * *"\nprocessors:\n${many}`;
  expect(told(text)).toEqual([`fleet.yaml:5: ${wrong}`]);
  // Also if other faults keep the schema from passing.
  expect(told(`${text}  q: { state: RUNNING }\n`)).toHaveLength(2);
  expect(told(`${text}  q: { state: RUNNING }\n`)[0]).toBe(`fleet.yaml:5: ${wrong}`);
});

it("tells a fault where it is written, and one between two places at the processor", () => {
  const text = `${HEAD}defaults:
  restart: { cron: "0 3 * * *", spread: 2h, timezone: BST }
  recovery: { backoff: { initial: 10m, max: 1m } }
processors:
  a: {}
  b: { restart: { timezone: UTC } }
  c: { restart: { timezone: UTC, cron: "0 * * * *" } }
  d: { restart: { timezone: UTC, cron: "60 3 * * *" } }
  e: { restart: null, recovery: { backoff: { max: 1h } } }
`;
  expect(findFaults(text).map(({ line, path }) => `${String(line)} ${path}`)).toEqual([
    "4 defaults.restart.timezone",
    "5 defaults.recovery.backoff.max",
    "9 processors.c.restart.spread",
    "10 processors.d.restart.cron",
  ]);
});

it("tells a fault of the defaults that every processor replaces, and both faults of one block", () => {
  const text = `${HEAD}defaults:
  restart: { cron: "@daily", timezone: BST }
processors:
  a: { restart: { cron: "0 3 * * *", timezone: UTC } }
  b: { restart: { cron: "0 3 32 * *", timezone: IST } }
`;
  expect(findFaults(text).map(({ line, path, value }) => `${String(line)} ${path} ${value}`)).toEqual([
    '4 defaults.restart.cron "@daily"',
    '4 defaults.restart.timezone "BST"',
    '7 processors.b.restart.cron "0 3 32 * *"',
    '7 processors.b.restart.timezone "IST"',
  ]);
});
