// All suites, one after the other, and one line at the end that says what ran: `N passed, N failed`. A suite that cannot
// even be loaded counts as one failure. Arguments name suites: `npm test -- unit contract`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Suites of one group share a run; the later ones need the machine to themselves.
const GROUPS = [["unit", "replay", "contract"], ["integration"], ["workflow"], ["faults"], ["e2e"]];
const require = createRequire(import.meta.url);
const vitest = join(require.resolve("vitest/package.json"), "..", "vitest.mjs");
const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "headgate-test-report-"));
let passed = 0;
let failed = 0;

for (const group of GROUPS) {
  const suites = wanted.length === 0 ? group : group.filter((suite) => wanted.includes(suite));
  if (suites.length === 0) continue;
  const report = join(folder, `${suites[0]}.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      ...[vitest, "run", ...suites.flatMap((suite) => ["--project", suite])],
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    ],
    { stdio: "inherit" },
  );
  const counts = read(report);
  passed += counts.passed;
  failed += counts.failed;
  if (status !== 0 && counts.failed === 0) failed += 1;
}

rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function read(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
