// `lint`: policy files judged beyond validity, and mended where the answer is certain. Asks neither Postgres nor
// Temporal; Atlas only with --live.
import { Command } from "commander";
import { LINT_RULES } from "../../../domain/tell/lint.js";
import type { Finding } from "../../../domain/tell/lint.js";
import type { Fix } from "../../../policy-file/lint-fix.js";
import type { LintReport } from "../../../policy-file/lint.js";
import type { LintFacts } from "../../../policy-file/lint-rules.js";
import type { FileText } from "../../../policy-file/source.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { toDurationMs, toFormat } from "../../typed/arguments.js";
import type { CliContext, Terminal } from "../../terminal/context.js";
import { EXIT, UsageError, toWriteError } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatTable, printDocument } from "../../terminal/output.js";
import { readInput } from "../../typed/targets.js";

// It runs where policies are written: in an editor, a hook, a pull request. So it needs no part of Headgate, and a file
// that is not valid gets all its faults at once, as findings among the others.
interface LintFlags {
  readonly file: readonly string[];
  readonly strict: boolean;
  readonly fix: boolean;
  readonly live: boolean;
  readonly oplog?: number;
  readonly output: Format;
}

export function createLint(context: CliContext, exit: (code: number) => void): Command {
  return new Command("lint")
    .description("find what is wrong or probably not meant in policy files; exit 1 if something is wrong")
    .requiredOption("-f, --file <file...>", "policy files, - for standard input")
    .option("--strict", "exit 1 also if there are only warnings", false)
    .option("--fix", "correct in the files what has only one answer", false)
    .option("--oplog <duration>", "how long the sources keep their oplog, for example 24h", toDurationMs)
    .option("--live", "ask Atlas for the largest tier of each workspace", false)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText("after", `\nRules:\n${formatRules()}`)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate lint -f policies.yaml --strict\n  $ headgate lint -f a.yaml b.yaml --live --oplog 24h --fix",
    )
    .action(async (flags: LintFlags) => {
      if (flags.fix && flags.file.includes("-")) {
        throw new UsageError("--fix rewrites files: name them instead of -");
      }
      // All are read before any is judged: a rule may compare two files.
      const files = await Promise.all(
        flags.file.map(async (name) => ({ name, text: await readInput(context, name) })),
      );
      // Mended first and judged then: what is left is what a person has to see to.
      const fixed = flags.fix ? await fix(context, files) : { files, fixes: [] };
      const { lintPolicyFiles } = await import("../../../policy-file/lint.js");
      const report = lintPolicyFiles(fixed.files, await toFacts(context, flags, fixed.files));
      await print(context.terminal, { report, fixes: fixed.fixes, flags });
      exit(toExitCode(report, flags));
    });
}

/** In the help, so that a rule's name in a finding can be looked up without a browser. */
function formatRules(): string {
  const rules = Object.entries(LINT_RULES);
  const width = Math.max(...rules.map(([id]) => id.length));
  return rules
    .map(([id, { level, about }]) => `  ${id.padEnd(width)}  ${level.padEnd(7)}  ${about}`)
    .join("\n");
}

/** The files as they are now, so that the report is about what was written. */
interface Fixed {
  readonly files: readonly FileText[];
  readonly fixes: readonly Fix[];
}

async function fix({ writeFile }: CliContext, files: readonly FileText[]): Promise<Fixed> {
  const { fixPolicyFile } = await import("../../../policy-file/lint-fix.js");
  const fixed = files.map(fixPolicyFile);
  // One after another: if one cannot be written, the others after it are left as they were.
  for (const { name, text, fixes } of fixed) {
    // A file without a fix is not written at all: its time stays, and no editor asks to reload it.
    if (fixes.length > 0) {
      await writeFile(name, text, true).catch((error: unknown) => {
        throw toWriteError(name, error);
      });
    }
  }
  return { files: fixed, fixes: fixed.flatMap(({ fixes }) => fixes) };
}

/** What some rules need beyond the files. What is not given makes them skipped, which is said. */
async function toFacts(
  context: CliContext,
  { oplog: oplogMs, live }: LintFlags,
  files: readonly FileText[],
): Promise<LintFacts> {
  // This machine's clock, because lint asks no Postgres. It decides only whether a declared time is still to come.
  const now = Date.now();
  if (!live) return { now, oplogMs };
  const { findWorkspaces } = await import("../../../policy-file/lint.js");
  const { readWorkspaceLimits } = await import("../../../app/look/live.js");
  return { now, oplogMs, live: await readWorkspaceLimits(await context.app(), findWorkspaces(files)) };
}

/** Of what is left after --fix: what was mended does not fail the hook that mended it. */
function toExitCode({ findings }: LintReport, { strict }: LintFlags): number {
  return findings.some(({ level }) => strict || level === "error") ? EXIT.failed : EXIT.done;
}

/** Mends and findings are printed apart: a mend is a remark, a finding is data. */
interface Printed {
  readonly report: LintReport;
  readonly fixes: readonly Fix[];
  readonly flags: LintFlags;
}

async function print(terminal: Terminal, { report, fixes, flags }: Printed): Promise<void> {
  const { findings, skipped } = report;
  for (const { file, line, path, rule } of fixes) {
    terminal.note(`fixed ${file}:${String(line)}: ${path}: ${rule}`);
  }
  if (flags.output !== "table") {
    await printDocument(terminal, flags.output, { findings, fixed: fixes, skipped });
  } else if (findings.length > 0) {
    terminal.out(formatFindings(findings));
  }
  // A rule that was not looked for is named: "no findings" must not be taken for more than was examined.
  for (const { rule, needs } of skipped) terminal.note(`not looked for: ${rule} (needs ${needs})`);
  terminal.note(summarize(findings, flags));
}

/** `file:line` first: editors and terminals make a link of it. */
function formatFindings(findings: readonly Finding[]): string {
  return formatTable({
    rows: findings,
    columns: [
      { title: "WHERE", cell: ({ file, line }) => `${file}:${String(line)}` },
      { title: "LEVEL", cell: ({ level }) => level },
      { title: "RULE", cell: ({ rule }) => rule },
      { title: "WHAT", cell: ({ path, what }) => (path === "" ? what : `${path}: ${what}`) },
      { title: "REMEDY", cell: ({ remedy }) => remedy },
    ],
  });
}

/** Last, next to the prompt: nobody scrolls up to count. */
function summarize(findings: readonly Finding[], { file }: LintFlags): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  const counts = `${formatCount(errors, "error")}, ${formatCount(findings.length - errors, "warning")}`;
  return `${counts} in ${formatCount(file.length, "file")}.`;
}
