// `completion`: the script that makes a shell complete this program; and the hidden verb that answers it.
import { Argument, Command } from "commander";
import type { Candidates } from "./complete.js";
import { findCandidates, splitLine } from "./complete.js";
import type { NameKind } from "./completing.js";
import { completing } from "./completing.js";
import type { CliContext } from "../terminal/context.js";
import { UsageError } from "../terminal/context.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

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

/** Said instead of words where a file is wanted: the shell completes those itself. */
const FILES = ":files";

/** Prints one candidate a line, and nothing where there is none or Postgres does not answer: never a complaint. */
export function createComplete({ terminal, programs }: CliContext, toProgram: () => Command): Command {
  return new Command("__complete")
    .argument("[words...]")
    .option("--line <line>")
    .action(async (words: readonly string[], { line }: { readonly line?: string }) => {
      const typed = line === undefined ? words : splitLine(line);
      const candidates = findCandidates(toProgram(), typed);
      const found = await toWords(programs, candidates, typed.at(-1) ?? "");
      for (const word of found) terminal.out(word);
    });
}

async function toWords(
  programs: CliContext["programs"],
  candidates: Candidates,
  word: string,
): Promise<readonly string[]> {
  if (candidates.kind === "files") return [FILES];
  if (candidates.kind === "words") return candidates.words;
  const parts = word.split("/");
  const depth = DEPTHS[candidates.of];
  if (parts.length > depth) return [];
  try {
    const names = await programs.completeNames(parts);
    // Part by part: a fleet of thousands is no list to choose from.
    return parts.length < depth ? names.map((name) => `${name}/`) : names;
  } catch {
    return [];
  }
}

const DEPTHS: Readonly<Record<NameKind, number>> = { project: 1, workspace: 2, processor: 3, selector: 3 };

/** A word that ends with a slash goes on: no blank after it. What bash splits at colons, it replaces from there. */
const BASH = `_headgate() {
  local IFS=$'\\n' words word typed before
  words=($(headgate __complete --line "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
  COMPREPLY=()
  if [[ \${words[0]} == "${FILES}" ]]; then
    compopt -o default
    return
  fi
  typed=\${COMP_LINE:0:COMP_POINT}
  typed=\${typed##*[[:space:]]}
  before=
  [[ $typed == *:* ]] && before=\${typed%:*}:
  for word in "\${words[@]}"; do
    [[ $word == */ ]] && compopt -o nospace
    word=\${word#"$before"}
    printf -v word %q "$word"
    COMPREPLY+=("$word")
  done
}
complete -F _headgate headgate`;

const ZSH = `#compdef headgate
_headgate() {
  local -a found
  found=("\${(@f)$(headgate __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${found[1]} == "${FILES}" ]]; then
    _files
    return
  fi
  found=(\${found:#})
  compadd -S '' -- \${(M)found:#*/}
  compadd -- \${found:#*/}
}
compdef _headgate headgate`;

const FISH = `function __headgate_complete
  set -l found (headgate __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test "$found[1]" = "${FILES}"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c headgate -f -a '(__headgate_complete)'`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
