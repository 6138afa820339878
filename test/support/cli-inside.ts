// The command line in the test's own process, for tests of what verbs say and do: wired, printed and closed as in
// `headgate`, without the start of a process, which costs most of a second. What is about the process (signals, pipes,
// exit codes by a signal, what is loaded) stands on cli-process.ts. Judges nothing.
import { Writable } from "node:stream";
import { runCommandLine } from "../../src/bin/command-line.js";
import { openTerminal } from "../../src/bin/terminal.js";
import { readEnvironment } from "../../src/config/environment.js";
import { openCli } from "./cli-process.js";
import type { Cli, CliCall, CliRun } from "./cli-process.js";

/**
 * The same calls as of processes. Only one may be open: this process moves into its folder until it is removed. A call
 * with standard input is a process, because a process has only one of that.
 */
export function openCliInside(variables: Readonly<Record<string, string>>): Cli {
  const cli = openCli(variables);
  const before = process.cwd();
  process.chdir(cli.folder);
  const { PATH, HOME } = readEnvironment();
  const env = { PATH, HOME, NO_COLOR: "1", ...variables };
  return {
    ...cli,
    run: (args, call = {}) =>
      call.input === undefined
        ? runInside(args, { env: { ...env, ...call.variables }, watch: call })
        : cli.run(args, call),
    remove: () => {
      process.chdir(before);
      cli.remove();
    },
  };
}

interface InnerCall {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly watch: Pick<CliCall, "interruptAt" | "onPrinted">;
}

async function runInside(args: readonly string[], { env, watch }: InnerCall): Promise<CliRun> {
  const told = { stdout: "", stderr: "" };
  const interruption = new AbortController();
  const toStream = (name: keyof typeof told): Writable =>
    new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        told[name] += text;
        const printed = told.stdout + told.stderr;
        watch.onPrinted?.(printed);
        if (watch.interruptAt?.test(printed) === true) interruption.abort();
        done();
      },
    });
  const streams = { stdin: {}, stdout: toStream("stdout"), stderr: toStream("stderr") };
  const code = await runCommandLine(
    {
      terminal: openTerminal(streams as never, true),
      env,
      interruption: () => interruption.signal,
    },
    args,
  );
  return { code, ...told };
}
