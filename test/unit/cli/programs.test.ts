// The verbs that hand over to a part and print what it answers: which words reach the part, what becomes of its answer,
// and the exit code.
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { CheckFinding } from "../../../src/app/doctor/checks.js";
import type { ConfigView } from "../../../src/app/look/config-view.js";
import type { ServeOptions, SimOptions } from "../../../src/cli/terminal/context.js";
import { aContext, runLine } from "../../support/cli-context.js";
import { runProgram } from "../../../src/cli/program.js";

it.each([0, 1, 3])("worker ends with the worker's own exit code %i", async (code) => {
  const told = await runLine(["worker"], { programs: { worker: () => Promise.resolve(code) } });
  expect(told).toMatchObject({ code, out: "", notes: "" });
});

it.each([
  { applied: [], out: "", notes: "The schema is the newest." },
  { applied: ["0001_tables", "0002_refill_step"], out: "0001_tables\n0002_refill_step", notes: "Migrated." },
])("migrate prints what it applied as data: $applied", async ({ applied, out, notes }) => {
  const told = await runLine(["migrate"], { programs: { migrate: () => Promise.resolve(applied) } });
  expect(told).toMatchObject({ code: 0, out, notes });
});

it("temporal install prints nothing but the path as data", async () => {
  const installTemporal = (): Promise<{ path: string; how: string }> =>
    Promise.resolve({ path: "/opt/temporal", how: "found on the PATH" });
  expect(await runLine(["temporal", "install"], { programs: { installTemporal } })).toMatchObject({
    code: 0,
    out: "/opt/temporal",
    notes: "found on the PATH",
  });
});

const SIM_DEFAULTS: SimOptions = {
  host: "127.0.0.1",
  port: 0,
  fleet: undefined,
  sample: false,
  seed: 1,
  script: undefined,
  timeScale: 1,
  state: undefined,
  log: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  set: [],
};

it.each<{ readonly typed: string; readonly options: Partial<SimOptions> }>([
  { typed: "", options: {} },
  { typed: "--fleet 200x10 --seed 7 --port 8080", options: { fleet: "200x10", seed: 7, port: 8_080 } },
  { typed: "--sample --time-scale 50", options: { sample: true, timeScale: 50 } },
  { typed: "--set a=1 b=2 --set c=3", options: { set: ["a=1", "b=2", "c=3"] } },
  {
    typed: "--tls-cert c.pem --tls-key k.pem --host ::1",
    options: { tlsCert: "c.pem", tlsKey: "k.pem", host: "::1" },
  },
  {
    typed: "--state s.json --log l --script f.json",
    options: { state: "s.json", log: "l", script: "f.json" },
  },
])("sim $typed", async ({ typed, options }) => {
  const started: SimOptions[] = [];
  const sim = (asked: SimOptions): Promise<number> => {
    started.push(asked);
    return Promise.resolve(5);
  };
  const words = typed.split(" ").filter((word) => word !== "");
  const told = await runLine(["sim", ...words], { programs: { sim } });
  expect(told.code).toBe(5);
  expect(started).toEqual([{ ...SIM_DEFAULTS, ...options }]);
});

it("serve hands its options on, and ends with the server's own code", async () => {
  const started: ServeOptions[] = [];
  const serve = (asked: ServeOptions): Promise<number> => {
    started.push(asked);
    return Promise.resolve(6);
  };
  const typed = [
    "serve",
    "--host",
    "::",
    "--port",
    "0",
    "--tls-cert",
    "c",
    "--tls-key",
    "k",
    "--behind-proxy",
  ];
  expect((await runLine(["serve"], { programs: { serve } })).code).toBe(6);
  await runLine(typed, { programs: { serve } });
  expect(started).toEqual([
    { host: "127.0.0.1", port: 8_080, behindProxy: false },
    { host: "::", port: 0, tlsCert: "c", tlsKey: "k", behindProxy: true },
  ]);
});

const SETTINGS = [
  { name: "start.ms", default: 2_000, allowed: "0 or more", meaning: "how long", source: "seen" },
  { name: "oauth", default: true, allowed: "true, false", meaning: "whether", source: "documented" },
] as const;
const listSimSettings = (): Promise<typeof SETTINGS> => Promise.resolve(SETTINGS);

it("sim --list-settings lists, and starts no simulator", async () => {
  const list = (format: string): ReturnType<typeof runLine> =>
    runLine(["sim", "--list-settings", "-o", format], { programs: { listSimSettings } });
  expect((await list("table")).out).toBe(
    "NAME      DEFAULT  ALLOWED      MEANING   SOURCE\n" +
      "start.ms  2000     0 or more    how long  seen\n" +
      "oauth     true     true, false  whether   documented",
  );
  expect((await list("name")).out).toBe("start.ms\noauth");
  expect(JSON.parse((await list("json")).out)).toEqual(SETTINGS);
  expect(parse((await list("yaml")).out)).toEqual(SETTINGS);
});

const finding = (verdict: CheckFinding["verdict"], remedy: string | null = null): CheckFinding => ({
  check: `the ${verdict} one`,
  verdict,
  found: "as found",
  remedy,
});

interface DoctorCase {
  readonly reason: string;
  readonly findings: readonly CheckFinding[];
  readonly code: number;
  readonly out: readonly string[];
  readonly notes: string;
}

it.each<DoctorCase>([
  {
    reason: "all is well",
    findings: [finding("ok")],
    code: 0,
    out: ["<good>ok     </>  the ok one: as found"],
    notes: "Nothing is wrong; 0 warnings.",
  },
  {
    reason: "a warning fails nothing, and says what to do",
    findings: [finding("warning", "do this")],
    code: 0,
    out: ["<busy>warning</>  the warning one: as found", "         -> do this"],
    notes: "Nothing is wrong; 1 warning.",
  },
  {
    reason: "something wrong, and what was not looked at after it",
    findings: [finding("ok"), finding("wrong", "do that"), finding("skipped"), finding("warning")],
    code: 1,
    out: [
      "<good>ok     </>  the ok one: as found",
      "<bad>wrong  </>  the wrong one: as found",
      "         -> do that",
      "<quiet>skipped</>  the skipped one: as found",
      "<busy>warning</>  the warning one: as found",
    ],
    notes: "1 wrong, 1 warning.",
  },
])("doctor: $reason", async ({ findings, code, out, notes }) => {
  const doctor = (): Promise<readonly CheckFinding[]> => Promise.resolve(findings);
  expect(await runLine(["doctor"], { programs: { doctor } })).toMatchObject({
    code,
    out: out.join("\n"),
    notes,
  });
  const json = await runLine(["doctor", "-o", "json"], { programs: { doctor } });
  expect(json).toMatchObject({ code, notes: "" });
  expect(JSON.parse(json.out)).toEqual(findings);
});

const VIEW: ConfigView = {
  settings: [
    {
      name: "DATABASE_URL",
      value: "postgres://u:[redacted]@h/d",
      source: "environment",
      meaning: "where Postgres is",
    },
    { name: "HEADGATE_ACTOR", value: null, source: "not set", meaning: "who acts" },
  ],
  faults: [],
};

it.each([
  { faults: [], code: 0, notes: "" },
  { faults: ["A is wrong", "B is wrong"], code: 1, notes: "headgate: A is wrong\nheadgate: B is wrong" },
])("config view shows every setting, and fails on faults: $faults", async ({ faults, code, notes }) => {
  const viewConfig = (): Promise<ConfigView> => Promise.resolve({ ...VIEW, faults });
  const table = await runLine(["config", "view"], { programs: { viewConfig } });
  expect(table).toMatchObject({ code, notes });
  expect(table.out).toBe(
    "NAME            VALUE                        SOURCE       MEANING\n" +
      "DATABASE_URL    postgres://u:[redacted]@h/d  environment  where Postgres is\n" +
      "HEADGATE_ACTOR  -                            not set      who acts",
  );
  const yaml = await runLine(["config", "view", "-o", "yaml"], { programs: { viewConfig } });
  expect(yaml.code).toBe(code);
  expect(parse(yaml.out)).toEqual({ ...VIEW, faults });
});

it("version names this program first, then what it runs on", async () => {
  const context = { ...aContext(), parts: () => ({ node: "20.0.0", "@temporalio/client": "1.24.0" }) };
  expect(await runProgram(context, ["version"])).toBe(0);
  expect(context.recorded.out).toEqual([
    "PART                VERSION\nheadgate            1.2.3\nnode                20.0.0\n@temporalio/client  1.24.0",
  ]);
  const other = { ...aContext(), parts: () => ({ node: "20.0.0" }) };
  await runProgram(other, ["version", "-o", "json"]);
  expect(JSON.parse(other.recorded.out.join("\n"))).toEqual({ headgate: "1.2.3", node: "20.0.0" });
});

it.each([
  { typed: ["--sim-script", "none.json"], says: "--sim-script none.json: ENOENT: no such file" },
  { typed: ["--sim-script", "bad.json"], says: "--sim-script bad.json: not JSON" },
])(
  "dev refuses a script of faults it cannot read, before it starts anything: $typed",
  async ({ typed, says }) => {
    const { code, notes } = await runLine(["dev", ...typed], { files: { "bad.json": "{ not json" } });
    expect(code).toBe(2);
    expect(notes).toContain(`headgate: ${says}`);
  },
);

it.each([
  { script: '[{"a":1},{"b":2}]', rules: [{ a: 1 }, { b: 2 }] },
  { script: '{"a":1}', rules: [{ a: 1 }] },
])("dev takes one rule or a list of them: $script", async ({ script, rules }) => {
  const asked: unknown[] = [];
  const startStack = (request: unknown): Promise<never> => {
    asked.push(request);
    return Promise.reject(new Error("no stack here"));
  };
  const line = ["dev", "--fresh", "--ui-port", "8233", "--sim-port", "1", "--sim-script", "s.json"];
  const { code, notes } = await runLine(line, { files: { "s.json": script }, programs: { startStack } });
  expect({ code, notes }).toEqual({ code: 1, notes: "headgate: no stack here" });
  expect(asked).toEqual([
    {
      fresh: true,
      simScript: rules,
      ports: { postgres: 0, temporal: 0, ui: 8_233, simulator: 1, server: 0 },
    },
  ]);
});
