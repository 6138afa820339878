// The fleet in figures, for metrics: how many processors are in each condition of a listing, how long they have
// drifted, and what is left of the budgets. One statement, a read, that holds nobody up. It reads each processor's row
// once and sends back one, so it is for once a minute and not for every scrape.
import { CLASS_NAMES } from "../domain/failure-classes.js";
import type { FailureClass } from "../domain/failure-classes.js";
import type { Condition } from "../domain/tell/listing.js";
import { LEFT_NOW } from "./pass/budgets.js";
import { PROCESSORS, PROCESSORS_FROM } from "./people/listings/listed-processors.js";
import type { Db } from "./postgres/pool.js";

interface Drift {
  /** Over all that drift now. */
  readonly seconds: number;
  readonly longestSeconds: number;
}

export interface FleetFigures {
  readonly conditions: Readonly<Record<Condition<"processors">, number>>;
  /** Of all that have failed. */
  readonly failures: Readonly<Record<FailureClass, number>>;
  readonly drift: Readonly<Record<keyof typeof CLASSES, Drift>>;
  /** Of every project that calls were made to; `lowest` is null without one. */
  readonly budget: { readonly calls: number; readonly lowest: number | null };
  readonly openChanges: number;
  readonly heldProjects: number;
  readonly notices: { readonly pending: number; readonly lost: number };
}

/** A processor's class by its policy; what nobody declares has none. */
const CLASSES = {
  started: "p.mode = 'enforce' and p.state = 'STARTED'",
  stopped: "p.mode = 'enforce' and p.state = 'STOPPED'",
  observed: "p.mode = 'observe'",
} as const;

/** Of one that drifts; the clock's time is one for the whole statement. */
const DRIFTED = "greatest(extract(epoch from clock.now - s.drift_since), 0)";

/** A JSON object of SQL expressions. */
const toObject = (fields: Readonly<Record<string, string>>, toValue: (sql: string) => string): string =>
  `jsonb_build_object(${Object.entries(fields)
    .map(([name, sql]) => `'${name}', ${toValue(sql)}`)
    .join(", ")})`;

const OF_CLASS = Object.fromEntries(CLASS_NAMES.map((name) => [name, `s.failure_class = '${name}'`]));

const countWhere = (condition: string): string => `count(*) filter (where ${condition})`;
const driftWhere = (condition: string): string =>
  `jsonb_build_object('seconds', coalesce(sum(${DRIFTED}) filter (where ${condition}), 0),
    'longestSeconds', coalesce(max(${DRIFTED}) filter (where ${condition}), 0))`;

const FIGURES = `
select ${toObject(PROCESSORS.conditions, countWhere)} as conditions, ${toObject(OF_CLASS, countWhere)} as failures,
  ${toObject(CLASSES, driftWhere)} as drift,
  (select jsonb_build_object('calls', coalesce(sum(${LEFT_NOW}), 0), 'lowest', min(${LEFT_NOW}))
   from call_budgets b) as budget,
  (select count(*) from changes where closed_at is null) as "openChanges",
  (select count(*) from projects where held_why is not null) as "heldProjects",
  (select jsonb_build_object('pending', count(*) filter (where n.outcome is null),
      'lost', count(*) filter (where n.outcome in ('refused', 'given-up') and n.ended_at > headgate_now() - interval '1 day'))
   from notifications n) as notices
from (select headgate_now() as now) clock, ${PROCESSORS_FROM}`;

/** One row also of an empty installation. Throws `store.unavailable`. */
export async function readFigures(db: Db): Promise<FleetFigures> {
  const [figures] = await db.query<FleetFigures>(FIGURES);
  if (figures === undefined) throw new Error("the query answers one row");
  return figures;
}
