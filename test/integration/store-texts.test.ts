// Texts and Postgres: whatever a text holds it is taken, in text and in jsonb; and where Postgres refuses one all the
// same, what the worker knows is written without it, so that nothing is asked of Atlas a second time.
import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import type { Answer } from "../../src/domain/change/change.js";
import { ending } from "../../src/domain/change/change.js";
import type { FenceVerdict } from "../../src/domain/change/fence.js";
import { close } from "../../src/domain/change/outcome.js";
import { toNextMove } from "../../src/domain/change/posting.js";
import { readChange } from "../../src/store/rows/change-rows.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { listChanges, readStatuses } from "../../src/store/people/listings/listings.js";
import { toJson } from "../../src/store/postgres/parameters.js";
import { REFUSED_TEXT } from "../../src/store/change/refused-text.js";
import { toWellFormed } from "../../src/base/text.js";
import { aPolicy, aRef, aRequest, declare, opened, readJournal, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const POST: FenceVerdict = { kind: "post", options: { tier: "SP10" }, positionKey: null };
const ANSWER: Answer = {
  code: "atlas.rejected",
  status: 400,
  errorCode: "SOME_CODE",
  detail: "a text that nobody will take",
  isTransient: false,
};
/** As a database would that is of another encoding, or has a rule of its own. */
const REFUSALS = `
  alter table change_steps add check (coalesce(answer->>'detail', '') not like '%nobody will take%');
  alter table changes add check (coalesce(outcome_text, '') not like '%nobody will take%');
  alter table processor_status add check (coalesce(last_failure, '') not like '%nobody will take%')`;
let changeId = "";

beforeEach(async () => {
  const { store } = database();
  await declare(store, REF, aPolicy());
  changeId = (await opened(store, aRequest(REF), "run-1")).id;
  await fence(store, {
    runId: "run-1",
    ref: REF,
    step: "start",
    attempt: 1,
    horizonMs: 75_000,
    judge: () => POST,
  });
});

const record = async (answer: Answer): Promise<boolean> => {
  const answering = { changeId, ref: REF, step: "start", attempt: 1, fate: "refused", answer } as const;
  return (await recordAnswer(database().store, answering)) !== undefined;
};

it("stores any text, in a text, a list of texts and a document", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.constantFrom("\0", "\ud83d", "\ude00", "\u{1f600}", 'a\\u0000"\0'),
  );
  await fc.assert(
    fc.asyncProperty(text, async (told) => {
      const [row] = await database().store.query(
        "select $1::text as one, $2::text[] as many, $3::jsonb as document, length($1) as length",
        [told, [told, told], toJson({ told, list: [told] })],
      );
      const kept = toWellFormed(told);
      expect(row).toEqual({
        one: kept,
        many: [kept, kept],
        document: { told: kept, list: [kept] },
        length: Array.from(kept).length,
      });
    }),
    { numRuns: 300 },
  );
});

it.each(["NUL \0", "half \ud83d", "half \ude00 of a pair", `${"x".repeat(499)}\u{1f600}`])(
  "records an answer that holds %j",
  async (detail) => {
    expect(await record({ ...ANSWER, detail, errorCode: detail })).toBe(true);
    const found = await readChange(database().store, "run-1");
    expect(found?.steps).toMatchObject([
      { fate: "refused", answer: { status: 400, detail: toWellFormed(detail) } },
    ]);
  },
);

it("records fate and status of an answer whose text Postgres refuses, so that nothing is posted again", async () => {
  const { store } = database();
  for (const statement of REFUSALS.split(";")) await store.query(statement);
  expect(await record(ANSWER)).toBe(true);
  const found = await readChange(store, "run-1");
  expect(found?.steps).toMatchObject([
    {
      fate: "refused",
      answer: {
        code: "atlas.rejected",
        status: 400,
        errorCode: null,
        detail: REFUSED_TEXT,
        isTransient: false,
      },
    },
  ]);
  expect(toNextMove(found?.steps[0], false)).toMatchObject({ kind: "refused" });
  const [status] = (await readStatuses(store, [REF])).values();
  expect(status?.barredUntil).toBeNull();
});

it("closes a change whose ending Postgres refuses, and counts its attempt once", async () => {
  const { store } = database();
  await record(ANSWER);
  await store.query(`update change_steps set answer = answer || '{"detail": ""}'`);
  for (const statement of REFUSALS.split(";")) await store.query(statement);
  const failed = ending("failed", "atlas.rejected", "400: a text that nobody will take");
  const closing = {
    runId: "run-1",
    ref: REF,
    holdRecheckMs: 1_000,
    judge: (facts: Parameters<Parameters<typeof closeChangeRow>[1]["judge"]>[0]) => ({
      ...close({ ...facts, ending: failed, seen: null }),
      ending: failed,
    }),
  };
  const kept = { outcome: "failed", code: "atlas.rejected", text: REFUSED_TEXT };
  expect(await closeChangeRow(store, closing)).toMatchObject({ ending: kept });
  expect(await closeChangeRow(store, closing)).toMatchObject({ ending: kept });
  expect(await listChanges(store)).toMatchObject([{ outcome: "failed", outcomeText: REFUSED_TEXT }]);
  const [status] = (await readStatuses(store, [REF])).values();
  expect(status).toMatchObject({ attempts: 1, lastFailure: REFUSED_TEXT });
  expect(await readJournal(store, "change.closed")).toEqual([`start failed: ${REFUSED_TEXT}`]);
});

it("does not take another refusal for one of the text", async () => {
  const { store } = database();
  await store.query(
    "alter table change_steps add constraint no_refusals check (fate is distinct from 'refused')",
  );
  await expect(record(ANSWER)).rejects.toThrow(/no_refusals/);
});
