// The caps beyond those of a workspace and a project, over the real loop: a concurrency key that spans workspaces, and
// a workspace in which Atlas takes one start at a time. The simulator's log and the rows of the changes are the judges.
import { afterEach, expect, it } from "vitest";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { PROJECT, aFleet, findPosts, many, toNames, until, untilClosed } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

interface Span {
  readonly from: number;
  readonly until: number;
}

/** How many of them are under way at once, at most. */
function toMostAtOnce(spans: readonly Span[]): number {
  return Math.max(
    ...spans.map(({ from }) => spans.filter((one) => one.from <= from && from < one.until).length),
  );
}

const toPolicies = (workspace: string, count: number, defaults: string): string =>
  `{ project: ${PROJECT}, workspace: ${workspace}, defaults: ${defaults},
     processors: { ${toNames(count)
       .map((name) => `${name}: {}`)
       .join(", ")} } }`;

const CAP = 4;

it("thirty processors with one key in two workspaces: all started, and never more at once than the key's cap", async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ orders: many(15, "FAILED"), payments: many(15, "FAILED") }) },
    settings: { ...PATIENT, intervalMs: 1_000, capPerKey: CAP },
  });
  await loop.startWorker();
  const files = ["orders", "payments"].map((name) => toPolicies(name, 15, "{ concurrencyKey: kafka-eu }"));
  await applyText(loop.app, files.join("\n---\n"));
  const changes = await untilClosed(loop, 30);
  expect(changes.map(({ outcome }) => outcome)).toEqual(Array(30).fill("succeeded"));
  const open = changes.map(({ openedAt, closedAt }) => ({ from: openedAt, until: closedAt ?? Infinity }));
  expect(toMostAtOnce(open)).toBe(CAP);
  const posts = findPosts(loop);
  expect(posts).toHaveLength(30);
  const asked = posts.map(({ at, finishedAt }) => ({ from: at, until: finishedAt ?? Infinity }));
  expect(toMostAtOnce(asked)).toBeLessThanOrEqual(CAP);
});

const COUNT = 8;

it("where Atlas answers with its tenant lock, the starts of that workspace go one after another", async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ locked: many(COUNT, "FAILED") }),
      settings: buildSettings(["tenantLock.parallelStarts=1"]),
    },
    settings: { ...PATIENT, intervalMs: 1_000 },
  });
  await loop.startWorker();
  await applyText(loop.app, toPolicies("locked", COUNT, "{}"));
  const { store } = loop.database;
  const processors = await until(async () => {
    const found = await listStoredProcessors(store, { project: PROJECT, workspace: "locked" });
    return found.every(({ state, openChange }) => state === "STARTED" && openChange === null)
      ? found
      : undefined;
  });
  // The lock is nobody's failure: each counts the one start that took it out of FAILED.
  expect(processors.map(({ attempts }) => attempts)).toEqual(Array(COUNT).fill(1));
  const posts = findPosts(loop);
  const refused = posts.filter(({ applied }) => !applied);
  // Those of the first wave, which nobody could foresee: nobody meets the lock a second time.
  const names = refused.map(({ processor }) => processor);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
  expect(posts).toHaveLength(COUNT + refused.length);
  // A refused one comes again by an opening that knows of the lock: it meets no other start.
  const spans = posts.map(({ at, appliedAt, finishedAt }) => ({
    from: at,
    until: appliedAt ?? finishedAt ?? at,
  }));
  const seconds = posts.flatMap((post, index) => {
    const isSecond = posts.findIndex(({ processor }) => processor === post.processor) < index;
    return isSecond ? [spans[index]] : [];
  });
  expect(seconds).toHaveLength(refused.length);
  for (const second of seconds) {
    const meets = spans.filter((one) => second && one.from < second.until && second.from < one.until);
    expect(meets).toEqual([second]);
  }
});
