// `notify test`: whether word gets out, channel by channel, without anything having to happen first.
import { Command } from "commander";
import { CHANNELS } from "../../../domain/tell/notices.js";
import type { ChannelName } from "../../../domain/tell/notices.js";
import { toChannel, toEach, toFormat } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { printDocument } from "../../terminal/output.js";

interface TestFlags {
  readonly channel?: readonly ChannelName[];
  readonly output: Format;
}

export function createNotify(context: CliContext, exit: (code: number) => void): Command {
  const test = new Command("test")
    .description("send a test to each channel now and say what it answered; exit 1 if one did not take it")
    .option("--channel <channel...>", `only to these: ${CHANNELS.join(", ")}`, toEach(toChannel))
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText("after", "\nExamples:\n  $ headgate notify test\n  $ headgate notify test --channel slack")
    .action(async ({ channel = [], output }: TestFlags) => {
      const { terminal, programs } = context;
      const tested = await programs.testChannels(channel);
      if (output === "table") {
        for (const { channel: name, outcome, answer } of tested) {
          const tone = outcome === "delivered" ? "good" : "bad";
          terminal.line(name.padEnd(9), { text: outcome.padEnd(11), tone }, answer);
        }
      } else {
        await printDocument(terminal, output, tested);
      }
      if (tested.some(({ outcome }) => outcome !== "delivered")) exit(EXIT.failed);
    });
  return new Command("notify").description("the channels that word goes out by").addCommand(test);
}
