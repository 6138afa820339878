// docs/performance.md and what the bench prints: results as tables, targets as verdicts.
import { readFileSync, writeFileSync } from "node:fs";
import { formatDocument } from "../scripts/format-document.js";
import { renderChart } from "./chart.js";
import type { DevResult } from "./dev.js";
import type { DuelResult } from "./duel.js";
import type { LooksResult } from "./looks.js";
import { BARE } from "./names.js";
import { toCpuMs, toRatio } from "./ratios.js";
import type { Measure } from "./ratios.js";
import type { BenchResults, BenchStamp } from "./results.js";
import type { SlotsResult } from "./slots.js";
import { showCount, showRatio, showSeconds, showSpread, toMarkdownTable, toSpread } from "./spread.js";
import { judgeTargets } from "./targets.js";

const ROWS: readonly (readonly [title: string, measure: Measure, show: (value: number) => string])[] = [
  ["wall, s", ({ wallMs }) => wallMs, showSeconds],
  ["CPU worker, s", ({ workerCpuMs }) => workerCpuMs, showSeconds],
  ["CPU server, s", ({ serverCpuMs }) => serverCpuMs, showSeconds],
  ["CPU Postgres, s", ({ postgresCpuMs }) => postgresCpuMs, showSeconds],
  ["peak memory, MiB", ({ peakMib }) => peakMib, showCount],
  ["calls to Atlas", ({ calls }) => calls, showCount],
  ["SQL statements", ({ statements }) => statements, showCount],
  ["history events", ({ events }) => events, showCount],
  ["history, KiB", ({ historyBytes }) => historyBytes / 1024, showCount],
];
const RATIOS: readonly (readonly [title: string, measure: Measure])[] = [
  ["wall to bare", ({ wallMs }) => wallMs],
  ["CPU worker to bare", ({ workerCpuMs }) => workerCpuMs],
  ["CPU of all to bare", toCpuMs],
];

/** A row for each measure, a column for each contender. */
export function toDuelTable({ spans }: DuelResult): string {
  const names = Object.keys(spans);
  return toMarkdownTable([
    ["", ...names],
    ...ROWS.map(([title, measure, show]) => [
      title,
      ...names.map((name) => showSpread(toSpread((spans[name] ?? []).flat().map(measure)), show)),
    ]),
    ...RATIOS.map(([title, measure]) => [
      title,
      ...names.map((name) => {
        const ratio = toRatio(spans, [name, BARE], measure);
        return ratio === undefined ? "" : showSpread(ratio, showRatio);
      }),
    ]),
  ]);
}

export function toSlotsTable({ ms }: SlotsResult): string {
  return toMarkdownTable([
    ["", "a tick, ms"],
    ...Object.entries(ms).map(([build, ticks]) => [build, showSpread(toSpread(ticks), showCount)]),
  ]);
}

export function toLooksTable({ rows }: LooksResult): string {
  return toMarkdownTable([
    ["", "processors", "SQL statements", "wall, s"],
    ...rows.map(({ command, fleet, statements, wallMs }) => [
      `\`${command}\``,
      showCount(fleet.processors),
      showCount(statements),
      showSpread(toSpread(wallMs), showSeconds),
    ]),
  ]);
}

export function toDevTable({ rows }: DevResult): string {
  return toMarkdownTable([
    ["", "build", "CPU s, itself", "CPU s, Postgres", "SQL statements"],
    ...rows.map(({ fleet, build, devCpuMs, postgresCpuMs, statements }) => [
      showCount(fleet.processors),
      build,
      showSeconds(devCpuMs),
      showSeconds(postgresCpuMs),
      showCount(statements),
    ]),
  ]);
}

function toTargetsTable(results: BenchResults): string {
  return toMarkdownTable([
    ["target", "at most", "measured", "reached"],
    ...judgeTargets(results).map(({ name, limit, measured, isReached }) => [
      name,
      limit,
      measured ?? "not measured",
      isReached === undefined ? "" : isReached ? "yes" : "**no**",
    ]),
  ]);
}

const toPlace = ({ on, machine }: BenchStamp): string => `${on}, ${machine}.`;

/** `bench/notes.md` is written by hand: why the numbers are as they are. */
export function renderPerformance(results: BenchResults): Promise<string> {
  const notes = readFileSync(new URL("./notes.md", import.meta.url), "utf8");
  const { duels, slots, looks, dev } = results;
  return formatDocument([
    INTRODUCTION,
    "",
    "## Targets",
    "",
    toTargetsTable(results),
    "",
    "![Wall time and CPU beside the bare script](performance.svg)",
    "",
    notes,
    "",
    ...Object.values(duels).flatMap((duel) => [
      `## ${duel.scenario.title}`,
      "",
      `\`npm run bench -- --scenario ${duel.scenario.name}\`: ${toTurns(duel)} ${toPlace(duel)}`,
      "",
      toDuelTable(duel),
      "",
      ...duel.faults.map(({ contender, fault }) => `- **${contender}**: ${fault}.`),
      "",
    ]),
    ...(slots === undefined
      ? []
      : [
          `## The last slot of ${showCount(slots.schedules)} restart schedules`,
          "",
          `\`npm run bench -- --scenario slots\`: ${String(slots.different)} different schedules. ${toPlace(slots)}`,
          "",
          toSlotsTable(slots),
          "",
        ]),
    ...(looks === undefined
      ? []
      : [
          "## Commands about one processor",
          "",
          `\`npm run bench -- --scenario looks\`: processes, started anew each time. ${toPlace(looks)}`,
          "",
          toLooksTable(looks),
          "",
        ]),
    ...(dev === undefined
      ? []
      : [
          "## A minute of headgate dev",
          "",
          `\`npm run bench -- --scenario dev\`: its worker passes once in the minute. ${toPlace(dev)}`,
          "",
          toDevTable(dev),
          "",
        ]),
  ]);
}

function toTurns({ scenario: { rounds, passes, act } }: DuelResult): string {
  const what = act === "pass" ? "measured passes" : "recovery";
  return `${String(rounds)} turns for each, with ${String(passes)} ${what} in a turn.`;
}

const INTRODUCTION = `# Performance

Made by \`npm run bench\`; the reasons are written by hand in \`bench/notes.md\`. \`npm run bench -- --quick\` runs all
of it with small fleets and writes nothing. It needs Linux, and nothing that \`npm ci\` does not bring.

What is compared, on one machine, one Postgres, one Temporal server and one simulated Atlas (\`headgate sim --fleet\`):

- **Headgate**: this tree, as it is built, with one worker.
- **bare script**: \`bench/scripts/bare.ts\`, the least that does the work: the same LISTs, 50 at once, the same
  comparison, one row written per workspace. It recovers by the same POSTs under the same caps. Nothing survives its
  end.
- **job queue**: \`bench/scripts/job-queue.ts\`, the same work for graphile-worker: a job per workspace and tick, a job
  per start.
- **8a86a5c**: Headgate before anything was done about speed.

How it is measured:

- They take turns, and another one is first in each round. A turn begins with a new process and a pass that is not
  measured. Numbers are medians of all spans, with their range. A ratio is that of the medians; its range is that of
  the rounds.
- A pass lasts from the trigger of the Schedule until its run has ended; a recovery from there until the last change
  has ended. The scripts take their own time, without the start of their process.
- CPU is read from \`/proc\` before and after, of all processes of Postgres, those that have ended included. The
  memory is the worker's or the script's at its peak.
- Calls are those in the simulator's log. Statements are those that \`pg_stat_statements\` counted for the contender's
  role, transaction control included. Events and bytes are what Temporal says of the runs; its own Schedule's are not
  among them.
- Postgres writes to the disk as it does by default. It is swept and checkpointed between the spans, not in them.
- No budget of calls binds: the simulated Atlas allows 500,000 calls a minute. A recovery runs under 50 starts at once
  per workspace and 2,000 per project; Headgate and the scripts use 128 connections.`;

/** Under docs/. */
export async function writePerformance(results: BenchResults): Promise<void> {
  writeFileSync(new URL("../docs/performance.md", import.meta.url), await renderPerformance(results));
  writeFileSync(new URL("../docs/performance.svg", import.meta.url), renderChart(results));
}
