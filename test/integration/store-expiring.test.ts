// The condition `expiring` in SQL means what checkpoint-age.ts means: what can soon resume no more, told in time. Held
// against it over every combination of state, window, position and rest.
import { expect, it } from "vitest";
import { pageProcessors } from "../../src/app/look/page-listing.js";
import {
  CHECKPOINT_EXPIRING_MS,
  CHECKPOINT_KEPT_MS,
  OPLOG_EXPIRING_SHARE,
  findCheckpointEnd,
} from "../../src/domain/decide/checkpoint-age.js";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import { writePolicies } from "../../src/store/people/policies.js";
import { aDeclared, anObservation, aStatus } from "../support/domain-builders.js";
import { aPolicy, aRef, useDatabase } from "../support/store-rows.js";

const database = useDatabase();

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STATES = ["STARTED", "STOPPED", "FAILED", "CREATED"];
const WINDOWS = [undefined, DAY_MS];
const AGES = [null, HOUR_MS, 17 * HOUR_MS, 19 * HOUR_MS, 30 * HOUR_MS, 39 * DAY_MS, 50 * DAY_MS];

interface Case {
  readonly name: string;
  readonly state: string;
  readonly windowMs: number | undefined;
  readonly placeMs: number | null;
  readonly restMs: number | null;
}

const CASES: readonly Case[] = STATES.flatMap((state) =>
  WINDOWS.flatMap((windowMs) =>
    AGES.flatMap((placeMs) => AGES.map((restMs) => ({ state, windowMs, placeMs, restMs }))),
  ),
).map((one, index) => ({ ...one, name: `p-${String(index)}` }));

/** By the domain: some time before each of the two ends. */
function isExpiring({ state, windowMs, placeMs, restMs }: Case): boolean {
  const recovery = { ...DEFAULT_RECOVERY, ...(windowMs === undefined ? {} : { oplogWindowMs: windowMs }) };
  const status = aStatus({
    stateSince: restMs === null ? null : -restMs,
    position: placeMs === null ? null : { at: -placeMs, seenAt: 0 },
  });
  const observation = anObservation({ state });
  const kept = findCheckpointEnd({ declared: aDeclared(), status, observation });
  const both = findCheckpointEnd({ declared: aDeclared({ policy: { recovery } }), status, observation });
  const isForgottenSoon = kept !== undefined && kept.at < CHECKPOINT_KEPT_MS - CHECKPOINT_EXPIRING_MS;
  const oplogEnd = both?.by === "oplog" ? both.at : Infinity;
  return isForgottenSoon || oplogEnd < (1 - OPLOG_EXPIRING_SHARE) * (windowMs ?? 0);
}

it("lists exactly those, of what is declared and was seen", async () => {
  const { store } = database();
  const writes = CASES.map(({ name, windowMs }) => {
    const recovery = { ...DEFAULT_RECOVERY, ...(windowMs === undefined ? {} : { oplogWindowMs: windowMs }) };
    return { ref: aRef(name), before: undefined, after: aPolicy({ recovery }) };
  });
  await writePolicies(store, { author: "tester", writes, releasesBrake: false, intervalMs: HOUR_MS });
  await store.query(
    `insert into processor_status (project, workspace, processor, state, state_since, position)
     select $1, $2, c.name, c.state, headgate_now() - make_interval(secs => c."restMs" / 1000.0),
       case when c."placeMs" is not null
         then jsonb_build_object('at', to_ms(headgate_now()) - c."placeMs", 'seenAt', to_ms(headgate_now())) end
     from jsonb_to_recordset($3::jsonb) as c(name text, state text, "restMs" bigint, "placeMs" bigint)`,
    [aRef("p").project, aRef("p").workspace, JSON.stringify(CASES)],
  );
  const listed: string[] = [];
  for await (const rows of pageProcessors(database(), { conditions: ["expiring"] })) {
    listed.push(...rows.map(({ ref }) => ref.processor));
  }
  const expected = CASES.filter(isExpiring).map(({ name }) => name);
  expect([...listed].sort()).toEqual([...expected].sort());
  expect(expected.length).toBeGreaterThan(20);
});
