// One start option on its way through every room: flag, policy file, database row, request body. Each walks over the
// table of options, so whatever option is added takes part here without a new test.
import { Command } from "commander";
import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { toStartBody } from "../../src/atlas/wire.js";
import { takingStartOptions, toAskedOptions } from "../../src/cli/typed/start-flags.js";
import type { StartFlags } from "../../src/cli/typed/start-flags.js";
import {
  START_OPTIONS,
  START_OPTION_NAMES,
  TIERS,
  collectStartOptions,
} from "../../src/domain/start-options.js";
import type { StartOptions, StartValue, StartValueKinds } from "../../src/domain/start-options.js";
import { parsePolicyFiles } from "../../src/policy-file/document.js";
import { policyFields } from "../../src/policy-file/diff.js";
import type { PolicyRow } from "../../src/store/rows/policy-rows.js";
import { fromPolicyRow, toPolicyColumns } from "../../src/store/rows/policy-rows.js";
import { aDeclared, aPolicy } from "../support/domain-builders.js";

const VALUES: { readonly [Kind in keyof StartValueKinds]: fc.Arbitrary<StartValueKinds[Kind]> } = {
  tier: fc.constantFrom(...TIERS),
  switch: fc.boolean(),
  time: fc
    .date({
      min: new Date("2000-01-01T00:00:00Z"),
      max: new Date("2999-01-01T00:00:00Z"),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
};

/** Any of them given, any of them not. */
const starts: fc.Arbitrary<StartOptions> = fc
  .tuple(
    ...START_OPTION_NAMES.map((name) =>
      fc.option(VALUES[START_OPTIONS[name].kind] as fc.Arbitrary<StartValue>, { nil: undefined }),
    ),
  )
  .map((values) => collectStartOptions((name) => values[START_OPTION_NAMES.indexOf(name)]));

it("through a policy file and back", () => {
  fc.assert(
    fc.property(starts, (start) => {
      const text = stringify({
        project: "32b6e34b3d91647abb20e7b8",
        workspace: "orders",
        processors: { clicks: { start } },
      });
      const parsed = parsePolicyFiles([{ name: "fleet.yaml", text }]);
      expect(parsed).toMatchObject({ kind: "parsed", set: { processors: [{ policy: { start } }] } });
      const policy = parsed.kind === "parsed" ? parsed.set.processors[0]?.policy : undefined;
      expect(policy?.start).toStrictEqual(start);
    }),
    { numRuns: 50 },
  );
});

it("defaults fill in only what a processor leaves out", () => {
  fc.assert(
    fc.property(starts, starts, (byDefault, own) => {
      const text = stringify({
        project: "32b6e34b3d91647abb20e7b8",
        workspace: "orders",
        defaults: { start: byDefault },
        processors: { clicks: { start: own } },
      });
      const parsed = parsePolicyFiles([{ name: "fleet.yaml", text }]);
      const policy = parsed.kind === "parsed" ? parsed.set.processors[0]?.policy : undefined;
      expect(policy?.start).toStrictEqual(collectStartOptions((name) => own[name] ?? byDefault[name]));
    }),
    { numRuns: 50 },
  );
});

it("into a row of the database and out of it, by JSON", () => {
  fc.assert(
    fc.property(starts, (start) => {
      const columns = toPolicyColumns({ ...aDeclared(), policy: aPolicy({ start }) });
      // Postgres gives null for a column that nothing was written to.
      const row = JSON.parse(JSON.stringify(columns, (_key, value: unknown) => value ?? null)) as PolicyRow;
      expect(fromPolicyRow(row).policy.start).toStrictEqual(start);
    }),
    { numRuns: 50 },
  );
});

it("into the body of a request: what is given and nothing else", () => {
  fc.assert(
    fc.property(starts, (start) => {
      expect(JSON.parse(toStartBody(start))).toStrictEqual(start);
    }),
    { numRuns: 50 },
  );
});

it("into the fields that people are shown", () => {
  fc.assert(
    fc.property(starts, (start) => {
      const shown = [...policyFields(aPolicy({ start }))].filter(([path]) => path.startsWith("start."));
      expect(new Map(shown)).toEqual(
        new Map(Object.entries(start).map(([name, value]) => [`start.${name}`, String(value)])),
      );
    }),
    { numRuns: 50 },
  );
});

it("from the flags of a command line; a switch has one value only", () => {
  fc.assert(
    fc.property(starts, (start) => {
      const typed = START_OPTION_NAMES.flatMap((name) => toWords(name, start[name]));
      const asked = collectStartOptions((name) =>
        toWords(name, start[name]).length > 0 ? start[name] : null,
      );
      const command = takingStartOptions(new Command("start")).exitOverride();
      command.parse([...typed], { from: "user" });
      const given = toAskedOptions(command.opts<StartFlags>());
      expect(given).toStrictEqual(typed.length === 0 ? null : asked);
    }),
    { numRuns: 50 },
  );
});

function toWords(name: keyof StartOptions, value: StartValue | undefined): readonly string[] {
  const { kind, flag } = START_OPTIONS[name];
  const [long = ""] = flag.flags.split(" ");
  if (value === undefined) return [];
  if (kind !== "switch") return [long, String(value)];
  return value === !long.startsWith("--no-") ? [long] : [];
}
