// The scenarios in which contenders take turns: how large the fleet is, what is done to it, how often.
import type { BenchFleet } from "./fleet.js";

export interface DuelScenario {
  readonly name: string;
  readonly title: string;
  /** For the chart. */
  readonly short: string;
  readonly fleet: BenchFleet;
  /** A pass over a fleet that is as declared, or the recovery of one that is FAILED from end to end. */
  readonly act: "pass" | "recover";
  /** In each every contender has its turn, with a new process. */
  readonly rounds: number;
  /** Measured in each turn, behind one that is not. */
  readonly passes: number;
  /** Whether the old build takes part. */
  readonly hasOld: boolean;
}

const PASS = "A pass over a fleet without drift";
const RECOVERY = "The recovery of a fleet that is FAILED from end to end";

export const FULL: readonly DuelScenario[] = [
  {
    name: "pass-10k",
    short: "pass, 10,000 processors",
    title: `${PASS}: 10,000 processors in 500 workspaces`,
    fleet: { processors: 10_000, workspaces: 500 },
    act: "pass",
    rounds: 4,
    passes: 3,
    hasOld: true,
  },
  {
    name: "pass-100k",
    short: "pass, 100,000 processors",
    title: `${PASS}: 100,000 processors in 5,000 workspaces`,
    fleet: { processors: 100_000, workspaces: 5_000 },
    act: "pass",
    rounds: 3,
    passes: 2,
    // One pass of it does not get through so large a fleet.
    hasOld: false,
  },
  {
    name: "recovery-600",
    short: "recovery, 600 FAILED",
    title: `${RECOVERY}: 600 processors in 100 workspaces`,
    fleet: { processors: 600, workspaces: 100 },
    act: "recover",
    rounds: 2,
    passes: 1,
    hasOld: true,
  },
  {
    name: "recovery-5000",
    short: "recovery, 5,000 FAILED",
    title: `${RECOVERY}: 5,000 processors in 100 workspaces`,
    fleet: { processors: 5_000, workspaces: 100 },
    act: "recover",
    rounds: 2,
    passes: 1,
    // It would take a quarter of an hour; what a start costs it shows with 600.
    hasOld: false,
  },
];

/** The same, small: to see that all of it works. */
export const QUICK: readonly DuelScenario[] = FULL.filter(({ hasOld }) => hasOld).map((scenario) => ({
  ...scenario,
  title: `${scenario.title}, at a twentieth`,
  fleet: {
    processors: scenario.fleet.processors / 20,
    workspaces: scenario.fleet.workspaces / 20,
  },
  rounds: 1,
  passes: 1,
}));

/** What commands are tried beside: a small fleet and a large one. */
export const LOOKED_AT: readonly BenchFleet[] = [
  { processors: 1_000, workspaces: 50 },
  { processors: 100_000, workspaces: 5_000 },
];
export const LOOKED_AT_QUICKLY: readonly BenchFleet[] = [
  { processors: 100, workspaces: 5 },
  { processors: 1_000, workspaces: 50 },
];

/** What \`headgate dev\` watches. */
export const WATCHED: readonly BenchFleet[] = [
  { processors: 1_000, workspaces: 50 },
  { processors: 10_000, workspaces: 500 },
];
