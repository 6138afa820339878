// `doctor`: what Headgate stands on, line by line, each with what to do where it is not as it should be.
import { Command } from "commander";
import type { CheckFinding, Verdict } from "../../app/doctor/checks.js";
import { formatCount } from "../../domain/tell/wording.js";
import { toFormat } from "../typed/arguments.js";
import type { CliContext, Tone } from "../terminal/context.js";
import { EXIT } from "../terminal/context.js";
import type { Format } from "../terminal/output.js";
import { printDocument } from "../terminal/output.js";

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
      if (findings.some(({ verdict }) => verdict === "wrong")) exit(EXIT.failed);
    });
}

function printFindings({ terminal }: CliContext, findings: readonly CheckFinding[]): void {
  const width = Math.max(...Object.values(MARKS).map(([mark]) => mark.length));
  for (const { check, verdict, found, remedy } of findings) {
    const [mark, tone] = MARKS[verdict];
    terminal.line({ text: mark.padEnd(width), tone }, `  ${check}: ${found}`);
    if (remedy !== null) terminal.line(`${" ".repeat(width)}  -> ${remedy}`);
  }
  const count = (wanted: Verdict): number => findings.filter(({ verdict }) => verdict === wanted).length;
  terminal.note(
    count("wrong") === 0
      ? `Nothing is wrong; ${formatCount(count("warning"), "warning")}.`
      : `${String(count("wrong"))} wrong, ${formatCount(count("warning"), "warning")}.`,
  );
}
