// Servers of a test's own, which it may end as it likes and start again at their old address with their data kept.
// Judges nothing; whatever runs still after the test is ended, and the data are thrown away.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, inject } from "vitest";
import type { Child } from "../../src/dev/child.js";
import { dropPostgres, startPostgres } from "../../src/dev/postgres.js";
import { startTemporalServer } from "../../src/dev/temporal-server.js";
import { migrate } from "../../src/store/postgres/migrate.js";
import { openTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));

interface OwnServer {
  /** Sends it and waits until the server has gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** With its data; resolves when it answers. */
  start(): Promise<void>;
}

interface OwnTemporal extends OwnServer {
  /** With a namespace. */
  readonly variables: Readonly<Record<string, string>>;
}

interface OwnPostgres extends OwnServer {
  readonly database: TestDatabase;
}

export interface Servers {
  startTemporal(): Promise<OwnTemporal>;
  startPostgres(): Promise<OwnPostgres>;
}

/** For the tests of the file that calls this at its top, before whatever stands on the servers. */
export function useServers(): Servers {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  const own = async (open: (folder: string, port: number) => Promise<Child>): Promise<OwnServer> => {
    const folder = mkdtempSync(join(tmpdir(), "headgate-server-"));
    const port = await findQuietPort();
    let child = await open(folder, port);
    ends.push(async () => {
      await child.stop();
      dropPostgres(join(folder, "postgres"));
      rmSync(folder, { recursive: true, force: true });
    });
    return {
      end: async (signal) => {
        process.kill(child.record.pid, signal);
        await child.ended;
      },
      start: async () => {
        child = await open(folder, port);
      },
    };
  };
  return {
    startTemporal: async () => {
      let variables: Readonly<Record<string, string>> = {};
      const server = await own(async (folder, port) => {
        const started = await startOwnTemporal(folder, port);
        variables = started.variables;
        return started.child;
      });
      return { ...server, variables };
    },
    startPostgres: async () => {
      let databaseUrl = "";
      const server = await own(async (folder, port) => {
        const started = await startPostgres({ folder: join(folder, "postgres"), port });
        databaseUrl = started.databaseUrl;
        return started.child;
      });
      await migrate({ databaseUrl, folder: MIGRATIONS });
      return { ...server, database: await openTestDatabase(databaseUrl, () => Promise.resolve()) };
    },
  };
}

function startOwnTemporal(folder: string, port: number): ReturnType<typeof startTemporalServer> {
  return startTemporalServer({
    program: inject("temporalProgram"),
    namespaces: ["own"],
    port,
    databaseFile: join(folder, "temporal.db"),
    logFile: join(folder, "temporal.log"),
    profileFile: join(folder, "profile.toml"),
  });
}

/** Below the range outgoing connections take theirs from: nobody gets it by chance while its server is away. */
async function findQuietPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
