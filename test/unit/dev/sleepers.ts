// Real processes that do nothing until they are ended, and folders that go with their test. Ends what it started.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { recordProcess } from "../../../src/dev/process-record.js";
import type { ProcessRecord } from "../../../src/dev/process-record.js";

export interface Sleeper {
  readonly record: ProcessRecord;
  /** Resolves with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
  end(): Promise<void>;
}

/** It has said that it runs when this resolves; `deafTo`: a signal it ignores. */
export async function startSleeper(deafTo?: NodeJS.Signals): Promise<Sleeper> {
  const listen = deafTo === undefined ? "" : `process.on("${deafTo}", () => undefined);`;
  const program = `${listen} setInterval(() => undefined, 1000); process.stdout.write("up");`;
  const child: ChildProcess = spawn(process.execPath, ["-e", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit").then(
    ([, signal]: (number | NodeJS.Signals | null)[]) => signal as NodeJS.Signals | null,
  );
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(end);
  if (child.stdout !== null) await once(child.stdout, "data");
  const record = recordProcess("sleeper", child.pid ?? 0);
  if (record === undefined) throw new Error("the sleeper is not there");
  return { record, ended, end };
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-dev-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
