// Requests as fast as they are answered, over so many connections for so long: what came on standard input says where
// to, as JSON. Prints requests a second. It reads no body, so that it costs less than whom it asks.
import { readFileSync } from "node:fs";
import { Pool } from "undici";

interface Load {
  readonly url: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly spanMs: number;
}

const load = JSON.parse(readFileSync(0, "utf8")) as Load;
const pool = new Pool(load.url, { connections: load.connections });
const begun = performance.now();
let asked = 0;
let answered = 0;

async function ask(): Promise<void> {
  while (performance.now() - begun < load.spanMs) {
    const path = load.paths[asked % load.paths.length] ?? "/";
    asked += 1;
    const { statusCode, body } = await pool.request({ method: "GET", path, headers: load.headers });
    // Anything that is not finite means 128 KiB to it (undici 7.30.2), and past that it ends the connection.
    await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    if (statusCode !== 200) throw new Error(`${path} answered ${String(statusCode)}`);
    answered += 1;
  }
}

await Promise.all(Array.from({ length: load.connections }, ask));
process.stdout.write(`${String((answered * 1_000) / (performance.now() - begun))}\n`);
await pool.close();
