// What each shell is given to complete this program: a script that asks the hidden verb and shows what it answers.

// A shell gets one answer: a line per candidate. The scripts decide nothing, so that a new verb or option needs no new
// script; who has sourced an old one is completed all the same.
//
// Errors go nowhere (2>/dev/null): a complaint in the middle of what somebody types would be worse than no candidate.
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Answered instead of words if a file is wanted: the shell completes those itself. */
export const FILES = ":files";

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

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
