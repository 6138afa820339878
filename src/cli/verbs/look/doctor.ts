// `doctor`: what Headgate stands on, line by line, each with what to do where it is not as it should be.
import { Command } from "commander";
import type { CheckFinding, Verdict } from "../../../app/doctor/checks.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { toFormat } from "../../typed/arguments.js";
import type { CliContext, Tone } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { printDocument } from "../../terminal/output.js";

// The examination itself is in src/app/doctor. Here it is only shown: one line a check, in the order in which one thing
// stands on another, so that the first wrong line is the one to mend.
const MARKS: Readonly<Record<Verdict, readonly [mark: string, tone: Tone]>> = {
  ok: ["ok", "good"],
  warning: ["warning", "busy"],
  wrong: ["wrong", "bad"],
  skipped: ["skipped", "quiet"],
};

export function createDoctor(context: CliContext, exit: (code: number) => void): Command {
  return new Command("doctor")
    .description(
      "examine what Headgate stands on: Node.js, configuration, Postgres, Temporal, the loop, Atlas; exit 1 if " +
        "something is wrong",
    )
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nOnly reads. It asks Atlas for two lists per project, for at most 20 projects, through their budgets.\n" +
        "\nExamples:\n  $ headgate doctor\n  $ headgate doctor -o json",
    )
    .action(async ({ output }: { readonly output: Format }) => {
      const findings = await context.programs.doctor();
      if (output === "table") printFindings(context, findings);
      else await printDocument(context.terminal, output, findings);
      // A warning is for people: probes and scripts go by what is wrong.
      if (findings.some(({ verdict }) => verdict === "wrong")) exit(EXIT.failed);
    });
}

function printFindings({ terminal }: CliContext, findings: readonly CheckFinding[]): void {
  // Of all marks and not of those that came up: two runs can be laid side by side.
  const width = Math.max(...Object.values(MARKS).map(([mark]) => mark.length));
  for (const { check, verdict, found, remedy } of findings) {
    const [mark, tone] = MARKS[verdict];
    terminal.line({ text: mark.padEnd(width), tone }, `  ${check}: ${found}`);
    // Below the finding, indented: the finding may be as long as Atlas's own words.
    if (remedy !== null) terminal.line(`${" ".repeat(width)}  -> ${remedy}`);
  }
  // The sum is a remark: with `-o json` there is none, because a program counts by itself.
  const count = (wanted: Verdict): number => findings.filter(({ verdict }) => verdict === wanted).length;
  terminal.note(
    count("wrong") === 0
      ? `Nothing is wrong; ${formatCount(count("warning"), "warning")}.`
      : `${String(count("wrong"))} wrong, ${formatCount(count("warning"), "warning")}.`,
  );
}
