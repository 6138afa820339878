// The flags of `start` and `restart`, one per start option, made from the table of options: their help, their order and
// how a value is read. Whoever adds an option adds its flag there; only a new kind of value needs a reader here.
import { Option } from "commander";
import type { Command } from "commander";
import { START_OPTIONS, collectStartOptions } from "../../domain/start-options.js";
import type {
  StartOptionName,
  StartOptions,
  StartValue,
  StartValueKinds,
} from "../../domain/start-options.js";
import { toTier, toTime } from "./arguments.js";

/** As Commander hands them over, by its own names for the flags: `resume` for --no-resume. */
export type StartFlags = Readonly<Record<string, unknown>>;

/** A switch takes no value. */
const READERS: {
  readonly [Kind in keyof StartValueKinds]: ((text: string) => StartValueKinds[Kind]) | null;
} = {
  tier: toTier,
  switch: null,
  time: toTime,
};

export function takingStartOptions(command: Command): Command {
  for (const { kind, flag } of Object.values(START_OPTIONS)) {
    const read: ((text: string) => StartValue) | null = READERS[kind];
    if (read === null) command.option(flag.flags, flag.help);
    else command.option<StartValue>(flag.flags, flag.help, read);
  }
  return command;
}

/** What a person asks of one start; null if no flag was given: as declared. */
export function toAskedOptions(flags: StartFlags): StartOptions | null {
  const options = collectStartOptions((name) => toGiven(name, flags));
  return Object.keys(options).length === 0 ? null : options;
}

function toGiven(name: StartOptionName, flags: StartFlags): StartValue | undefined {
  const { kind, flag } = START_OPTIONS[name];
  const option = new Option(flag.flags);
  const value = flags[option.attributeName()] as StartValue | undefined;
  // Commander gives a --no-x that was not typed the value true: only what the flag itself says counts.
  return kind === "switch" && value === option.negate ? undefined : value;
}
