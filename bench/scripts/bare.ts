// The bare script: the least that does the work of a pass and of a recovery, in one process, with nothing that would
// survive its end.
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { openParts, readOptions } from "./parts.js";
import { serveOrders } from "./protocol.js";
import type { DeclaredWorkspace } from "./protocol.js";

const LOOKS_AT_ONCE = 50;

const options = readOptions();
const parts = await openParts(options);
const looks = pLimit(LOOKS_AT_ONCE);
const starts = pLimit(options.startsAtOnce);

/** The caps of Headgate: starts under way in a project, and in a workspace. */
const ofProject = new Map(
  parts.fleet.map(({ project }) => [project, pLimit(options.startsPerProject)] as const),
);

async function recover(at: DeclaredWorkspace): Promise<void> {
  const ofWorkspace = pLimit(options.startsPerWorkspace);
  const inProject = ofProject.get(at.project) ?? ofWorkspace;
  const { failed } = await looks(() => parts.look(at));
  const starting = Promise.all(
    failed.map((name) => ofWorkspace(() => inProject(() => starts(() => parts.start(at, name))))),
  );
  for (let drifted = failed.length; drifted > 0;) {
    await delay(options.pollMs);
    ({ drifted } = await looks(() => parts.look(at)));
  }
  await starting;
}

serveOrders(async (order) => {
  const work = (at: DeclaredWorkspace): Promise<unknown> =>
    order === "pass" ? looks(() => parts.look(at)) : recover(at);
  await Promise.all(parts.fleet.map(work));
});
