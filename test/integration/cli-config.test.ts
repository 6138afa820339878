// `config view` as a process: every setting with its source, also where some are wrong and no stack is there.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ConfigView } from "../../src/app/look/config-view.js";
import { CONFIG_VARIABLES } from "../../src/config/variables.js";
import { TEMPORAL_VARIABLES } from "../../src/temporal/profile.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";

let cli: Cli;
/** Where Temporal's own profiles would be: not those of whoever runs the tests. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "headgate-home-"));
  mkdirSync(join(home, ".config"));
  cli = openCli({ HOME: home });
});
afterAll(() => {
  cli.remove();
  rmSync(home, { recursive: true });
});

async function view(variables: Readonly<Record<string, string>>): Promise<{
  readonly code: number | null;
  readonly of: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}> {
  const { code, stdout } = await cli.run(["config", "view", "-o", "json"], { variables });
  const { settings, faults } = JSON.parse(stdout) as ConfigView;
  return {
    code,
    faults,
    of: Object.fromEntries(settings.map((one) => [one.name, `${one.value ?? "-"} (${one.source})`])),
  };
}

it("lists every variable, Headgate's and Temporal's, with its default", async () => {
  const { code, stdout, stderr } = await cli.run(["config", "view"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [head = "", ...lines] = stdout.trimEnd().split("\n");
  expect(head.split(/ +/)).toEqual(["NAME", "VALUE", "SOURCE", "MEANING"]);
  expect(lines.map((line) => line.split(" ")[0])).toEqual(
    [...CONFIG_VARIABLES, ...TEMPORAL_VARIABLES].map(({ name }) => name),
  );
});

it("tells the environment from the stack of the folder and from a profile", async () => {
  cli.write(
    ".headgate/stack.json",
    JSON.stringify({
      DATABASE_URL: "postgres://someone:hidden-word@127.0.0.1:5544/headgate",
      HEADGATE_POLL: "1s",
    }),
  );
  cli.write("profiles.toml", '[profile.night]\naddress = "temporal.example:7233"\nnamespace = "streams"\n');
  const { code, of } = await view({
    HEADGATE_POLL: "2s",
    TEMPORAL_CONFIG_FILE: "profiles.toml",
    TEMPORAL_PROFILE: "night",
    TEMPORAL_NAMESPACE: "mine",
  });
  expect(code).toBe(0);
  expect(of).toMatchObject({
    DATABASE_URL: "postgres://[redacted]@127.0.0.1:5544/headgate (.headgate/stack.json)",
    HEADGATE_POLL: "2s (environment)",
    HEADGATE_SETTLE: "20s (default)",
    TEMPORAL_ADDRESS: "temporal.example:7233 (profile night of profiles.toml)",
    TEMPORAL_NAMESPACE: "mine (environment)",
    TEMPORAL_API_KEY: "- (-)",
  });
});

it("shows the rest where settings are wrong, tells each fault, and exits 1", async () => {
  cli.write("broken.toml", "[profile.default\n");
  const variables = {
    HEADGATE_POLL: "often",
    HEADGATE_LOG_LEVEL: "loud",
    TEMPORAL_CONFIG_FILE: "broken.toml",
    MONGODB_ATLAS_CLIENT_SECRET: "hidden-word",
  };
  const { code, of, faults } = await view(variables);
  expect(code).toBe(1);
  expect(of["HEADGATE_POLL"]).toBe("often (environment)");
  expect(of["MONGODB_ATLAS_CLIENT_SECRET"]).toBe("[redacted] (environment)");
  expect(faults).toEqual([
    "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET go together: one of them is missing",
    'HEADGATE_POLL: "often" is not a duration such as 30s, 30m, 4h, 2d or 1h30m',
    'HEADGATE_LOG_LEVEL: "loud" is not one of debug, info, warn, error, silent',
    expect.stringMatching(/^profile default of broken.toml: /),
  ]);
  const { stderr } = await cli.run(["config", "view"], { variables });
  expect(stderr.split("\n").filter((line) => line.startsWith("headgate: "))).toHaveLength(4);
});
