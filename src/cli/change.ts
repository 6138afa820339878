// `start`, `stop`, `restart` and `changes cancel`: a person's changes.
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import type { PersonRequest, RequestedChange } from "../app/change.js";
import { formatProcessorRef } from "../domain/refs.js";
import type { ProcessorRef } from "../domain/refs.js";
import { toDurationMs, toRef, toStartOptions, toTier, toTime } from "./arguments.js";
import type { StartFlags } from "./arguments.js";
import type { CliContext } from "./context.js";
import { EXIT } from "./context.js";
import { toText } from "./plan.js";

type Exit = (code: number) => void;

interface StartCommandFlags extends StartFlags {
  readonly wait: boolean;
  readonly yes: boolean;
  readonly reason: string;
}

function startLike(context: CliContext, kind: "start" | "restart", exit: Exit): Command {
  return new Command(kind)
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .option(
      "--tier <tier>",
      "SP2, SP5, SP10, SP30 or SP50; it stands until a new policy version or the next slot",
      toTier,
    )
    .option("--no-resume", "start fresh: discards the checkpoint")
    .option("--at <time>", "ISO 8601 UTC: change streams report from there; discards the checkpoint", toTime)
    .option("--reason <text>", "kept with the change", "asked for by a person")
    .option("--wait", "until it has ended", false)
    .option("-y, --yes", "do not ask", false)
    .action(async (ref: ProcessorRef, flags: StartCommandFlags) => {
      const options = toStartOptions(flags);
      const discards = flags.at !== undefined || !flags.resume;
      const question = `${kind} ${formatProcessorRef(ref)} and discard its checkpoint?`;
      if (discards && !flags.yes && !(await context.terminal.confirm(question))) {
        context.terminal.note("Nothing was done. Use --yes to go on without being asked.");
        exit(EXIT.failed);
        return;
      }
      exit(await carryOut(context, { request: { ref, kind, why: flags.reason, options }, wait: flags.wait }));
    });
}

export function createStart(context: CliContext, exit: Exit): Command {
  return startLike(context, "start", exit)
    .description("start one processor, with its declared options or these")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate start 32b6e34b3d91647abb20e7b8/orders/clicks --wait" +
        "\n  $ headgate start 32b6e34b3d91647abb20e7b8/orders/clicks --at 2026-05-04T09:42:00Z --tier SP30",
    );
}

export function createRestart(context: CliContext, exit: Exit): Command {
  return startLike(context, "restart", exit)
    .description("stop and start one processor; what it stops, it starts")
    .addHelpText(
      "after",
      "\nExample:\n  $ headgate restart 32b6e34b3d91647abb20e7b8/orders/clicks --tier SP30 --wait",
    );
}

interface StopFlags {
  readonly suspend?: number;
  readonly wait: boolean;
  readonly reason: string;
}

export function createStop(context: CliContext, exit: Exit): Command {
  return new Command("stop")
    .description("stop one processor; one that is declared STARTED needs --suspend")
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .option("--suspend <duration>", "and leave it alone for so long, for example 4h", toDurationMs)
    .option("--reason <text>", "kept with the change", "asked for by a person")
    .option("--wait", "until it has ended", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ headgate stop 32b6e34b3d91647abb20e7b8/orders/clicks --suspend 4h --wait",
    )
    .action(async (ref: ProcessorRef, flags: StopFlags) => {
      const suspendForMs = flags.suspend === undefined ? {} : { suspendForMs: flags.suspend };
      const request = { ref, kind: "stop", why: flags.reason, options: null, ...suspendForMs } as const;
      exit(await carryOut(context, { request, wait: flags.wait }));
    });
}

async function carryOut(
  context: CliContext,
  asked: { readonly request: PersonRequest; readonly wait: boolean },
): Promise<number> {
  const { terminal } = context;
  const { requestChange } = await import("../app/change.js");
  const change: RequestedChange = await requestChange(await context.app(), asked.request);
  const verb = change.kind === "joined" ? "joined the running" : "began the";
  terminal.note(
    `${verb} ${asked.request.kind} of ${formatProcessorRef(asked.request.ref)} (run ${change.runId})`,
  );
  if (!asked.wait) {
    terminal.note("It goes on without you; headgate get changes shows how it ends.");
    return EXIT.done;
  }
  const { outcome, text } = await showingProgress(context, asked.request.ref, change.result());
  terminal.out(`${outcome}: ${text}`);
  return outcome === "succeeded" ? EXIT.done : EXIT.failed;
}

const LOOK_MS = 500;

/** Tells every state the processor goes through until the change has ended. */
async function showingProgress<Result>(
  { app, terminal }: CliContext,
  ref: ProcessorRef,
  ended: Promise<Result>,
): Promise<Result> {
  const watching = new AbortController();
  const watch = async (): Promise<void> => {
    const { getProcessors } = await import("../app/get.js");
    const deps = await app();
    let shown = "";
    while (!watching.signal.aborted) {
      const [row] = await getProcessors(deps, { ...ref, limit: 1 });
      const text = toText(row?.state, row?.tier);
      if (text !== shown) terminal.note(`  ${text}`);
      shown = text;
      await delay(LOOK_MS);
    }
  };
  const watched = watch();
  try {
    return await ended;
  } finally {
    watching.abort();
    await watched;
  }
}

export function createChanges(context: CliContext): Command {
  const cancel = new Command("cancel")
    .description("end one running change; what a restart still owes is released")
    .argument("<id>", "as headgate get changes shows it")
    .addHelpText("after", "\nExample:\n  $ headgate changes cancel 0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11")
    .action(async (id: string) => {
      const { cancelChange } = await import("../app/exceptions.js");
      const open = await cancelChange(await context.app(), id);
      context.terminal.note(`asked the ${open.kind} of ${formatProcessorRef(open.ref)} to end`);
    });
  return new Command("changes").description("running changes").addCommand(cancel);
}
