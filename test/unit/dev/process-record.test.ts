// Written-down processes, told apart from those that were given their number since: with real processes.
import { expect, it } from "vitest";
import { endProcess, isAlive, recordProcess } from "../../../src/dev/process-record.js";
import { startSleeper } from "./sleepers.js";

const PATIENCE_MS = 20_000;

it("knows a process while it runs, and not after it has ended", async () => {
  const sleeper = await startSleeper();
  const { record } = sleeper;
  expect(record).toEqual({ name: "sleeper", pid: record.pid, began: expect.stringMatching(/\S/) as string });
  expect(isAlive(record)).toBe(true);
  expect(recordProcess("sleeper", record.pid)).toEqual(record);
  await sleeper.end();
  expect(isAlive(record)).toBe(false);
  expect(recordProcess("sleeper", record.pid)).toBeUndefined();
});

it("does not take another process of the same number for its own, and leaves it alone", async () => {
  const { record } = await startSleeper();
  const older = { ...record, began: `${record.began}0` };
  expect(isAlive(older)).toBe(false);
  await endProcess(older, { signal: "SIGTERM", patienceMs: 0 });
  expect(isAlive(record)).toBe(true);
});

it("ends a process with the signal it obeys", async () => {
  const { record, ended } = await startSleeper();
  await endProcess(record, { signal: "SIGINT", patienceMs: PATIENCE_MS });
  expect(await ended).toBe("SIGINT");
  expect(isAlive(record)).toBe(false);
});

it("kills a process that does not go in time, and has nothing to do twice", async () => {
  const { record, ended } = await startSleeper("SIGTERM");
  await endProcess(record, { signal: "SIGTERM", patienceMs: 100 });
  expect(await ended).toBe("SIGKILL");
  await endProcess(record, { signal: "SIGTERM", patienceMs: PATIENCE_MS });
});
