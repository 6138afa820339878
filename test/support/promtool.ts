// Prometheus's own judge of metrics and rules, as Debian packages it. Tests that need it skip, loudly, where it is not
// installed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const HAS_PROMTOOL = spawnSync("promtool", ["--version"]).status === 0;
if (!HAS_PROMTOOL) {
  process.stderr.write(
    "\nSKIPPED: promtool is not here (Debian: apt-get install prometheus): NO METRIC WAS CHECKED\n\n",
  );
}

/** What it says of the text, and how it ended. */
export function runPromtool(
  args: readonly string[],
  input = "",
): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { code: status, said: `${stdout}${stderr}` };
}

/** Whether Prometheus can read it: nothing but its import of OpenMetrics does so by a command, and wants times. */
export function readOpenMetrics(text: string): ReturnType<typeof runPromtool> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-openmetrics-"));
  try {
    const file = join(folder, "metrics.txt");
    const dated = text
      .split("\n")
      .map((line) => (line === "" || line.startsWith("#") ? line : `${line} 1700000000`));
    writeFileSync(file, dated.join("\n"));
    return runPromtool(["tsdb", "create-blocks-from", "openmetrics", file, join(folder, "blocks")]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
