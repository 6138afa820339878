// Children of the stack, with real processes: how they begin and end, what is told of a death, and how long is waited.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { readTail, startChild, untilReady } from "../../../src/dev/child.js";
import type { Child, ChildOptions } from "../../../src/dev/child.js";
import { isAlive } from "../../../src/dev/process-record.js";
import { makeFolder } from "./sleepers.js";

const FOREVER = "setInterval(() => undefined, 1000);";
const PATIENCE_MS = 20_000;

/** A child that runs this program, and is gone when its test is over. */
async function aChild(program: string, more: Partial<ChildOptions> = {}): Promise<Child> {
  const child = await startChild({
    name: "part",
    command: process.execPath,
    args: ["-e", program],
    logFile: join(makeFolder(), "logs", "part.log"),
    stopSignal: "SIGTERM",
    patienceMs: PATIENCE_MS,
    ...more,
  });
  onTestFinished(() => child.stop());
  return child;
}

async function findFailure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`an AppError was expected, not ${String(error)}`);
  return error;
}

it.each([
  { reason: "by itself, well", program: "process.exit(0);", how: "code 0" },
  { reason: "by itself, with a code", program: "process.exit(3);", how: "code 3" },
  { reason: "by a fault", program: "throw new Error('boom');", how: "code 1" },
  { reason: "by a signal", program: "process.kill(process.pid, 'SIGKILL');", how: "signal SIGKILL" },
])("says how a child ended: $reason", async ({ program, how }) => {
  const child = await aChild(program);
  expect(await child.ended).toBe(how);
  expect(isAlive(child.record)).toBe(false);
});

it("writes what a child says on both streams into its log, behind what was there, for us alone", async () => {
  const logFile = join(makeFolder(), "part.log");
  const first = await aChild("console.log('one'); console.error('two');", { logFile });
  await first.ended;
  const second = await aChild("console.log('three');", { logFile });
  await second.ended;
  expect(readFileSync(logFile, "utf8")).toBe("one\ntwo\nthree\n");
  expect((statSync(logFile).mode & 0o777).toString(8)).toBe("600");
});

it("gives a child the environment it is named, and nothing of ours", async () => {
  const child = await aChild("console.log(process.env.STACK_PART, process.env.HOME);", {
    env: { STACK_PART: "temporal" },
  });
  await child.ended;
  expect(readFileSync(child.logFile, "utf8")).toBe("temporal undefined\n");
});

it("starts a child in a process group of its own, so that Ctrl-C reaches the supervisor alone", async () => {
  const child = await aChild(FOREVER);
  const { pid } = child.record;
  // Signals the group of that number: there is none if the child is in ours.
  expect(process.kill(-pid, 0)).toBe(true);
});

it("stops a child with the signal it is named, and has nothing to do twice", async () => {
  const program = "process.on('SIGINT', () => process.exit(7)); console.log('up'); " + FOREVER;
  const child = await aChild(program, { stopSignal: "SIGINT" });
  await untilReady(child, {
    isReady: () => Promise.resolve(readTail(child.logFile) === "up"),
    patienceMs: PATIENCE_MS,
  });
  await Promise.all([child.stop(), child.stop()]);
  expect(await child.ended).toBe("code 7");
  await child.stop();
});

it("kills a child that does not go in time", async () => {
  const program = "process.on('SIGTERM', () => undefined); console.log('up'); " + FOREVER;
  const child = await aChild(program, { patienceMs: 100 });
  await untilReady(child, {
    isReady: () => Promise.resolve(readTail(child.logFile) === "up"),
    patienceMs: PATIENCE_MS,
  });
  await child.stop();
  expect(await child.ended).toBe("signal SIGKILL");
});

it.each([
  { reason: "that is not there", command: "/nowhere/at/all", says: /ENOENT/ },
  { reason: "that is a folder", command: "/", says: /EACCES|EISDIR/ },
])("says of a program $reason that it cannot be started, and why", async ({ command, says }) => {
  const logFile = join(makeFolder(), "part.log");
  const failure = await findFailure(
    startChild({
      name: "temporal",
      command,
      args: [],
      logFile,
      stopSignal: "SIGTERM",
      patienceMs: PATIENCE_MS,
    }),
  );
  expect(failure.code).toBe("stack.failed");
  expect(failure.message).toMatch(/^temporal cannot be started: /);
  expect(failure.message).toMatch(says);
  expect(existsSync(logFile)).toBe(true);
});

it("tells of a death before it was ready, with the last twelve lines of the log", async () => {
  const child = await aChild("for (let i = 1; i <= 20; i++) console.log('line ' + i); process.exit(2);");
  const failure = await findFailure(
    untilReady(child, { isReady: () => Promise.resolve(false), patienceMs: PATIENCE_MS }),
  );
  const lines = Array.from({ length: 12 }, (_, index) => `line ${String(index + 9)}`);
  expect(failure.code).toBe("stack.failed");
  expect(failure.message).toBe(`part ended (code 2); the end of ${child.logFile}:\n${lines.join("\n")}`);
});

it("gives up a child that never gets ready, ends it, and says how long it waited", async () => {
  const child = await aChild(FOREVER);
  const failure = await findFailure(
    untilReady(child, { isReady: () => Promise.resolve(false), patienceMs: 0 }),
  );
  expect(failure.message).toContain("part ended (not ready within 0 s)");
  expect(isAlive(child.record)).toBe(false);
});

it("asks again until a child is ready, and then leaves it running", async () => {
  const child = await aChild(FOREVER);
  let asked = 0;
  const isReady = (): Promise<boolean> => {
    asked += 1;
    return Promise.resolve(asked === 3);
  };
  await untilReady(child, { isReady, patienceMs: PATIENCE_MS });
  expect(asked).toBe(3);
  expect(isAlive(child.record)).toBe(true);
});

it.each([
  { reason: "a short log", text: "one\ntwo\n", tail: "one\ntwo" },
  { reason: "an empty log", text: "", tail: "" },
  { reason: "blank lines at the end", text: "one\n\n\n", tail: "one" },
])("reads the tail of $reason", ({ text, tail }) => {
  const path = join(makeFolder(), "log");
  writeFileSync(path, text);
  expect(readTail(path)).toBe(tail);
});

it("says of a log that is not there that there is none", () => {
  expect(readTail("/nowhere/at/all.log")).toBe("(no log)");
});
