// The outbox of a test: a database with channels to the test's own receivers, lines of the journal that word goes out
// of, and a look at what has become of it. Time passes when a test says so.
import { deliverNotices, openOutbox } from "../../src/app/notices/deliver.js";
import type { DeliveryDeps } from "../../src/app/notices/deliver.js";
import type { LogFields, Logger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { GATHER_MS, NOTICE_KINDS } from "../../src/domain/tell/notices.js";
import type { NoticeKind } from "../../src/domain/tell/notices.js";
import type { Channel } from "../../src/notify/channel.js";
import type { Db } from "../../src/store/postgres/pool.js";
import { writeJournal } from "../../src/store/rows/journal.js";
import type { JournalLine } from "../../src/store/rows/journal.js";
import type { TestDatabase } from "./database.js";
import { PROJECT } from "./fleets.js";

export interface TestOutbox {
  readonly deps: DeliveryDeps;
  /** One look, after what was just written has waited for its like. */
  readonly deliver: () => Promise<void>;
  readonly advance: (ms: number) => Promise<void>;
  /** `event: fields` of every line of the log. */
  readonly log: readonly string[];
}

export async function openTestOutbox(
  database: TestDatabase,
  channels: readonly Channel[],
  events: readonly NoticeKind[] = NOTICE_KINDS,
): Promise<TestOutbox> {
  const { store } = database;
  const lines: string[] = [];
  const note = (event: string, fields: LogFields = {}): void =>
    void lines.push(`${event} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  const deps = { store, channels, log, metrics: NO_METRICS };
  await store.query("update installation_names set id = '0000000a'");
  await openOutbox({ store, channels }, events);
  return {
    deps,
    deliver: async () => {
      await database.advance(GATHER_MS);
      await deliverNotices(deps);
    },
    advance: (ms) => database.advance(ms),
    log: lines,
  };
}

/** One line of the journal that each of these processors was parked. */
export async function park(
  db: Db,
  processors: readonly string[],
  text = "30 attempts failed",
): Promise<void> {
  const line = {
    project: PROJECT,
    workspace: "orders",
    kind: "processor.parked",
    actor: "headgate",
  } as const;
  await writeJournal(
    db,
    processors.map((processor): JournalLine => ({ ...line, processor, text })),
  );
}

export interface NoticeRow {
  readonly kind: string;
  readonly processor: string | null;
  readonly outcome: string | null;
  readonly attempts: number;
  readonly error: string | null;
}

export function readNotices(db: Db): Promise<readonly NoticeRow[]> {
  return db.query<NoticeRow>(
    "select kind, processor, outcome, attempts, error from notifications order by line, channel",
  );
}
