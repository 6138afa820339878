// How long the built program takes to say its version and its help, as ratios to a Node that does nothing: side by side
// in one run, one after the other in turn, the median of each.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROUNDS = 25;
const PROGRAM = fileURLToPath(new URL("../dist/src/bin/headgate.js", import.meta.url));
const LINES: Readonly<Record<string, readonly string[]>> = {
  "node -e 0": ["-e", "0"],
  "headgate --version": [PROGRAM, "--version"],
  "headgate --help": [PROGRAM, "--help"],
  "headgate get processors --help": [PROGRAM, "get", "processors", "--help"],
};

function measure(args: readonly string[]): number {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${String(status)}`);
  return performance.now() - begun;
}

const times = new Map(Object.keys(LINES).map((name) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, args] of Object.entries(LINES)) times.get(name)?.push(measure(args));
}
const medians = new Map(
  [...times].map(([name, all]) => [name, all.sort((one, other) => one - other)[ROUNDS >> 1] ?? 0]),
);
const least = medians.get("node -e 0") ?? 1;
for (const [name, ms] of medians) {
  process.stdout.write(`${name.padEnd(32)} ${(ms / least).toFixed(2)} x (${ms.toFixed(0)} ms)\n`);
}
