// `completion`: the script that makes a shell complete this program; and the hidden verb that answers it.
import { Argument, Command } from "commander";
import type { Candidates } from "../../shell/complete.js";
import { findCandidates, splitLine } from "../../shell/complete.js";
import type { NameKind } from "../../shell/completing.js";
import { completing } from "../../shell/completing.js";
import type { CliContext } from "../../terminal/context.js";
import { UsageError } from "../../terminal/context.js";
import { FILES, SCRIPTS, SHELLS } from "../../shell/scripts.js";
import type { Shell } from "../../shell/scripts.js";

// The script is printed and never installed: which file a shell reads is the person's own affair.
export function createCompletion({ terminal }: CliContext): Command {
  return new Command("completion")
    .description("print the script that completes verbs, options and names of processors in a shell")
    .addArgument(new Argument("<shell>", SHELLS.join(", ")).argParser(toShell))
    .addHelpText(
      "after",
      "\nNames come from Postgres, where it answers within a second.\n" +
        "\nTo have it in every new shell:\n" +
        "  bash  add to ~/.bashrc:  source <(headgate completion bash)\n" +
        "  zsh   add to ~/.zshrc, after compinit:  source <(headgate completion zsh)\n" +
        "  fish  write it to ~/.config/fish/completions/headgate.fish\n" +
        "\nExample:\n  $ headgate completion fish > ~/.config/fish/completions/headgate.fish",
    )
    .action((shell: Shell) => {
      terminal.out(SCRIPTS[shell]);
    });
}

const toShell = completing(SHELLS, (text: string): Shell => {
  const shell = SHELLS.find((one) => one === text);
  if (shell !== undefined) return shell;
  throw new UsageError(`"${text}" is not a shell it knows: one of ${SHELLS.join(", ")}`);
});

/** Prints one candidate a line, and nothing where there is none or Postgres does not answer: never a complaint. */
export function createComplete({ terminal, programs }: CliContext, toProgram: () => Command): Command {
  return new Command("__complete")
    .argument("[words...]")
    .option("--line <line>")
    .action(async (words: readonly string[], { line }: { readonly line?: string }) => {
      const typed = line === undefined ? words : splitLine(line);
      const candidates = findCandidates(toProgram(), typed);
      // No exit code is given back: a shell does not look at it, and shows whatever was printed.
      const found = await toWords(programs, candidates, typed.at(-1) ?? "");
      for (const word of found) terminal.out(word);
    });
}

/** Names are the only candidates that need Postgres, and they are left out if it does not answer at once. */
async function toWords(
  programs: CliContext["programs"],
  candidates: Candidates,
  word: string,
): Promise<readonly string[]> {
  if (candidates.kind === "files") return [FILES];
  if (candidates.kind === "words") return candidates.words;
  const parts = word.split("/");
  const depth = DEPTHS[candidates.of];
  // Nothing has more parts: what was typed is no beginning of such a name.
  if (parts.length > depth) return [];
  try {
    // The parts as typed; the last of them is a beginning, the others are whole.
    const names = await programs.completeNames(parts);
    // Part by part: a fleet of thousands is no list to choose from.
    return parts.length < depth ? names.map((name) => `${name}/`) : names;
  } catch {
    return [];
  }
}

/** Parts of a full name. A selector may have fewer, but whoever completes it wants one processor. */
const DEPTHS: Readonly<Record<NameKind, number>> = { project: 1, workspace: 2, processor: 3, selector: 3 };
