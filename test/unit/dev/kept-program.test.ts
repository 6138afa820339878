// The stack's worker, with real processes: started again when it dies, given up when it does not stay up, and never
// left behind.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Child } from "../../../src/dev/child.js";
import { isAlive } from "../../../src/dev/process-record.js";
import { keepProgramUp } from "../../../src/dev/kept-program.js";
import type { KeptProgram, KeptProgramOptions } from "../../../src/dev/kept-program.js";
import { makeFolder } from "./sleepers.js";

interface Scene {
  readonly options: KeptProgramOptions;
  readonly notes: string[];
  readonly children: Child[];
}

function aScene(program: string, onStart?: (child: Child, count: number) => void): Scene {
  const notes: string[] = [];
  const children: Child[] = [];
  const options: KeptProgramOptions = {
    name: "worker",
    command: [process.execPath, "-e", program],
    env: { WORKER_NAME: "one" },
    logFile: join(makeFolder(), "worker.log"),
    note: (text) => notes.push(text),
    onStart: (child) => {
      children.push(child);
      onStart?.(child, children.length);
    },
  };
  onTestFinished(async () => {
    for (const child of children) await child.stop();
  });
  return { options, notes, children };
}

/** A promise and what resolves it. */
function aMoment<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const FOREVER = "setInterval(() => undefined, 1000);";

it("starts a worker again that dies, under a new number, and says so", async () => {
  const again = aMoment<Child>();
  const { options, notes, children } = aScene(FOREVER, (child, count) => {
    if (count === 2) again.resolve(child);
  });
  const worker = await keepProgramUp(options);
  const [first] = children;
  if (first === undefined) throw new Error("no worker was started");
  process.kill(first.record.pid, "SIGKILL");
  const second = await again.promise;
  expect(second.record.pid).not.toBe(first.record.pid);
  expect(notes).toEqual(["The worker ended (signal SIGKILL): starting it again."]);
  await worker.stop();
  expect(isAlive(second.record)).toBe(false);
});

it("gives up a worker that dies five times in a minute, with the end of its log", async () => {
  const { options, notes, children } = aScene("console.log(process.env.WORKER_NAME); process.exit(9);");
  const worker = await keepProgramUp(options);
  const failure: unknown = await worker.failed.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "stack.failed" });
  expect(String(failure)).toContain(
    `the worker does not stay up (code 9); the end of ${options.logFile}:\none\none`,
  );
  expect(children).toHaveLength(5);
  expect(notes).toHaveLength(4);
  expect(readFileSync(options.logFile, "utf8")).toBe("one\n".repeat(5));
});

it("does not start a worker again that was stopped", async () => {
  const { options, notes, children } = aScene(FOREVER);
  const worker = await keepProgramUp(options);
  await worker.stop();
  await worker.stop();
  expect(children.map(({ record }) => isAlive(record))).toEqual([false]);
  expect(notes).toEqual([]);
});

it("ends a worker that is being started again while the stack ends", async () => {
  const held: { worker?: KeptProgram } = {};
  const stopped = aMoment<Promise<void> | undefined>();
  const { options, children } = aScene(FOREVER, (_child, count) => {
    if (count === 2) stopped.resolve(held.worker?.stop());
  });
  held.worker = await keepProgramUp(options);
  const [first] = children;
  if (first === undefined) throw new Error("no worker was started");
  process.kill(first.record.pid, "SIGKILL");
  await stopped.promise;
  expect(children).toHaveLength(2);
  expect(children.map(({ record }) => isAlive(record))).toEqual([false, false]);
});
