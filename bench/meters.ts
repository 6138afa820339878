// What a span of work has cost: calls, statements, history, CPU, memory, time. Read before and behind it, never in it.
import type { BenchCalls } from "./atlas.js";
import type { History } from "./histories.js";
import type { BenchStack } from "./stack.js";
import { readCpuMs, readPeakMib } from "./usage.js";

/** A contender, ready to work. */
export interface BenchSession {
  /** Of its process. */
  readonly pid: number;
  readonly database: string;
  /** Of Temporal, for what was begun since; absent: it uses none. */
  readonly readHistory?: (since: Date) => Promise<History>;
}

export interface BenchSpan {
  readonly wallMs: number;
  readonly calls: number;
  readonly callsByOperation: BenchCalls["byOperation"];
  /** Statements of its role in its database, transaction control included (pg_stat_statements). */
  readonly statements: number;
  readonly events: number;
  readonly historyBytes: number;
  readonly runs: number;
  readonly failedBatches: number;
  readonly workerCpuMs: number;
  readonly serverCpuMs: number;
  readonly postgresCpuMs: number;
  readonly atlasCpuMs: number;
  /** Of the worker's process, since it began. */
  readonly peakMib: number;
}

const NO_HISTORY: History = { runs: 0, events: 0, bytes: 0, failedBatches: 0 };

/** `act` answers its wall time, or nothing: then it is taken here. */
export async function measureSpan(
  stack: BenchStack,
  session: BenchSession,
  act: () => Promise<number>,
): Promise<{ readonly span: BenchSpan; readonly calls: BenchCalls }> {
  const { atlas, postgres, temporal } = stack;
  const pids = [session.pid, temporal, postgres, atlas.child].map((one) =>
    typeof one === "number" ? one : one.record.pid,
  );
  const readAll = (): readonly number[] => pids.map(readCpuMs);
  const mark = atlas.mark();
  const since = new Date();
  const statementsBefore = await countStatements(stack, session.database);
  const cpuBefore = readAll();
  const wallMs = await act();
  const cpu = readAll().map((ms, index) => ms - (cpuBefore[index] ?? 0));
  const statements = (await countStatements(stack, session.database)) - statementsBefore;
  const calls = await atlas.countSince(mark);
  const history = (await session.readHistory?.(since)) ?? NO_HISTORY;
  const [workerCpuMs = 0, serverCpuMs = 0, postgresCpuMs = 0, atlasCpuMs = 0] = cpu;
  const span = {
    wallMs,
    calls: Object.values(calls.byOperation).reduce((total, count) => total + count, 0),
    callsByOperation: calls.byOperation,
    statements,
    events: history.events,
    historyBytes: history.bytes,
    runs: history.runs,
    failedBatches: history.failedBatches,
    workerCpuMs,
    serverCpuMs: session.readHistory === undefined ? 0 : serverCpuMs,
    postgresCpuMs,
    atlasCpuMs,
    peakMib: readPeakMib(session.pid),
  };
  return { span, calls };
}

/** All so far that contenders sent to that database. */
export async function countStatements({ admin }: BenchStack, database: string): Promise<number> {
  const [row] = await admin.query<{ calls: number }>(
    `select coalesce(sum(s.calls), 0)::bigint as calls from pg_stat_statements s
     join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.userid
     where d.datname = $1 and r.rolname <> current_user`,
    [database],
  );
  return row?.calls ?? 0;
}
