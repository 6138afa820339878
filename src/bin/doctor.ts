// The wiring of `headgate doctor`: what there is to examine, opened piece by piece, so that one that fails hides no
// other. Nothing is connected to here. Whatever was opened is closed, also if the examination throws.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { examine } from "../app/doctor/doctor.js";
import type { OpenPatient } from "../app/doctor/doctor.js";
import type { CheckFinding } from "../app/doctor/checks.js";
import type { Environment } from "../config/environment.js";
import { createLogger } from "../base/logger.js";
import { toPostgresTarget } from "../store/postgres/errors.js";
import { openStore } from "../store/postgres/pool.js";
import type { Store } from "../store/postgres/pool.js";
import { connectClient } from "../temporal/connection.js";
import type { TemporalClient } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { findPackageRoot, readManifest } from "./package.js";
import { keepBudget, openAtlas, toAtlasReach } from "./atlas-client.js";
import { readConfig, requireDatabaseUrl } from "./wiring.js";

/** A lock that holds one statement must not hold the rest. */
const STATEMENT_TIMEOUT_MS = 5_000;

export async function runDoctor(env: Environment): Promise<readonly CheckFinding[]> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await examine({
      node: { version: process.versions.node, wanted: readManifest().engines.node },
      open: () => openPatient(env, closers),
    });
  } finally {
    // What does not close says nothing about the patient.
    await Promise.allSettled(closers.map((close) => close()));
  }
}

/** Throws `config.invalid` for a wrong variable or a wrong Temporal profile, with all that is wrong in it. */
function openPatient(env: Environment, closers: (() => Promise<void>)[]): OpenPatient {
  const config = readConfig(env);
  const { settings, atlas } = config;
  const log = createLogger(config.logLevel);
  const profile = loadTemporalProfile(env);
  // Five at once: Postgres and Temporal are examined side by side, and projects of Atlas too.
  const store = once((): Store => {
    const opened = openStore({
      databaseUrl: requireDatabaseUrl(config),
      max: 5,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    closers.push(() => opened.close());
    return opened;
  });
  // No claim: a doctor must not make a new database belong to an Atlas.
  const access = once(() => {
    const client = openAtlas(config, keepBudget(store(), log));
    closers.push(() => client.close());
    return { client, ...toAtlasReach(config) };
  });
  return {
    settings,
    log,
    database: {
      address: toPostgresTarget(config.databaseUrl?.reveal() ?? "", 0).address,
      migrations: listMigrations(),
    },
    store,
    temporal: {
      address: profile.address,
      namespace: profile.namespace,
      connect: once(async (): Promise<TemporalClient> => {
        const temporal = await connectClient(profile);
        closers.push(() => temporal.close());
        return temporal;
      }),
    },
    atlas: {
      address: atlas.baseUrl,
      name: atlas.name,
      projects: [...atlas.byProject.keys()],
      access: () => Promise.resolve(access()),
    },
    server: { url: config.serverUrl },
  };
}

/** The same at every call; one that threw is tried again. A promise that rejects is kept: both askers hear of it. */
function once<Value extends object>(open: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= open());
}

/** Of this package, in order, by the names that the table of applied ones holds. */
function listMigrations(): readonly string[] {
  return readdirSync(join(findPackageRoot(), "migrations"))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(/\.sql$/, ""))
    .sort();
}
