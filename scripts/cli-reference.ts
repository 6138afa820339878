// docs/cli.md, from the command line's own definitions: every verb with its usage, arguments, options and examples. The
// words are the help's; nothing is written twice.
import type { Argument, Command, Option } from "commander";
import type { CliContext } from "../src/cli/terminal/context.js";
import { formatDocument } from "./format-document.js";
import { createProgram } from "../src/cli/program.js";

/** The whole document, formatted. */
export function renderReference(): Promise<string> {
  // Nothing is run: of its context a program that is only described reads the version alone.
  const program = createProgram({ version: "" } as CliContext, () => undefined);
  const verbs = program.commands.flatMap((command) => toVerbs(command, ["headgate"]));
  return formatDocument([
    "# The command line",
    "",
    "Generated from the program by `npm run docs`; a test fails if it is out of date.",
    "",
    toCommon(program),
    ...verbs.map(toSection),
  ]);
}

interface Verb {
  readonly path: readonly string[];
  readonly command: Command;
}

/** Groups such as `get` have no section of their own. */
function toVerbs(command: Command, above: readonly string[]): readonly Verb[] {
  const path = [...above, command.name()];
  if (isHidden(command)) return [];
  return command.commands.length === 0
    ? [{ path, command }]
    : command.commands.flatMap((child) => toVerbs(child, path));
}

/** Commander keeps it out of the help and out of its own types. */
function isHidden(command: Command): boolean {
  return (command as unknown as { readonly _hidden?: boolean })._hidden === true;
}

function toCommon(program: Command): string {
  const texts = readAfterHelp(program).trim();
  return `${texts}\n\n${toList(program.options)}\n`;
}

function toSection({ path, command }: Verb): string {
  const blocks = [
    `## ${path.join(" ")}\n`,
    `${toSentence(command.description())}\n`,
    `\`\`\`\n${path.slice(0, -1).join(" ")} ${command.name()} ${command.usage()}\n\`\`\`\n`,
    command.registeredArguments.map(toArgument).join("\n"),
    toList(command.options),
    toFenced(readAfterHelp(command)),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

const toSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function toArgument(argument: Argument): string {
  return `\`${argument.name()}\`: ${escapeStars(argument.description)}\n`;
}

function toList(options: readonly Option[]): string {
  const lines = options.map(({ flags, description, defaultValue, defaultValueDescription, mandatory }) => {
    const shown = defaultValueDescription ?? toDefault(defaultValue);
    const note = mandatory ? " (required)" : shown === "" ? "" : ` (default: ${shown})`;
    return `- \`${flags}\`: ${escapeStars(`${description}${note}`)}`;
  });
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function toDefault(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Of a selector, not of Markdown. */
const escapeStars = (text: string): string => text.replaceAll("*", "\\*");

/** What the help says after the options: examples, mostly. */
function readAfterHelp(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const standard = command.helpInformation();
  return text.replace(standard, "").trim();
}

function toFenced(text: string): string {
  return text === "" ? "" : `\`\`\`\n${text}\n\`\`\`\n`;
}
