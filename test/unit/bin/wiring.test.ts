// What the programs make of a configuration before anything is connected: refusals with what to set, and which readings
// of Atlas's own count are written down.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findPackageRoot, readManifest, readVersion } from "../../../src/bin/package.js";
import { keepBudget, openAtlas } from "../../../src/bin/atlas-client.js";
import { readConfig, requireDatabaseUrl } from "../../../src/bin/wiring.js";
import { AppError } from "../../../src/base/errors.js";
import type { LogFields, Logger } from "../../../src/base/logger.js";
import type { RateLimitReading } from "../../../src/atlas/client.js";
import type { Store } from "../../../src/store/postgres/pool.js";

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("a refusal was expected");
}

it("needs credentials of any kind to ask Atlas, and says which variables hold them", () => {
  const refusal = refusalOf(() => openAtlas(readConfig({}), () => undefined));
  expect(refusal).toMatchObject({
    code: "config.invalid",
    message:
      "no credentials of Atlas: set MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or " +
      "MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or HEADGATE_CREDENTIALS_FILE",
  });
});

it("says of a database that is not named how to get one", () => {
  expect(refusalOf(() => requireDatabaseUrl(readConfig({})))).toMatchObject({
    code: "config.invalid",
    message:
      "DATABASE_URL is not set, and no stack of headgate dev runs in this folder (npm start starts one)",
  });
  const url = "postgres://headgate:secret@db/headgate";
  expect(requireDatabaseUrl(readConfig({ DATABASE_URL: url }))).toBe(url);
});

it("finds its own package and not the nearest one", () => {
  const root = findPackageRoot();
  expect(existsSync(join(root, "migrations"))).toBe(true);
  expect(readVersion()).toMatch(/^\d+\.\d+\.\d+/);
  expect(readManifest().engines.node).toMatch(/\d+/);
});

interface Kept {
  /** Statements that were sent. */
  readonly statements: number;
  readonly warnings: readonly (LogFields | undefined)[];
}

/** What a reading of Atlas's count makes a worker write, with a Postgres that answers or says no. */
async function keep(reading: Omit<RateLimitReading, "project">, isDown = false): Promise<Kept> {
  const warnings: (LogFields | undefined)[] = [];
  let statements = 0;
  const store = {
    query: () => {
      statements += 1;
      return isDown ? Promise.reject(new AppError("store.unavailable", "gone")) : Promise.resolve([]);
    },
  } as unknown as Store;
  const ignore = (): void => undefined;
  const log: Logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (_event, fields) => warnings.push(fields),
  };
  keepBudget(store, log)({ project: "32b6e34b3d91647abb20e7b8", ...reading });
  await new Promise(setImmediate);
  return { statements, warnings };
}

it.each([
  { reason: "nothing", reading: {}, isKept: false },
  { reason: "a limit alone", reading: { limit: 1_200 }, isKept: false },
  { reason: "a rest alone", reading: { remaining: 0 }, isKept: false },
  { reason: "all of the limit", reading: { limit: 1_200, remaining: 1_200 }, isKept: false },
  { reason: "half of the limit", reading: { limit: 1_200, remaining: 600 }, isKept: false },
  { reason: "a call less than half", reading: { limit: 1_200, remaining: 599 }, isKept: true },
  { reason: "nothing left", reading: { limit: 1_200, remaining: 0 }, isKept: true },
  { reason: "a 429", reading: { retryAfterMs: 25_000 }, isKept: true },
  { reason: "a 429 with much left", reading: { limit: 10, remaining: 9, retryAfterMs: 1_000 }, isKept: true },
])("writes down Atlas's count of $reason: $isKept", async ({ reading, isKept }) => {
  const { statements, warnings } = await keep(reading);
  expect(statements > 0).toBe(isKept);
  expect(warnings).toEqual([]);
});

it("tells of a count that could not be written, and of nothing else", async () => {
  const { warnings } = await keep({ retryAfterMs: 1_000 }, true);
  expect(warnings).toEqual([{ error: "gone" }]);
});
