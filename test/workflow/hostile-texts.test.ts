// Texts of Atlas that Postgres refuses as they are: NUL, half a surrogate pair, an emoji where a text is cut. They are
// kept cleaned, and they change nothing about what is done: one POST per attempt, one workspace observed as ever.
import { expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { listStoredProcessors, listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import type { ProcessorListing } from "../../src/store/people/listings/listings.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { HOSTILE, readTextCase } from "../support/cases.js";
import { passLater, postsOf, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { LoopOptions, TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const ORDERS = { project: PROJECT, workspace: "orders" };
const LATER_MS = 7_200_000;
const POLICY = "{ state: STARTED, recovery: { maxAttempts: 3, stableAfter: 24h } }";
/** NUL, or half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

async function withLoop(
  simulator: LoopOptions["simulator"],
  work: (loop: TestLoop) => Promise<void>,
): Promise<void> {
  const loop = await startLoop({ simulator: simulator ?? {}, settings: PATIENT });
  try {
    await loop.startWorker();
    await work(loop);
  } finally {
    await loop.stop();
  }
}

/** Both processors of the workspace: the hostile one and its neighbour. */
const declareBoth = (loop: TestLoop): Promise<unknown> =>
  applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: orders, processors: { invoice-feed: ${POLICY}, neighbour: ${POLICY} } }`,
  );

async function readHostile({ database }: TestLoop): Promise<ProcessorListing> {
  const [found] = await listStoredProcessors(database.store, HOSTILE);
  if (found === undefined) throw new Error("it is not known");
  return found;
}

/** Why it FAILED, as it was kept. */
async function readError({ database }: TestLoop): Promise<string> {
  const [row] = await database.store.query<{ text: string | null }>(
    "select error_message as text from processor_status where processor = $1",
    [HOSTILE.processor],
  );
  return row?.text ?? "";
}

const untilObserved = (loop: TestLoop): Promise<true> =>
  until(async () => {
    const found = await listStoredProcessors(loop.database.store, ORDERS);
    return found.length === 2 && found.every(({ observedAt }) => observedAt !== null) ? true : undefined;
  });

const refusals: readonly (readonly [string, unknown])[] = [
  ["NUL and escapes", readTextCase("refusal-with-nul-and-escapes").script],
  ["an emoji where it is cut", refusal({ detail: `${"x".repeat(499)}\u{1f600}${"y".repeat(50)}` })],
  ["half a pair and NUL in its errorCode", refusal({ errorCode: "A\0B\ud83d", detail: "\ude00 end" })],
  ["a hundred thousand characters", refusal({ detail: "\u{1f600}e\u0301\n".repeat(25_000) })],
];

function refusal(told: { readonly errorCode?: string; readonly detail: string }): unknown {
  const { workspace, processor } = HOSTILE;
  const what = { kind: "status", status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR", ...told };
  return [{ when: { operation: ["start", "startWith"], workspace, processor }, what }];
}

it.each(refusals)(
  "posts a start once per attempt, counts each refusal once and parks it, where the refusal holds %s",
  async (_what, faults) => {
    const populate = aFleet({ orders: { "invoice-feed": "FAILED", neighbour: "STARTED" } });
    await withLoop({ populate, faults: faults as never }, async (loop) => {
      await declareBoth(loop);
      for (const attempt of [1, 2, 3]) {
        const [change] = await untilClosedIn(loop, "orders", attempt);
        expect(change).toMatchObject({ outcome: "failed", outcomeCode: "atlas.rejected", posts: 1 });
        expect(change?.outcomeText).toMatch(/^400 /);
        expect(change?.outcomeText).not.toMatch(UNSTORABLE);
        expect(postsOf(loop, "orders")).toHaveLength(attempt);
        expect(await readHostile(loop)).toMatchObject({ attempts: attempt });
        await passLater(loop, "orders");
        expect(postsOf(loop, "orders")).toHaveLength(attempt);
        await passLater(loop, "orders", LATER_MS);
      }
      await passLater(loop, "orders", LATER_MS);
      expect(await readHostile(loop)).toMatchObject({ reasonCode: "parked" });
      expect(postsOf(loop, "orders").map(({ status }) => status)).toEqual([400, 400, 400]);
    });
  },
);

const failures: readonly (readonly [string, string])[] = [
  ["NUL", readTextCase("failed-with-nul").text],
  ["an emoji at 500", readTextCase("failed-with-emoji-at-500").text],
  ["escapes", readTextCase("failed-with-escapes").text],
  ["halves of pairs", "\ude00 first, last \ud83d"],
];

it.each(failures.flatMap(([what, text]) => [true, false].map((isListed) => [what, isListed, text] as const)))(
  "observes a workspace as before and recovers the processor that FAILED with %s (in the list: %s)",
  async (_what, isListed, errorMsg) => {
    const populate = aFleet({ orders: { "invoice-feed": "STARTED", neighbour: "STARTED" } });
    const settings = buildSettings([`errorMsg.shown=${String(isListed)}`]);
    await withLoop({ populate, settings }, async (loop) => {
      await declareBoth(loop);
      await untilObserved(loop);
      loop.simulator.mutate({ op: "crash", ...HOSTILE, errorMsg });
      await loop.database.advance(60_000);
      expect(await requestPass(loop.app, { only: [ORDERS], isLookOnly: true })).toMatchObject({
        observed: 1,
        failed: 0,
      });
      const shown = await readError(loop);
      expect(shown).not.toMatch(UNSTORABLE);
      expect(Array.from(shown).length).toBe(Math.min(500, Array.from(errorMsg).length));
      const cleaned = errorMsg.replace(/[\0\p{Surrogate}]/gu, "\ufffd");
      expect(cleaned.startsWith(shown.replace(/…$/u, ""))).toBe(true);
      expect(await passLater(loop, "orders")).toMatchObject({ started: 1 });
      const [change] = await untilClosedIn(loop, "orders");
      expect(change).toMatchObject({ kind: "start", outcome: "succeeded", stateBefore: "FAILED" });
      expect(change?.why).toContain(shown);
      expect(await listStoredWorkspaces(loop.database.store, ORDERS)).toMatchObject([{ lastError: null }]);
    });
  },
);
