// Two attempts of one step alive at once: the old one's answer and the new one's fence meet on the same rows, again and
// again. They lock in one order, so neither is ever ended by a deadlock: the answer least of all.
import { beforeEach, expect, it } from "vitest";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import { storePass } from "../../src/store/pass/passes.js";
import { claimNamed } from "../../src/store/pass/leases.js";
import { requestCancel } from "../../src/store/people/commands.js";
import { aPass, anObservation } from "../support/passes.js";
import { ORDERS, aPolicy, aRef, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const ROUNDS = 300;
let changeId = "";

beforeEach(async () => {
  await declare(database().store, REF, aPolicy());
  changeId = (await opened(database().store, aRequest(REF, { kind: "restart" }), "run-1")).id;
});

const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;

it("an answer is never the victim of a deadlock with the next attempt's fence, in 300 meetings", async () => {
  const { store } = database();
  const pass = async (): Promise<unknown> => {
    const {
      claims: [claim],
    } = await claimNamed(store, { owner: "a", leaseMs: 5, refs: [ORDERS] });
    return (
      claim && storePass(store, { ...(await aPass(store, claim, [anObservation("p")])), endsHold: true })
    );
  };
  const failures: unknown[] = [];
  for (let attempt = 1; attempt <= ROUNDS; attempt += 1) {
    const meeting = [
      fence(store, { runId: "run-1", ref: REF, step: "start", attempt, horizonMs: 1, judge }),
      recordAnswer(store, {
        changeId,
        ref: REF,
        step: "start",
        attempt: attempt - 1,
        fate: attempt % 2 === 0 ? "applied" : "unknown",
        answer: null,
      }),
      ...(attempt % 10 === 0 ? [pass(), requestCancel(store, changeId, "ana")] : []),
    ];
    const settled = await Promise.allSettled(meeting);
    failures.push(...settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : [])));
  }
  expect(failures).toEqual([]);
});
