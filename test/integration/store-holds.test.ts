// A held project: which call ends its hold, what a failing LIST makes of it, and who may look at it before its
// re-check.
import { beforeEach, expect, it } from "vitest";
import type { Answer, Ending, StepName } from "../../src/domain/change/change.js";
import { close } from "../../src/domain/change/outcome.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { fence, recordAnswer } from "../../src/store/change/fences.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { claimForLook, claimNamed } from "../../src/store/pass/leases.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { storeFailedPass, storePass } from "../../src/store/pass/passes.js";
import { aPass } from "../support/passes.js";
import {
  ORDERS,
  aPolicy,
  aRef,
  aRequest,
  declare,
  opened,
  readJournal,
  useDatabase,
} from "../support/store-rows.js";

const database = useDatabase();
const { leaseMs, pollMs, holdRecheckMs } = DEFAULT_SETTINGS;
const OTHER = { ...ORDERS, workspace: "other" };
const HOLD = { why: "403: no access", recheckMs: holdRecheckMs };

beforeEach(async () => {
  for (const workspace of [ORDERS, OTHER]) await declare(database().store, aRef("p", workspace), aPolicy());
});

const denial = (status: number): Answer => ({
  code: "atlas.denied",
  status,
  errorCode: "NO",
  detail: "no",
  isTransient: false,
});

/** A person's change of one step, up to its answer; what closes it. */
async function post(
  processor: string,
  { step = "start", denied }: { readonly step?: StepName; readonly denied?: number } = {},
): Promise<() => Promise<void>> {
  const { store } = database();
  const ref = aRef(processor);
  const change = await opened(
    store,
    aRequest(ref, { requestedBy: "person", policyVersion: null }),
    processor,
  );
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  await fence(store, { runId: processor, ref, step, attempt: 1, horizonMs: 75_000, judge });
  const answered =
    denied === undefined
      ? ({ fate: "applied", answer: null } as const)
      : ({ fate: "refused", answer: denial(denied) } as const);
  await recordAnswer(store, { changeId: change.id, ref, step, attempt: 1, ...answered });
  const ending: Ending = {
    outcome: denied === undefined ? "succeeded" : "failed",
    code: denied === undefined ? "done" : "atlas.denied",
    text: "",
  };
  return async () => {
    await closeChangeRow(store, {
      runId: processor,
      ref,
      holdRecheckMs,
      judge: (facts) => ({ ...close({ ...facts, ending, seen: null }), ending }),
    });
  };
}

const postAndClose = async (...what: Parameters<typeof post>): Promise<void> => (await post(...what))();

async function claimOne(ref = ORDERS): Promise<Claim> {
  const [claim] = (await claimNamed(database().store, { owner: "a", leaseMs, refs: [ref] })).claims;
  if (claim === undefined) throw new Error("somebody else holds its lease");
  return claim;
}

const failDenied = async (claim: Claim): Promise<void> =>
  storeFailedPass(database().store, { claim, error: "atlas.denied: 403", hold: HOLD });

async function readHold(): Promise<{ readonly by: string | null; readonly why: string | null } | undefined> {
  const [hold] = await database().store.query<{ by: string | null; why: string | null }>(
    "select held_by as by, held_why as why from projects",
  );
  return hold;
}

it("a person's stop does not end a hold for want of payment; a start that passes does", async () => {
  await postAndClose("p", { denied: 402 });
  await postAndClose("q", { step: "stop" });
  expect(await readHold()).toEqual({ by: "post", why: "402: no" });
  await postAndClose("r");
  expect(await readHold()).toEqual({ by: null, why: null });
});

it("a start that was fenced before the hold began does not end it when it closes", async () => {
  const closeOld = await post("old");
  await database().advance(1_000);
  await postAndClose("p", { denied: 403 });
  await closeOld();
  expect(await readHold()).toMatchObject({ by: "post" });
});

it("a LIST that fails does not turn a hold by a POST into one that any LIST ends", async () => {
  await postAndClose("p", { denied: 402 });
  await failDenied(await claimOne());
  expect(await readHold()).toEqual({ by: "post", why: "402: no" });
});

it("a LIST sent before a hold by another LIST began does not end that hold", async () => {
  const { store } = database();
  const early = await aPass(store, await claimOne(ORDERS));
  await database().advance(1);
  await failDenied(await claimOne(OTHER));
  await storePass(store, { ...early, endsHold: true });
  expect(await readHold()).toMatchObject({ by: "list" });
  await storePass(store, { ...(await aPass(store, await claimOne(ORDERS))), endsHold: true });
  expect(await readHold()).toMatchObject({ by: null });
  expect(await readJournal(store, "project.released")).toEqual(["a complete look passed"]);
});

const look = (askedAt: number | null = null): Promise<Claim | undefined> =>
  claimForLook(database().store, { ref: ORDERS, owner: "w", leaseMs, pollMs, askedAt });

it("a held project is not LISTed at every poll: a waiting change looks at the re-check", async () => {
  await failDenied(await claimOne());
  await database().advance(holdRecheckMs - pollMs);
  expect(await look()).toBeUndefined();
  await database().advance(pollMs + 1);
  expect(await look()).toBeDefined();
});

it("a person who asks of a held project is given one look of their own", async () => {
  await failDenied(await claimOne());
  await database().advance(pollMs + 1);
  const askedAt = await readClock(database().store);
  const own = await look(askedAt);
  if (own === undefined) throw new Error("nobody has looked for them yet");
  await failDenied(own);
  await database().advance(pollMs + 1);
  expect(await look(askedAt)).toBeUndefined();
});

it("a project held by a POST is LISTed for its waiting changes as long as its LISTs are not denied", async () => {
  await postAndClose("p", { denied: 402 });
  const first = await look();
  if (first === undefined) throw new Error("its LISTs pass");
  await failDenied(first);
  await database().advance(pollMs + 1);
  expect(await look()).toBeUndefined();
});
