// One scenario: all contenders on one stack, in turn, round by round. Everybody's turn begins with a new process and a
// run that is not measured, so that all are equally warm.
import type { Build } from "./builds.js";
import type { Contender, ContenderSession } from "./contenders/contender.js";
import { createHeadgateContender } from "./contenders/headgate.js";
import { createScriptContender } from "./contenders/script.js";
import type { StartLimits } from "./contenders/script.js";
import { measureSpan } from "./meters.js";
import type { BenchSpan } from "./meters.js";
import { BARE, QUEUE } from "./names.js";
import type { DuelScenario } from "./scenarios.js";
import { showSeconds } from "./spread.js";
import { startBenchStack } from "./stack.js";
import type { BenchStack } from "./stack.js";

export interface DuelBuilds {
  readonly current: Build;
  readonly old: Build | undefined;
}

export interface DuelResult {
  readonly scenario: DuelScenario;
  /** By contender, round by round. */
  readonly spans: Readonly<Record<string, readonly (readonly BenchSpan[])[]>>;
  /** What was not as it must be; empty if all was. */
  readonly faults: readonly { readonly contender: string; readonly fault: string }[];
}

/** One cap for all: open changes of a project are starts of a project for the scripts. */
const CAPS: StartLimits = {
  startsAtOnce: 128,
  startsPerProject: 2_000,
  startsPerWorkspace: 50,
  pollMs: 5_000,
};

const SETTINGS = {
  // A workspace is due when the bench says so.
  pass: { HEADGATE_INTERVAL: "1d" },
  recover: {
    HEADGATE_CAP_PER_PROJECT: String(CAPS.startsPerProject),
    HEADGATE_CAP_PER_WORKSPACE: String(CAPS.startsPerWorkspace),
    HEADGATE_PLANNED_MAX: "5000",
  },
} as const;

export async function runDuel(
  scenario: DuelScenario,
  builds: DuelBuilds,
  say: (text: string) => void,
): Promise<DuelResult> {
  const stack = await startBenchStack(scenario.fleet, ["headgate", "headgate_old"]);
  const spans: Record<string, BenchSpan[][]> = {};
  const faults: { contender: string; fault: string }[] = [];
  try {
    const contenders = await createContenders(stack, scenario, builds);
    for (let round = 0; round < scenario.rounds; round += 1) {
      // Another one is first each time.
      const first = round % contenders.length;
      for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        const turn = await takeTurn(stack, scenario, contender);
        (spans[contender.name] ??= []).push(turn.spans);
        faults.push(...turn.faults.map((fault) => ({ contender: contender.name, fault })));
        const walls = turn.spans.map(({ wallMs }) => showSeconds(wallMs));
        say(`  round ${String(round + 1)}, ${contender.name}: ${[...walls, ...turn.faults].join(", ")}`);
      }
    }
  } finally {
    await stack.stop();
  }
  return { scenario, spans, faults };
}

async function createContenders(
  stack: BenchStack,
  { act, hasOld }: DuelScenario,
  { current, old }: DuelBuilds,
): Promise<readonly Contender[]> {
  const common = { settings: SETTINGS[act], isFresh: act === "recover" };
  const contenders = [
    await createHeadgateContender(stack, { build: current, id: "headgate", ...common }),
    await createScriptContender(stack, { name: BARE, script: "bare", database: "bare" }, CAPS),
    await createScriptContender(stack, { name: QUEUE, script: "job-queue", database: "jobs" }, CAPS),
  ];
  if (old !== undefined && hasOld) {
    contenders.push(await createHeadgateContender(stack, { build: old, id: "headgate_old", ...common }));
  }
  return contenders;
}

interface Turn {
  readonly spans: BenchSpan[];
  readonly faults: readonly string[];
}

/** Whatever goes wrong is a fault of this contender's: the others have their turns. */
async function takeTurn(stack: BenchStack, scenario: DuelScenario, contender: Contender): Promise<Turn> {
  const spans: BenchSpan[] = [];
  const faults: string[] = [];
  try {
    await stack.atlas.setAll("STARTED");
    const session = await contender.open();
    try {
      await session.makeReady();
      await session.pass();
      for (let pass = 0; pass < scenario.passes; pass += 1) {
        const measured = await measureOne(stack, scenario, session);
        spans.push(...measured.spans);
        faults.push(...measured.faults);
      }
    } finally {
      await session.close();
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  return { spans, faults };
}

async function measureOne(
  stack: BenchStack,
  { act, fleet }: DuelScenario,
  session: ContenderSession,
): Promise<Turn> {
  await session.makeReady();
  // What was written before is on the disk: no checkpoint of it falls into the span.
  await stack.admin.query("checkpoint");
  if (act === "recover") await stack.atlas.setAll("FAILED");
  const { span, calls } = await measureSpan(stack, session, () =>
    act === "pass" ? session.pass() : session.recover(),
  );
  const failing = (await session.countErrors?.()) ?? 0;
  const { posts } = calls;
  const isOnce = posts.size === fleet.processors && [...posts.values()].every((sent) => sent === 1);
  const faults: readonly (readonly [boolean, string])[] = [
    [span.failedBatches > 0, `${String(span.failedBatches)} batches failed`],
    [failing > 0, `${String(failing)} workspaces have an error`],
    [act === "recover" && !isOnce, `${String(posts.size)} processors posted to, not each of them once`],
  ];
  return { spans: [span], faults: faults.filter(([is]) => is).map(([, fault]) => fault) };
}
