// `sim`: the simulated Atlas as a program of its own. The simulator is loaded only when the verb runs.
import { Command } from "commander";
import type { CliContext, SimOptions } from "../../terminal/context.js";
import { LIST_FORMATS, printListing } from "../../terminal/output.js";
import type { ListFormat } from "../../terminal/output.js";
import { toListFormat, toPort, toSeed, toTimeScale } from "../../typed/arguments.js";

/** As Commander hands them over: the simulator's own options, and how its switches are listed. */
interface SimFlags extends Omit<SimOptions, "set"> {
  readonly set?: readonly string[];
  readonly listSettings: boolean;
  /** Of --list-settings alone: a running simulator prints JSON lines. */
  readonly output: ListFormat;
}

// Its options are the simulator's own, checked there: here only what is a number or a choice is read. A wrong one ends
// with exit code 2 as everywhere, because its error is known by its name.
export function createSim(context: CliContext, exit: (code: number) => void): Command {
  return new Command("sim")
    .description("run a simulated Atlas: the API of stream processing, with scripted faults")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "0 takes a free one", toPort, 0)
    .option("--fleet <NxM>", "N processors in M workspaces, made up")
    .option("--sample", "the sample fleet of headgate dev", false)
    .option("--seed <n>", "of the made-up fleet and of random faults", toSeed, 1)
    .option("--script <file>", "faults, as JSON")
    .option("--time-scale <x>", "simulated seconds per second", toTimeScale, 1)
    .option("--state <file>", "keep the world there between runs")
    .option("--log <file>", "write one JSON line per request there")
    .option("--tls-cert <file>", "serve https with this certificate (PEM)")
    .option("--tls-key <file>", "and its key (PEM)")
    .option("--set <name=value...>", "one switch, delay or limit; may be given again")
    .option("--list-settings", "print what --set knows, with defaults, meanings and sources", false)
    .option("-o, --output <format>", `of --list-settings: ${LIST_FORMATS.join(", ")}`, toListFormat, "table")
    .addHelpText("after", SIM_HELP)
    .action(async (flags: SimFlags) => {
      // What is left is the simulator's, whole: a new option of it needs no line here.
      const { listSettings, output, ...options } = flags;
      if (listSettings) await printSettings(context, output);
      else exit(await context.programs.sim({ ...options, set: flags.set ?? [] }));
    });
}

/** What nobody would find in the options. */
const SIM_HELP = `
Once it listens it prints one JSON line: its url, credentials (those of MONGODB_ATLAS_*, else made up) and projects.
Callers on this machine reach its log, faults and world under /_sim/.

Examples:
  $ headgate sim --fleet 200x10 --seed 7 --port 8080
  $ headgate sim --sample --time-scale 50 --set oauth.tokensPerMinute=1000
  $ headgate sim --list-settings -o json`;

/** As data, so that scripts and documents can be made from it. */
async function printSettings({ programs, terminal }: CliContext, format: ListFormat): Promise<void> {
  await printListing(terminal, format, {
    pages: [await programs.listSimSettings()],
    name: ({ name }) => name,
    columns: [
      { title: "NAME", cell: ({ name }) => name },
      { title: "DEFAULT", cell: (row) => String(row.default) },
      { title: "ALLOWED", cell: ({ allowed }) => allowed },
      { title: "MEANING", cell: ({ meaning }) => meaning },
      { title: "SOURCE", cell: ({ source }) => source },
    ],
    empty: "No settings.",
  });
}
