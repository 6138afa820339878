// What processes have used, from /proc. Linux only.
import { readFileSync, readdirSync } from "node:fs";

/** The kernel counts CPU in ticks of 10 ms for programs, whatever its own clock. */
const MS_PER_TICK = 10;

interface Stat {
  readonly parent: number;
  /** In user and in kernel mode. */
  readonly ownTicks: number;
  /** With those of children that have ended and that it has waited for. */
  readonly ticks: number;
}

/**
 * CPU in milliseconds of a process and all below it. Postgres's backends come and go: what a child used that has ended
 * stands in its parent, once that has waited for it, so nothing is lost between two readings.
 */
export function readCpuMs(root: number): number {
  const stats = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const stat = readStat(name);
        return stat === undefined ? [] : [[Number(name), stat] as const];
      }),
  );
  const sum = (pid: number): number =>
    [...stats]
      .filter(([, { parent }]) => parent === pid)
      .reduce((total, [child]) => total + sum(child), stats.get(pid)?.ticks ?? 0);
  return sum(root) * MS_PER_TICK;
}

/** Of a process without those below it. */
export function readOwnCpuMs(pid: number): number {
  return (readStat(String(pid))?.ownTicks ?? 0) * MS_PER_TICK;
}

/** The most memory a process has ever had, in MiB; what is below it is not counted. */
export function readPeakMib(pid: number): number {
  const [, kib = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

function readStat(pid: string): Stat | undefined {
  try {
    // The program's name, in brackets, may hold anything: fields are counted behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").map(Number) ?? [];
    const [, parent = 0] = fields;
    const [user = 0, system = 0, userOfChildren = 0, systemOfChildren = 0] = fields.slice(11, 15);
    const ownTicks = user + system;
    return { parent, ownTicks, ticks: ownTicks + userOfChildren + systemOfChildren };
  } catch {
    // It ended between the two readings.
    return undefined;
  }
}
