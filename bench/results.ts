// What a run of the bench has found, as it is kept in bench/results.json: docs/performance.md is made of it. A run of
// one scenario replaces that one alone.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { format } from "prettier";
import type { DevResult } from "./dev.js";
import type { DuelResult } from "./duel.js";
import type { LooksResult } from "./looks.js";
import type { SlotsResult } from "./slots.js";

/** Where and when. */
export interface BenchStamp {
  readonly on: string;
  readonly machine: string;
}

type Stamped<Result> = Result & BenchStamp;

export interface BenchResults {
  readonly duels: Readonly<Record<string, Stamped<DuelResult>>>;
  readonly slots?: Stamped<SlotsResult>;
  readonly looks?: Stamped<LooksResult>;
  readonly dev?: Stamped<DevResult>;
}

export function toStamp(): BenchStamp {
  const [cpu] = cpus();
  const gib = String(Math.round(totalmem() / 1024 ** 3));
  return {
    on: new Date().toISOString().slice(0, 10),
    machine: `${String(cpus().length)} cores (${cpu?.model ?? "unknown"}), ${gib} GiB, Node ${process.version}`,
  };
}

const FILE = new URL("./results.json", import.meta.url);

export function readResults(): BenchResults {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as BenchResults) : { duels: {} };
}

export async function writeResults(results: BenchResults): Promise<void> {
  writeFileSync(FILE, await format(JSON.stringify(results), { parser: "json", printWidth: 110 }));
}
