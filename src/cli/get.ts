// `get`: what is declared, seen and done, as stored.
import { Command } from "commander";
import type * as Get from "../app/get.js";
import type {
  BudgetListing,
  ChangeListing,
  ListFilter,
  PolicyListing,
  ProcessorListing,
  WorkspaceListing,
} from "../app/get.js";
import type { AppDeps } from "../app/deps.js";
import { formatDurationMs } from "../domain/duration.js";
import {
  formatProcessorRef,
  formatWorkspaceRef,
  parseProcessorRef,
  parseWorkspaceRef,
} from "../domain/refs.js";
import { toCount, toListFormat } from "./arguments.js";
import type { CliContext } from "./context.js";
import { UsageError } from "./context.js";
import type { Column, ListFormat } from "./output.js";
import { formatAge, printListing } from "./output.js";
import { toText } from "./plan.js";

interface GetFlags {
  readonly output: ListFormat;
  readonly limit: number;
}

interface Noun<Row> {
  readonly name: string;
  readonly description: string;
  readonly list: (get: typeof Get) => (app: AppDeps, filter: ListFilter) => Promise<readonly Row[]>;
  /** What `-o name` prints. */
  readonly label: (row: Row) => string;
  readonly columns: (now: number) => readonly Column<Row>[];
}

const policies: Noun<PolicyListing> = {
  name: "policies",
  description: "what is declared, defaults merged",
  list: ({ getPolicies }) => getPolicies,
  label: ({ ref }) => formatProcessorRef(ref),
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "VERSION", cell: ({ declared }) => String(declared.version) },
    { title: "STATE", cell: ({ declared }) => declared.policy.state },
    { title: "MODE", cell: ({ declared }) => declared.policy.mode },
    { title: "TIER", cell: ({ declared }) => declared.policy.start.tier ?? "-" },
    { title: "RESTART", cell: ({ declared }) => declared.policy.restart?.cron ?? "-" },
    { title: "DECLARED", cell: ({ declared }) => formatAge(now - declared.declaredAt) },
  ],
};

const processors: Noun<ProcessorListing> = {
  name: "processors",
  description: "declared and observed state of each processor, and why it is as it is",
  list: ({ getProcessors }) => getProcessors,
  label: ({ ref }) => formatProcessorRef(ref),
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "DECLARED", cell: ({ declaredState, declaredTier }) => toText(declaredState, declaredTier) },
    { title: "OBSERVED", cell: ({ isAbsent, state, tier }) => (isAbsent ? "absent" : toText(state, tier)) },
    {
      title: "SINCE",
      cell: ({ reasonSince }) => (reasonSince === null ? "-" : formatAge(now - reasonSince)),
    },
    { title: "WHY", cell: ({ reason }) => reason ?? "not observed yet" },
  ],
};

const workspaces: Noun<WorkspaceListing> = {
  name: "workspaces",
  description: "how each workspace is observed, and what holds it",
  list: ({ getWorkspaces }) => getWorkspaces,
  label: ({ ref }) => formatWorkspaceRef(ref),
  columns: (now) => [
    { title: "WORKSPACE", cell: ({ ref }) => formatWorkspaceRef(ref) },
    { title: "OBSERVED", cell: ({ observedAt }) => formatAge(observedAt === null ? null : now - observedAt) },
    { title: "PROCESSORS", cell: (row) => String(row.processors) },
    { title: "DRIFTING", cell: ({ drifting }) => String(drifting) },
    { title: "CHANGES", cell: ({ openChanges }) => String(openChanges) },
    { title: "NOTE", cell: toWorkspaceNote },
  ],
};

function toWorkspaceNote({ heldWhy, brakedSince, isAbsent, lastError }: WorkspaceListing): string {
  if (heldWhy !== null) return `held: ${heldWhy}`;
  if (brakedSince !== null) return "held by the mutation brake: release-brake lets it go on";
  if (isAbsent) return "Atlas has no such workspace";
  return lastError ?? "";
}

const changes: Noun<ChangeListing> = {
  name: "changes",
  description: "starts, stops and restarts, newest first",
  list: ({ getChanges }) => getChanges,
  label: ({ id }) => id,
  columns: (now) => [
    { title: "ID", cell: ({ id }) => id },
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "KIND", cell: ({ kind }) => kind },
    { title: "BY", cell: ({ actor }) => actor },
    { title: "OPENED", cell: ({ openedAt }) => formatAge(now - openedAt) },
    { title: "POSTS", cell: ({ posts }) => String(posts) },
    { title: "OUTCOME", cell: ({ outcome }) => outcome ?? "running" },
    { title: "WHY", cell: ({ why, outcomeText }) => (outcomeText === null ? why : `${why}: ${outcomeText}`) },
  ],
};

const budgets: Noun<BudgetListing> = {
  name: "budgets",
  description: "calls to Atlas that each project has left; people, changes and passes share them",
  list: ({ getBudgets }) => getBudgets,
  label: ({ project }) => project,
  columns: (now) => [
    { title: "PROJECT", cell: ({ project }) => project },
    { title: "LEFT", cell: ({ left }) => String(left) },
    { title: "CAPACITY", cell: ({ capacity }) => String(capacity) },
    { title: "REFILL", cell: ({ refillPerMinute }) => `${String(refillPerMinute)}/min` },
    {
      title: "BLOCKED",
      cell: ({ blockedUntil }) =>
        blockedUntil === null || blockedUntil <= now ? "-" : `for ${formatDurationMs(blockedUntil - now)}`,
    },
  ],
};

export function createGet(context: CliContext): Command {
  const get = new Command("get").description("show what is stored");
  for (const command of [
    createNoun(context, policies),
    createNoun(context, processors),
    createNoun(context, workspaces),
    createNoun(context, changes),
    createNoun(context, budgets),
  ]) {
    get.addCommand(command);
  }
  return get;
}

function createNoun<Row>(context: CliContext, noun: Noun<Row>): Command {
  return new Command(noun.name)
    .description(noun.description)
    .argument("[ref]", "PROJECT, PROJECT/WORKSPACE or PROJECT/WORKSPACE/PROCESSOR; absent: all")
    .option("--limit <n>", "rows at most", toCount, 10_000)
    .option("-o, --output <format>", "table, json, yaml or name", toListFormat, "table")
    .addHelpText("after", `\nExamples:\n  $ headgate get ${noun.name}\n  $ headgate get ${noun.name} -o json`)
    .action(async (ref: string | undefined, flags: GetFlags) => {
      const filter = { ...toFilter(ref), limit: flags.limit };
      const app = await context.app();
      const get = await import("../app/get.js");
      const rows = await noun.list(get)(app, filter);
      const columns = noun.columns(await get.getClock(app));
      const { label: name } = noun;
      await printListing(context.terminal, flags.output, {
        pages: [rows],
        columns,
        name,
        empty: `No ${noun.name}.`,
      });
    });
}

function toFilter(text: string | undefined): ListFilter {
  if (text === undefined) return {};
  const found = parseProcessorRef(text) ?? parseWorkspaceRef(text);
  if (found !== undefined) return found;
  if (/^[0-9a-f]{24}$/.test(text)) return { project: text };
  throw new UsageError(`"${text}" is not PROJECT, PROJECT/WORKSPACE or PROJECT/WORKSPACE/PROCESSOR`);
}
