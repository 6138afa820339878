// All suites, one after the other, and one line at the end that says what ran: `N passed, N failed`. A suite that
// cannot even be loaded counts as one failure. Arguments name suites: `npm test -- unit contract`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Suites of one group share a run; the later ones need the machine to themselves. */
const GROUPS = [["unit", "replay", "contract"], ["integration"], ["workflow"], ["faults"], ["e2e"]];
const vitest = join(createRequire(import.meta.url).resolve("vitest/package.json"), "..", "vitest.mjs");

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

function runSuites(suites: readonly string[], report: string): Counts {
  const { status } = spawnSync(
    process.execPath,
    [
      ...[vitest, "run", ...suites.flatMap((suite) => ["--project", suite])],
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    ],
    { stdio: "inherit" },
  );
  const { passed, failed } = readCounts(report);
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

function readCounts(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "headgate-test-report-"));
const runs = GROUPS.map((group) => group.filter((suite) => wanted.length === 0 || wanted.includes(suite)))
  .filter((suites) => suites.length > 0)
  .map((suites, index) => runSuites(suites, join(folder, `${String(index)}.json`)));
rmSync(folder, { recursive: true, force: true });

const passed = runs.reduce((total, run) => total + run.passed, 0);
const failed = runs.reduce((total, run) => total + run.failed, 0);
process.stdout.write(`${String(passed)} passed, ${String(failed)} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
