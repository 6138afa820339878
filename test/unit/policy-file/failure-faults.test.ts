// What a policy file may not say of failures, one row each: its path, value and what is allowed instead.
import { expect, it } from "vitest";
import { OWN_CLASSES } from "../../../src/domain/failure-classes.js";
import { FILE, HEAD, aProcessor, findFaults, parseSound } from "./documents.js";

interface FieldCase {
  readonly reason: string;
  readonly fields: string;
  readonly path: string;
  readonly value: string;
  readonly allowed: string;
}

const CASES: readonly FieldCase[] = [
  {
    reason: "an action that no policy of one processor may take",
    fields: "{ recovery: { classes: { connection: { action: hold } } } }",
    path: "recovery.classes.connection.action",
    value: '"hold"',
    allowed: "resume, climb, ladder or wait",
  },
  {
    reason: "a rung of no ladder",
    fields: "{ recovery: { classes: { unknown: { action: ladder } } } }",
    path: "recovery.classes.unknown.action",
    value: "ladder without one",
    allowed: "recovery.ladder beside it",
  },
  {
    reason: "a leave of another kind",
    fields: "{ recovery: { ladder: { fresh: ask } } }",
    path: "recovery.ladder.fresh",
    value: '"ask"',
    allowed: "allow, approve or deny",
  },
  {
    reason: "a replay that even the margin exceeds",
    fields: "{ recovery: { ladder: { time: allow, margin: 2h } } }",
    path: "recovery.ladder.maxReplay",
    value: "1h",
    allowed: "2h or more, because the margin is read twice",
  },
  {
    reason: "a fresh start that may skip nothing",
    fields: "{ recovery: { ladder: { fresh: allow } } }",
    path: "recovery.ladder.maxGap",
    value: "0s",
    allowed: "more than 0s beside fresh: allow",
  },
  {
    reason: "a climb to nowhere",
    fields: "{ recovery: { classes: { connection: { action: climb } } } }",
    path: "recovery.classes.connection.action",
    value: "climb without a ceiling",
    allowed: "a ceiling beside it",
  },
  {
    reason: "a ceiling of what does not climb",
    fields: "{ recovery: { classes: { connection: { ceiling: SP30 } } } }",
    path: "recovery.classes.connection.ceiling",
    value: "SP30",
    allowed: "ceiling beside action: climb and a ceiling, or none",
  },
  {
    reason: "a while of what has no ceiling",
    fields: "{ recovery: { classes: { out-of-memory: { stepBackAfter: 4h } } } }",
    path: "recovery.classes.out-of-memory.stepBackAfter",
    value: "4h",
    allowed: "stepBackAfter beside action: climb and a ceiling, or none",
  },
  {
    reason: "a step back that would come at once",
    fields: "{ recovery: { classes: { out-of-memory: { ceiling: SP30, stepBackAfter: 0s } } } }",
    path: "recovery.classes.out-of-memory.stepBackAfter",
    value: "0s",
    allowed: "more than 0s",
  },
  {
    reason: "a rule for a class that is the whole project's",
    fields: "{ recovery: { rules: [{ code: 13, class: denied }] } }",
    path: "recovery.rules.0.class",
    value: '"denied"',
    allowed: `one of ${OWN_CLASSES.join(", ")}`,
  },
  {
    reason: "a rule that matches by two things",
    fields: "{ recovery: { rules: [{ code: 13, pattern: a, class: unknown }] } }",
    path: "recovery.rules.0",
    value: "a map",
    allowed: "either code or pattern, and class",
  },
  {
    reason: "a rule that matches by nothing",
    fields: "{ recovery: { rules: [{ class: unknown }] } }",
    path: "recovery.rules.0",
    value: "a map",
    allowed: "either code or pattern, and class",
  },
  {
    reason: "a code that is none",
    fields: "{ recovery: { rules: [{ code: 0, class: unknown }] } }",
    path: "recovery.rules.0.code",
    value: "0",
    allowed: "a code of the server, such as 286",
  },
  {
    reason: "a pattern that RE2 has not",
    fields: '{ recovery: { rules: [{ pattern: "(?=a)", class: unknown }] } }',
    path: "recovery.rules.0.pattern",
    value: '"(?=a)"',
    allowed: "RE2 syntax (error parsing regexp: invalid or unsupported Perl syntax: `(?=`)",
  },
  {
    reason: "a pattern that is too long",
    fields: `{ recovery: { rules: [{ pattern: "${"a".repeat(201)}", class: unknown }] } }`,
    path: "recovery.rules.0.pattern",
    value: `"${"a".repeat(78)}…`,
    allowed: "200 characters at most",
  },
  {
    reason: "more rules than are tried",
    fields: `{ recovery: { rules: [${Array(21).fill("{ code: 7, class: unknown }").join(", ")}] } }`,
    path: "recovery.rules",
    value: "a list",
    allowed: "20 rules at most",
  },
  {
    reason: "a field of a rule that does not exist",
    fields: "{ recovery: { rules: [{ code: 7, class: unknown, clas: a }] } }",
    path: "recovery.rules.0.clas",
    value: 'the field "clas"',
    allowed: "code, pattern, class; did you mean class?",
  },
  {
    reason: "a class that does not exist",
    fields: "{ recovery: { classes: { oom: {} } } }",
    path: "recovery.classes.oom",
    value: 'the field "oom"',
    allowed: OWN_CLASSES.join(", "),
  },
];

it.each(CASES)("refuses $reason", ({ fields, path, value, allowed }) => {
  expect(findFaults(aProcessor(fields))).toEqual([
    { file: FILE, line: 4, path: `processors.a.${path}`, value, allowed },
  ]);
});

it("a fault that the defaults have stands there, once", () => {
  const text = `${HEAD}defaults:\n  recovery:\n    classes:\n      connection: { ceiling: SP30 }\nprocessors:\n  a: {}\n  b: {}\n`;
  expect(findFaults(text)).toMatchObject([{ line: 6, path: "defaults.recovery.classes.connection.ceiling" }]);
});

it("takes what belongs together from both halves, and leaves out what another action has no use for", () => {
  const text = `${HEAD}defaults:
  recovery:
    rules: [{ code: 7, class: connection }]
    classes: { out-of-memory: { ceiling: SP30 }, invalid-pipeline: { action: wait } }
processors:
  inherits: {}
  slower: { recovery: { classes: { out-of-memory: { stepBackAfter: 2d } } } }
  never: { recovery: { rules: [], classes: { out-of-memory: { action: resume } } } }
`;
  const { processors } = parseSound(text).set;
  const told = processors.map(({ policy: { recovery } }) => [recovery.rules, recovery.classes]);
  const rules = [{ code: 7, class: "connection" }];
  const climb = { action: "climb", ceiling: "SP30" };
  expect(told).toEqual([
    [rules, { "out-of-memory": { ...climb, stepBackAfterMs: 86_400_000 } }],
    [rules, { "out-of-memory": { ...climb, stepBackAfterMs: 172_800_000 } }],
    [undefined, undefined],
  ]);
});
