// No credential anywhere it could be read (I6): starts that succeed, are refused, time out or are answered by a gateway
// that quotes the request's credentials, and then a search of every history, every table, the log and the command line.
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { meets } from "../support/changes.js";
import { takeNumber } from "../support/database.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { findLeaks, readHistories, readTables, toCarried, toDigestKey, toForms } from "../support/secrets.js";
import { openWay } from "../support/way-to-atlas.js";
import type { WayToAtlas } from "../support/way-to-atlas.js";
import { useWorkers } from "../support/worker-process.js";

const CANARIES = {
  clientId: "canary-client-4d1b",
  clientSecret: "canary-of-the-client-97c2d0f1",
  publicKey: "canarykey",
  privateKey: "canary-of-the-key-50e8a3b6",
};
const PASSWORD = "canary-of-the-database-2f6b91";
const FEED_PASSWORD = "canary-of-a-connection-c3d7";
const SECRETS = {
  "client secret": CANARIES.clientSecret,
  "private key": CANARIES.privateKey,
  "digest key": toDigestKey(CANARIES.publicKey, CANARIES.privateKey),
  "database password": PASSWORD,
  "connection password": FEED_PASSWORD,
};
const DENIED = "aaaaaaaaaaaaaaaaaaaaaaaa";
const UNSEEN = "bbbbbbbbbbbbbbbbbbbbbbbb";

const quoting = (status: number, quotes: string, as = "detail"): object => ({
  kind: "echo",
  status,
  quotes,
  as,
});
const anyIn = (project: string, operation: string, what: object): object => ({
  when: { project, operation },
  what,
});

const FAULTS = [
  { when: { operation: "token", to: 2 }, what: quoting(500, "credential") },
  { when: { operation: "token", nth: 3 }, what: quoting(500, "header") },
  { when: { operation: "token", nth: 4 }, what: quoting(200, "credential", "text") },
  meets("startWith", { workspace: "refused" }, quoting(400, "header")),
  meets("startWith", { workspace: "bare" }, quoting(400, "credential")),
  meets("startWith", { workspace: "garbled" }, quoting(200, "credential", "text")),
  meets("startWith", { workspace: "gateway" }, quoting(502, "header")),
  meets("startWith", { workspace: "slow" }, { kind: "hang" }),
  meets("get", { workspace: "slow" }, quoting(500, "credential")),
  meets("list", { workspace: "slow" }, quoting(200, "header", "text")),
  anyIn(DENIED, "startWith", quoting(401, "header")),
  anyIn(UNSEEN, "list", quoting(401, "credential")),
];
/** Workspace -> how its first change ends. */
const ENDINGS = {
  fine: "succeeded",
  refused: "failed",
  bare: "failed",
  garbled: "succeeded",
  gateway: "succeeded",
  slow: "succeeded",
};

let loop: TestLoop;
let way: WayToAtlas;
afterEach(async () => {
  await loop.stop();
  await way.close();
});
const startWorker = useWorkers();

const CREDENTIALS = [
  {
    kind: "a service account",
    variables: {
      MONGODB_ATLAS_CLIENT_ID: CANARIES.clientId,
      MONGODB_ATLAS_CLIENT_SECRET: CANARIES.clientSecret,
    },
    carries: "client secret",
  },
  {
    kind: "an API key",
    variables: {
      MONGODB_ATLAS_CLIENT_ID: "",
      MONGODB_ATLAS_CLIENT_SECRET: "",
      MONGODB_ATLAS_PUBLIC_API_KEY: CANARIES.publicKey,
      MONGODB_ATLAS_PRIVATE_API_KEY: CANARIES.privateKey,
    },
    carries: "Digest",
  },
];

/** A fleet in three projects; one processor has FAILED with a text that holds a credential of its owner's. */
async function startFleet(): Promise<void> {
  const failed = { state: "FAILED", errorMsg: `no route to mongodb://feed:${FEED_PASSWORD}@db.internal` };
  const others = Object.keys(ENDINGS).filter((name) => name !== "fine");
  const fleets = [
    aFleet({ fine: { p: failed }, ...Object.fromEntries(others.map((name) => [name, { p: "CREATED" }])) }),
    aFleet({ denied: { p: "CREATED" } }, DENIED),
    aFleet({ unseen: { p: "CREATED" } }, UNSEEN),
  ];
  loop = await startLoop({
    simulator: {
      credentials: CANARIES,
      settings: buildSettings(["errorMsg.shown=true"]),
      populate: (world, now) => {
        for (const populate of fleets) populate(world, now);
      },
      faults: FAULTS,
    },
    settings: { intervalMs: 2_000 },
  });
  way = await openWay(loop.simulator.url);
}

/** A role whose password is a canary; everything else as in the loop's own URL. */
async function createRole(): Promise<{ readonly role: string; readonly databaseUrl: string }> {
  const role = `canary_${String(await takeNumber())}`;
  await loop.database.store.query(`create role ${role} login superuser password '${PASSWORD}'`);
  const url = new URL(loop.database.databaseUrl);
  url.username = role;
  url.password = PASSWORD;
  return { role, databaseUrl: url.href };
}

async function declareAll(): Promise<void> {
  const places = [
    ...Object.keys(ENDINGS).map((workspace) => [PROJECT, workspace]),
    [DENIED, "denied"],
    [UNSEEN, "unseen"],
  ];
  for (const [project = "", workspace = ""] of places) {
    const text = `{ project: ${project}, workspace: ${workspace}, processors: { p: { state: STARTED } } }`;
    await applyText(loop.app, text);
  }
}

/** How the first change of each workspace ended, once all have and both other projects are held. */
function untilAllSeen(): Promise<Readonly<Record<string, string>>> {
  const { store } = loop.database;
  return until(async () => {
    const changes = await listChanges(store);
    const firsts = Object.keys(ENDINGS).map((name) => {
      const first = changes.findLast(({ ref }) => ref.workspace === name);
      return [name, first?.outcome ?? null] as const;
    });
    const held = await store.query("select from projects where held_why is not null");
    const areSeen = firsts.every(([, outcome]) => outcome !== null) && held.length === 2;
    return areSeen ? (Object.fromEntries(firsts) as Record<string, string>) : undefined;
  });
}

it.each(CREDENTIALS)("keeps the credentials of $kind to itself", async ({ variables, carries }) => {
  await startFleet();
  const { role, databaseUrl } = await createRole();
  const worker = await startWorker({
    ...loop.variables,
    ...variables,
    DATABASE_URL: databaseUrl,
    MONGODB_ATLAS_BASE_URL: way.url,
  });
  await declareAll();
  expect(await untilAllSeen()).toEqual(ENDINGS);
  const { store } = loop.database;
  const sessions = await store.query("select from pg_stat_activity where usename = $1", [role]);
  const commandLine = readFileSync(`/proc/${String(worker.pid)}/cmdline`, "utf8");
  worker.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
  await store.query(`drop role ${role}`);
  const told = { histories: await readHistories(loop), tables: await readTables(loop), log: worker.log() };
  const sent = way.authorizations();
  const forms = toForms({ ...SECRETS, ...toCarried(sent) });
  expect(findLeaks({ ...told, "command line": commandLine }, forms)).toEqual([]);
  // All of it was in use, the search finds what is there, and everywhere there was something to find.
  expect(findLeaks({ sent: sent.join("\n") }, forms).join("\n")).toContain(carries);
  expect(sessions.length).toBeGreaterThan(0);
  const starts = loop.simulator.log().filter(({ operation }) => operation === "startWith");
  expect(starts.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  for (const text of Object.values(told)) expect(text).toMatch(/Not with .*\[redacted\]/);
});
