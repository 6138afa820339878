// All suites in one run, and one line at the end that says what ran: `N passed, N failed`. A run in which something
// cannot even be loaded counts at least one failure. Arguments name suites: `npm test -- unit contract`. What runs
// beside what, and after what, stands in vitest.config.ts.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

const folder = mkdtempSync(join(tmpdir(), "headgate-test-report-"));
const { passed, failed } = runSuites(process.argv.slice(2), join(folder, "report.json"));
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${String(passed)} passed, ${String(failed)} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
