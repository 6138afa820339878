// `dev`: the embedded stack, the sample fleet on its way to its policies, and how to go on from there. With --once it
// ends by itself and its exit code says whether the fleet got there.
import { setTimeout as delay } from "node:timers/promises";
import { Command, Option } from "commander";
import type { FleetRow } from "../../../app/look/fleet.js";
import type { FleetLook, FleetWatch } from "../../../app/look/fleet-watch.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import { toDurationMs, toFormat, toPort } from "../../typed/arguments.js";
import type { CliContext, RunningStack, Terminal } from "../../terminal/context.js";
import { EXIT, UsageError } from "../../terminal/context.js";
import { createFleetView, formatFleet, toFleetDocument } from "../../terminal/fleet-view.js";
import { printDocument } from "../../terminal/output.js";
import type { Format } from "../../terminal/output.js";
import { noticeOutages, tellingOutages } from "../../terminal/watch.js";

// It is the whole program on one machine, for trying things: the same worker, migrations and verbs as in production.
// Parts that the environment names (DATABASE_URL and so on) are used instead of being started, so that it can also run
// against a real Atlas. Then nothing of the sample is applied.
interface DevFlags {
  readonly once: boolean;
  readonly fresh: boolean;
  readonly timeout: number;
  readonly output: Format;
  readonly postgresPort: number;
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly simPort: number;
  readonly serverPort: number;
  readonly simScript?: string;
}

/** A slow machine first has to start Postgres and Temporal; the sample then waits for its back-offs. */
const FIVE_MINUTES_MS = 300_000;
/** The view is read from Postgres: twice a second looks alive, and costs one SELECT each while nothing moves. */
const LOOK_MS = 500;

export function createDev(context: CliContext, exit: (code: number) => void): Command {
  return new Command("dev")
    .description(
      "run a whole Headgate on this machine: Postgres, Temporal, a simulated Atlas with a sample fleet, a worker, a server",
    )
    .option("--once", "end when the fleet has converged: exit 0, else 1", false)
    .addOption(
      new Option("--timeout <duration>", "how long --once waits")
        .argParser(toDurationMs)
        .default(FIVE_MINUTES_MS, "5m"),
    )
    .option("--fresh", "drop what earlier runs left in .headgate first", false)
    .option("-o, --output <format>", "table, json or yaml: what --once prints at its end", toFormat, "table")
    .option("--postgres-port <port>", "0 takes a free one", toPort, 0)
    .option("--temporal-port <port>", "0 takes a free one", toPort, 0)
    .option("--ui-port <port>", "of Temporal's UI; 0 takes a free one", toPort, 0)
    .option("--sim-port <port>", "of the simulated Atlas; 0 takes a free one", toPort, 0)
    .option("--server-port <port>", "of Headgate's HTTP server; 0 takes a free one", toPort, 0)
    .option("--sim-script <file>", "faults of the simulated Atlas, as JSON, beside those of the sample")
    .addHelpText(
      "after",
      "\nUses DATABASE_URL, TEMPORAL_ADDRESS and MONGODB_ATLAS_* if they are set." +
        "\n\nExamples:\n  $ headgate dev\n  $ headgate dev --once -o json",
    )
    .action(async (flags: DevFlags) => {
      exit(await runDev(context, flags));
    });
}

/**
 * Starts the stack, watches, and stops the stack whatever happened: a part that outlived the command would hold its
 * ports and its folder against the next one.
 */
async function runDev(context: CliContext, flags: DevFlags): Promise<number> {
  const { programs, terminal } = context;
  const { fresh, postgresPort, temporalPort, uiPort, simPort, serverPort } = flags;
  const ports = {
    postgres: postgresPort,
    temporal: temporalPort,
    ui: uiPort,
    simulator: simPort,
    server: serverPort,
  };
  // Read before anything is started: a mistake in it should not cost a minute.
  const simScript = flags.simScript === undefined ? [] : await readScript(context, flags.simScript);
  const stack = await programs.startStack({ fresh, ports, simScript });
  try {
    const { getClock } = await import("../../../app/look/get.js");
    // Taken before the sample is applied, so that its first changes count as this run's.
    const since = await getClock(stack.app);
    await begin(terminal, stack);
    // Whatever ends first ends the others: a dead part must not leave the view running.
    const watching = new AbortController();
    const watch = { stack, since, flags, signal: watching.signal };
    // With --once a person's Ctrl-C is no success: the fleet did not get there.
    const ended = stack.interrupted.then(() => (flags.once ? EXIT.failed : EXIT.done));
    try {
      return await Promise.race([watchUntilDone(terminal, watch), stack.failed, ended]);
    } finally {
      watching.abort();
    }
  } finally {
    terminal.note("Ending the stack ...");
    await stack.stop();
  }
}

async function readScript({ readFile }: CliContext, path: string): Promise<readonly unknown[]> {
  const text = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`--sim-script ${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    // One rule may stand alone: that is how people try one.
    const script: unknown = JSON.parse(text.toString());
    return Array.isArray(script) ? (script as unknown[]) : [script];
  } catch {
    throw new UsageError(`--sim-script ${path}: not JSON`);
  }
}

/** The sample goes only into a database that holds no policy, and only where the simulator stands in for Atlas. */
async function begin(terminal: Terminal, { app, isSimulated, sample }: RunningStack): Promise<void> {
  const { hasPolicies } = await import("../../../app/look/get.js");
  const isEmpty = !(await hasPolicies(app));
  if (!isSimulated) {
    terminal.note(...(isEmpty ? HOW_TO_BEGIN : ["The stored policies are in force against your Atlas."]));
    return;
  }
  if (!isEmpty) {
    terminal.note("The policies of earlier runs are in force.");
    return;
  }
  const { apply, planApply } = await import("../../../app/declare/apply.js");
  const { parsePolicyFiles } = await import("../../../policy-file/document.js");
  const parsed = parsePolicyFiles([sample]);
  // Ours, and tested: a broken build rather than a mistake of the person.
  if (parsed.kind === "faulty") throw new Error(`${sample.name} is faulty`);
  const plan = await planApply(app, { ...parsed.set, prune: false });
  await apply(app, plan);
  terminal.note(`${String(plan.writes.length)} sample policies applied, from ${sample.name}.`);
}

const HOW_TO_BEGIN = [
  "Connected to your Atlas; nothing is declared, so nothing will be changed. To begin:",
  "  1. copy one document of samples/fleet.yaml; put in your project, workspace and processors, with mode: observe",
  "  2. npx headgate apply -f FILE     declare it; with mode: observe Headgate looks, and touches nothing",
  "  3. npx headgate plan              what it sees, and what it would do, and why",
  "  4. when you like that, set mode: enforce and apply again",
] as const;

/** What the watching of one run rests on. */
interface Watch {
  readonly stack: RunningStack;
  readonly since: number;
  readonly flags: DevFlags;
  readonly signal: AbortSignal;
}

/** With --once: until the fleet has converged or time is up; its exit code. Without: until it is aborted. */
async function watchUntilDone(terminal: Terminal, watch: Watch): Promise<number> {
  const { stack, since, flags, signal } = watch;
  const { watchFleet } = await import("../../../app/look/fleet-watch.js");
  const fleet = watchFleet(stack.app, since);
  const view = createFleetView(terminal);
  const goal = createGoal(findExpectedRefusals(stack));
  const giveUpAt = performance.now() + flags.timeout;
  // One memory of outages for the whole watch: each is noted once.
  const onLook = noticeOutages(tellingOutages(terminal));
  let hasConverged = false;
  for (;;) {
    const look = await lookThrough({ fleet, goal }, onLook);
    const isLate = performance.now() >= giveUpAt;
    // Postgres is away. That is no reason to end: it may be restarted meanwhile. For --once the time runs on.
    if (look === undefined) {
      if (flags.once && isLate) return EXIT.failed;
      await delay(LOOK_MS, undefined, { signal });
      continue;
    }
    const isDone = goal.isReached();
    // A fleet with schedules leaves the goal and comes back to it every night: what to try next stays.
    hasConverged ||= isDone;
    const next = hasConverged && !flags.once ? HOW_TO_GO_ON : [];
    view.show(look.rows, { ...fleet, open: goal.countOpen(), next });
    if (flags.once && (isDone || isLate)) {
      const rows = fleet.rows();
      return await finish(terminal, { rows, open: rows.filter(goal.isOpen), watch });
    }
    await delay(LOOK_MS, undefined, { signal });
  }
}

const HOW_TO_GO_ON = [
  "",
  "The fleet has converged. Headgate goes on reconciling until Ctrl-C. Try next, in a second terminal in this folder:",
  "  npx headgate get processors    declared, observed, and why each is as it is",
  "  npx headgate get changes       what was done, by whom, and how it ended",
  "  npx headgate plan              what the next pass would do, and why",
  'README.md, "A first session", goes on from there.',
] as const;

/** Where the fleet should end, followed from look to look. */
interface Goal {
  /** Not where it should end: neither settled, nor refused where the sample says that it will be. */
  readonly isOpen: (row: FleetRow) => boolean;
  readonly follow: (look: FleetLook) => void;
  /** An empty fleet has not converged: the first pass has not seen anything yet. */
  readonly isReached: () => boolean;
  readonly countOpen: () => number;
}

function createGoal(expected: ReadonlySet<string>): Goal {
  const known = new Set<string>();
  const open = new Set<string>();
  const isOpen = ({ ref, standing }: FleetRow): boolean =>
    standing !== (expected.has(formatProcessorRef(ref)) ? "refused" : "settled");
  return {
    isOpen,
    follow: ({ rows, gone }) => {
      for (const name of gone) {
        known.delete(name);
        open.delete(name);
      }
      for (const row of rows) {
        const name = formatProcessorRef(row.ref);
        known.add(name);
        if (isOpen(row)) open.add(name);
        else open.delete(name);
      }
    },
    isReached: () => known.size > 0 && open.size === 0,
    countOpen: () => open.size,
  };
}

/**
 * Undefined during an outage of the store. A goal that seems to be reached is looked at as a whole once more: what no
 * line of the journal tells of may have moved a processor that had settled.
 */
async function lookThrough(
  { fleet, goal }: { readonly fleet: FleetWatch; readonly goal: Goal },
  onLook: ReturnType<typeof noticeOutages>,
): Promise<FleetLook | undefined> {
  try {
    const wasReached = goal.isReached();
    let look = await fleet.look();
    goal.follow(look);
    if (goal.isReached() && !wasReached) {
      look = await fleet.lookAtAll();
      goal.follow(look);
    }
    onLook();
    return look;
  } catch (error) {
    if (!onLook(error)) throw error;
    return undefined;
  }
}

async function finish(
  terminal: Terminal,
  end: { readonly rows: readonly FleetRow[]; readonly open: readonly FleetRow[]; readonly watch: Watch },
): Promise<number> {
  const { rows, open, watch } = end;
  const { output } = watch.flags;
  const converged = open.length === 0 && rows.length > 0;
  if (output === "table") terminal.out(formatFleet(rows));
  else
    await printDocument(
      terminal,
      output,
      toFleetDocument(rows, { converged, temporalUi: watch.stack.temporalUi }),
    );
  // "settled" among the open: it was to be refused and was not.
  for (const row of open) {
    const what =
      row.standing === "settled" ? "was expected to be refused" : `did not converge (${row.standing})`;
    terminal.note(`${formatProcessorRef(row.ref)} ${what}: ${row.why}`);
  }
  terminal.note(
    converged
      ? `Converged: ${String(rows.length)} processors.`
      : `Not converged: ${String(open.length)} of ${String(rows.length)} processors.`,
  );
  return converged ? EXIT.done : EXIT.failed;
}

/** The sample names the starts that Atlas refuses in comments: `# headgate: expect-refused REF`. */
function findExpectedRefusals({ isSimulated, sample }: RunningStack): ReadonlySet<string> {
  if (!isSimulated) return new Set();
  return new Set([...sample.text.matchAll(/# headgate: expect-refused (\S+)/g)].map(([, ref = ""]) => ref));
}
