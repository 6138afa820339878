// PgBouncer in transaction mode in front of a Postgres: what a connection string often names. A session is somebody
// else's between two transactions there, and a connection that asks for a parameter it does not know is refused.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../src/dev/port.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { until } from "./fleets.js";

export interface Pooler {
  /** The same database, by it. */
  readonly url: string;
  close(): Promise<void>;
}

/** Undefined where the program is not installed. */
export async function startPooler(databaseUrl: string, size: number): Promise<Pooler | undefined> {
  if (!isInstalled()) return undefined;
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  const folder = mkdtempSync(join(tmpdir(), "headgate-pooler-"));
  const listen = await findFreePort();
  writeFileSync(join(folder, "users"), `"${username}" "${password}"\n`);
  writeFileSync(
    join(folder, "config"),
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(listen)}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, "users")}
pool_mode = transaction
default_pool_size = ${String(size)}
`,
  );
  chmodSync(folder, 0o755);
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn("pgbouncer", ["-q", ...asUser, join(folder, "config")], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(listen);
  await until(() => answers(url.href));
  return {
    url: url.href,
    close: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function isInstalled(): boolean {
  try {
    execFileSync("pgbouncer", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write("SKIPPED: pgbouncer is not installed\n");
    return false;
  }
}

async function answers(databaseUrl: string): Promise<true | undefined> {
  const store = openStore({ databaseUrl, max: 1 });
  try {
    await store.query("select 1");
    return true;
  } catch {
    return undefined;
  } finally {
    await store.close();
  }
}
