// The command line before anything is done: what it refuses and in which words, its suggestions, and its help. Neither
// Postgres nor Temporal is reached: a verb that asks for them here has let a wrong command line through.
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { aContext, runLine } from "../../support/cli-context.js";
import type { Told } from "../../support/cli-context.js";

const REF = "32b6e34b3d91647abb20e7b8/orders/clicks";

const tell = (args: readonly string[]): Promise<Told> => runLine(args);

interface UsageCase {
  readonly args: readonly string[];
  /** The value that was wrong, and what would be right. */
  readonly says: readonly string[];
}

const TIERS = "one of SP2, SP5, SP10, SP30, SP50";
const USAGE_CASES: readonly UsageCase[] = [
  { args: ["aply"], says: ["unknown command 'aply'", "Did you mean apply?"] },
  { args: ["get", "polices"], says: ["unknown command 'polices'", "Did you mean policies?"] },
  { args: ["plan", "--detailed-exitcodes"], says: ["Did you mean --detailed-exitcode?"] },
  { args: ["get"], says: ["policies", "processors", "workspaces", "changes"] },
  { args: [], says: ["Usage: headgate"] },
  { args: ["apply"], says: ["required option '-f, --file <file...>' not specified"] },
  { args: ["apply", "-f", "nope.yaml"], says: ["cannot read nope.yaml: ENOENT"] },
  { args: ["start"], says: ["name at least one processor, or give a list with --file"] },
  { args: ["start", "-f", "nope.txt"], says: ["cannot read nope.txt: ENOENT"] },
  {
    args: ["start", "clicks"],
    says: ['"clicks" is not PROJECT, PROJECT/WORKSPACE or PROJECT/WORKSPACE/PROCESSOR', "*/orders/clicks-*"],
  },
  { args: ["start", `${REF}/more`], says: [`"${REF}/more" is not PROJECT, PROJECT/WORKSPACE or`] },
  { args: ["start", REF, "again"], says: ['"again" is not PROJECT, PROJECT/WORKSPACE or'] },
  { args: ["start", REF, "--tier", "SP3"], says: ['"SP3" is not a tier', TIERS] },
  { args: ["restart", REF, "--at", "yesterday"], says: ['"yesterday" is not an ISO 8601 UTC time', "Z."] },
  { args: ["restart", REF, "--at", "2026-02-30T00:00:00Z"], says: ['"2026-02-30T00:00:00Z" is not'] },
  {
    args: ["stop", REF, "--suspend", "0s"],
    says: ['"0s" is not a duration such as 30s', "more than nothing"],
  },
  { args: ["suspend", REF, "--for", "4h"], says: ["required option '--reason <text>' not specified"] },
  {
    args: ["suspend", REF, "--for", "soon", "--reason", "x"],
    says: ['"soon" is not a duration such as 30s'],
  },
  { args: ["suspend", REF, "--for", "400d", "--reason", "x"], says: ['"400d" is not', "a year at most"] },
  {
    args: ["suspend", REF, "--for", "4h", "--reason", "\u{1f600}".repeat(501)],
    says: [`--reason: "${"\u{1f600}".repeat(19)}…" is longer than 500 characters`],
  },
  { args: ["release-brake", REF], says: [`"${REF}" is not PROJECT/WORKSPACE:`] },
  { args: ["reconcile", "--workspace", "orders"], says: ['"orders" is not PROJECT/WORKSPACE:'] },
  { args: ["plan", "-o", "xml"], says: ['"xml" is not an output: one of table, json, yaml'] },
  { args: ["get", "policies", "--limit", "few"], says: ['"few" is not a whole number'] },
  { args: ["get", "changes", "a/b"], says: ['"a/b" is not PROJECT, PROJECT/WORKSPACE or'] },
  { args: ["delete", "policy", "x"], says: ['"x" is not PROJECT, PROJECT/WORKSPACE or'] },
  {
    args: ["get", "processors", "--condition", "failed", "drifing"],
    says: ['"drifing" is not a condition of processors: one of drifting, failed,', "did you mean drifting?"],
  },
  {
    args: ["get", "changes", "--condition", "zzzzzz"],
    says: ['"zzzzzz" is not a condition of changes: one of running, ', "by-pass, scheduled."],
  },
  {
    args: ["get", "policies", "--sort", "verson:desc"],
    says: [
      '"verson:desc" is not a column policies sort by',
      "one of name, version,",
      "did you mean version?",
    ],
  },
  { args: ["get", "budgets", "--sort", "left:down"], says: ['"left:down" is not a column budgets sort by'] },
  {
    args: ["get", "changes", "--since", "yesterday"],
    says: ['"yesterday" is neither a duration such as 30s', "nor an ISO 8601 UTC time"],
  },
  { args: ["get", "projects", "--selector", "a/b"], says: ['"a/b" is not PROJECT, PROJECT/WORKSPACE or'] },
  {
    args: ["get", "schedules", "--next", "0"],
    says: ['"0" is not a number of slots: a whole number from 1'],
  },
  { args: ["get", "policies", "--next", "2"], says: ["unknown option '--next'"] },
  { args: ["explain"], says: ["missing required argument 'ref'"] },
  { args: ["history", "clicks"], says: ['"clicks" is not PROJECT/WORKSPACE/PROCESSOR'] },
  { args: ["history", REF, "--limit", "0"], says: ['"0" is not a whole number from 1'] },
  {
    args: ["suspend", REF, "--for", "4h", "--reason", ""],
    says: ["--reason: ", '"" says nothing: write why in a few words'],
  },
  { args: ["history", REF, "--limit", "all"], says: ['"all" is not a whole number'] },
  { args: ["rollback", REF], says: ["required option '--to <version>' not specified"] },
  { args: ["rollback", REF, "--to", "v4"], says: ['"v4" is not a whole number'] },
  { args: ["diff"], says: ["required option '-f, --file <file...>' not specified"] },
  { args: ["diff", "-f", "nope.yaml"], says: ["cannot read nope.yaml: ENOENT"] },
  { args: ["changes", "cancel"], says: ["name at least one change or processor"] },
  { args: ["changes", "cancel", "nonsense"], says: ['"nonsense" is not the id of a change, nor PROJECT,'] },
  { args: ["changes", "follow"], says: ["missing required argument 'id'"] },
  { args: ["export", "--workspace", "orders"], says: ['"orders" is not PROJECT/WORKSPACE:'] },
  { args: ["export", "--project", "shop"], says: ['"shop" is not a project: 24 lower-case hex digits'] },
  { args: ["export", "--force"], says: ["--force goes with --file"] },
  { args: ["lint"], says: ["required option '-f, --file <file...>' not specified"] },
  { args: ["lint", "-f", "nope.yaml"], says: ["cannot read nope.yaml: ENOENT"] },
  { args: ["lint", "-f", "x.yaml", "--oplog", "a day"], says: ['"a day" is not a duration such as 30s'] },
  { args: ["lint", "-f", "-", "--fix"], says: ["--fix rewrites files: name them instead of -"] },
  { args: ["sim", "--time-scale", "0"], says: ['"0" is not a time scale: a number above 0'] },
  { args: ["completion", "tcsh"], says: ['"tcsh" is not a shell it knows: one of bash, zsh, fish'] },
  { args: ["serve", "--port", "99999"], says: ['"99999" is not a port: a whole number from 0 to 65535'] },
  { args: ["sim", "--port", "99999"], says: ['"99999" is not a port: a whole number from 0 to 65535'] },
  { args: ["keys", "create", "ci"], says: ["required option '--role <role>' not specified"] },
  {
    args: ["keys", "create", "ci", "--role", "root"],
    says: ['"root" is not a role: one of viewer, operator, admin'],
  },
  { args: ["keys", "create", " ci", "--role", "viewer"], says: ['" ci" is not a name of a key: 1 to 200'] },
  {
    args: ["keys", "create", "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11", "--role", "viewer"],
    says: ["is not a name of a key:", "not of the shape of an id"],
  },
  {
    args: ["keys", "create", "ci", "--role", "viewer", "--project", "orders"],
    says: ['"orders" is not a project: 24 lower-case hex digits'],
  },
  {
    args: ["keys", "create", "ci", "--role", "viewer", "--workspace", `${REF.slice(0, 24)}/orders`],
    says: ["is not the name of a workspace, without its project"],
  },
  { args: ["keys", "revoke"], says: ["missing required argument 'key'"] },
  { args: ["dev", "--sim-port", "http"], says: ['"http" is not a port'] },
  { args: ["dev", "--timeout", "forever"], says: ['"forever" is not a duration'] },
];

it.each(USAGE_CASES)("refuses $args with exit code 2, naming the value and what is right", async (row) => {
  const { code, out, notes } = await tell(row.args);
  expect(code).toBe(2);
  expect(out).toBe("");
  for (const text of row.says) expect(notes).toContain(text);
});

type Node = ReturnType<typeof createProgram>;

/** Every verb and every verb of a verb, as it is typed. */
function findPaths(command: Node, path: readonly string[] = []): readonly (readonly string[])[] {
  return command.commands.flatMap((child) => {
    const here = [...path, child.name()];
    return [here, ...findPaths(child, here)];
  });
}

const program = createProgram(aContext(), () => undefined);
const paths = findPaths(program);
// What shells ask is no verb of people's.
const runnable = paths.filter(
  (path) => path[0] !== "__complete" && !paths.some((one) => one.length > path.length && one[0] === path[0]),
);

it("has every verb", () => {
  expect(runnable.map((path) => path.join(" ")).sort()).toEqual([
    "apply",
    "approve",
    "arm",
    "changes cancel",
    "changes follow",
    "classify",
    "completion",
    "config view",
    "delete policy",
    "dev",
    "diff",
    "doctor",
    "explain",
    "export",
    "get budgets",
    "get changes",
    "get incidents",
    "get journal",
    "get notifications",
    "get policies",
    "get processors",
    "get projects",
    "get schedules",
    "get suspensions",
    "get workspaces",
    "history",
    "keys create",
    "keys list",
    "keys revoke",
    "keys rotate",
    "lint",
    "migrate",
    "notify test",
    "outage begin",
    "outage end",
    "outage show",
    "plan",
    "reconcile",
    "release-brake",
    "replay",
    "restart",
    "rollback",
    "serve",
    "sim",
    "start",
    "stop",
    "suspend",
    "temporal install",
    "unapprove",
    "unpark",
    "unsuspend",
    "version",
    "worker",
  ]);
});

it("has one file a verb, named after it", () => {
  const folder = new URL("../../../src/cli/verbs", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(name.lastIndexOf("/") + 1, -3));
  expect(files.sort()).toEqual([...new Set(runnable.map(([verb]) => verb))].sort());
});

it.each(runnable.map((path) => path.join(" ")))("explains %s with an example of it", async (verb) => {
  const { code, out, notes } = await tell([...verb.split(" "), "--help"]);
  expect({ code, notes }).toEqual({ code: 0, notes: "" });
  expect(out).toContain(`Usage: headgate ${verb} `);
  const [, ...examples] = out.split(/^Examples?:$/m);
  expect(examples).toHaveLength(1);
  expect(examples[0]).toMatch(new RegExp(`^ {2}\\$ (\\w+=\\S+ )*headgate ${verb}\\b`, "m"));
});

it("says the exit codes in its help, and its version", async () => {
  const help = await tell(["--help"]);
  expect(help.code).toBe(0);
  expect(help.out).toContain("Exit codes: 0 done, 1 failed, 2 usage, 3 drift found.");
  expect(await tell(["--version"])).toMatchObject({ code: 0, out: "1.2.3", notes: "" });
});

it("shows the stack of an error only with --debug", async () => {
  const plain = await tell(["plan"]);
  expect(plain).toMatchObject({ code: 1, out: "", notes: "headgate: a part was reached" });
  const debug = await tell(["--debug", "plan"]);
  expect(debug.code).toBe(1);
  expect(debug.notes).toMatch(/^headgate: a part was reached\nError: a part was reached\n +at /);
});
