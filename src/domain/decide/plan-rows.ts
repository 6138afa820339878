// The rows of the decision table in words, for people who ask which of them decided: its two conditions, declared and
// observed, and what follows. The table itself is plan.ts; this says nothing that it does not do.

const MEANINGS: Readonly<Record<number, string>> = {
  1: "no complete look at Atlas, or the project is held: nothing is done",
  2: "no policy names it: unmanaged, nothing is done",
  3: "a change is running: nothing is planned beside it",
  4: "a change has just closed, or a call's fate is unknown: Atlas is looked at again first",
  5: "absent from Atlas's list: looked at again, then missing; never an action",
  6: "suspended: nothing is done",
  7: "in transition, or in a state Headgate does not know: waiting; never an action",
  8: "declared STOPPED and at rest: nothing is left to do",
  9: "mode observe: what would be done is recorded and not done",
  10: "parked under this version: nothing is done until somebody has looked",
  11: "not as declared, and the back-off is running: waiting",
  12: "declared STOPPED, but STARTED: stop",
  13: "declared STARTED, but at rest or FAILED: start",
  14: "STARTED on another tier than the declared one: restart",
  15: "STARTED, and a slot of its restart schedule is due: restart",
  16: "STARTED as declared: nothing is left to do",
};

/** What the row means. Throws where the table has no such row. */
export function describeRow(row: number): string {
  const meaning = MEANINGS[row];
  if (meaning === undefined) throw new Error(`the decision table has no row ${String(row)}`);
  return meaning;
}
