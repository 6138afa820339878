// What holds of the client against the simulator and against Atlas alike: reading, and starting and stopping the one
// processor that may be. It leaves that processor running or not as it found it.
import { expect, it } from "vitest";
import { READS } from "./run-judge.js";
import type { ClientOperation } from "./run-judge.js";
import { bring, look, post, refOf } from "./subject.js";
import type { Subject } from "./subject.js";

const ABSENT = "no-such-thing-a7c1";
/** Atlas holds a stop for minutes (docs/atlas.md 1c). */
const MOVES_MS = 30 * 60_000;
const WEEK_MS = 7 * 86_400_000;

/** What a subject lets the suite ask. */
export function toOperations({ processor }: Pick<Subject, "processor">): readonly ClientOperation[] {
  return processor === undefined ? READS : [...READS, "start", "startWith", "stop"];
}

export function describeCore(subjectOf: () => Subject): void {
  it("lists the workspaces of the project, the subject's among them", async () => {
    const { client, project, workspace } = subjectOf();
    expect(await client.listWorkspaces(project, {})).toContain(workspace);
  });

  it("lists the processors of the workspace, each as its own GET shows it", async () => {
    const { client, project, workspace } = subjectOf();
    const listing = await client.listProcessors({ project, workspace }, {});
    expect(listing?.pages).toBeGreaterThan(0);
    const described = await client.describeProcessors({ project, workspace }, {});
    expect(described?.length).toBe(listing?.observations.length);
    for (const { processor, atlasId } of listing?.observations.slice(0, 3) ?? []) {
      const found = await client.getProcessor({ project, workspace, processor }, {});
      expect(found).toMatchObject({ processor, atlasId });
      const details = await client.describeProcessor({ project, workspace, processor }, {});
      expect(details).toMatchObject({ processor, atlasId });
    }
  });

  it("reads the tiers of the workspace", async () => {
    const { client, project, workspace } = subjectOf();
    expect(await client.getWorkspace({ project, workspace }, {})).toBeDefined();
  });

  it("finds absent what is not there", async () => {
    const { client, project, workspace } = subjectOf();
    expect(await client.getProcessor({ project, workspace, processor: ABSENT }, {})).toBeUndefined();
    expect(await client.listProcessors({ project, workspace: ABSENT }, {})).toBeUndefined();
    expect(await client.getWorkspace({ project, workspace: ABSENT }, {})).toBeUndefined();
  });

  it("reads the failures of a week, newest first", async () => {
    const { client, project } = subjectOf();
    const failures = await client.listFailures({ project, since: Date.now() - WEEK_MS }, {});
    const ats = failures.map(({ at }) => at);
    expect(ats).toEqual([...ats].sort((one, other) => other - one));
  });

  it("reads the limits of the budget, which hold at least one refill", async () => {
    const { client, project } = subjectOf();
    const limits = await client.readRateLimits(project, {});
    expect(limits?.capacity).toBeGreaterThanOrEqual(limits?.refillStep ?? Infinity);
  });

  it(
    "starts, stops and starts with options the processor that it may, and leaves it as it was",
    { timeout: MOVES_MS },
    async () => {
      const subject = subjectOf();
      if (subject.processor === undefined) {
        await expectUntouched(subject);
        return;
      }
      const found = await look(subject);
      await bring(subject, "STOPPED");
      expect((await post(subject, "start")).reply?.status).toBe(200);
      await bring(subject, "STARTED");
      expect((await post(subject, "stop")).reply?.status).toBe(200);
      await bring(subject, "STOPPED");
      expect((await post(subject, { resumeFromCheckpoint: true })).reply?.status).toBe(200);
      const { state } = await bring(subject, found.state === "STARTED" ? "STARTED" : "STOPPED");
      expect(await subject.client.getProcessor(refOf(subject), {})).toMatchObject({ state });
    },
  );
}

/** Where nothing may be changed, nothing has been: only GETs went out. */
async function expectUntouched({ recorder }: Subject): Promise<void> {
  await recorder.settle();
  const writes = recorder.exchanges.filter(({ method, url }) => method !== "GET" && url.includes("/groups/"));
  expect(writes.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
}
