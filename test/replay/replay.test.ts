// Every committed history replays: what runs in Temporal today must be understood by the workflows of tomorrow. A
// failure here means that running workflows would break; it is answered by a patch in the workflow, never by a new
// history.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { DefaultLogger, Worker, bundleWorkflowCode } from "@temporalio/worker";
import type { ReplayResult, WorkflowBundle } from "@temporalio/worker";
import { beforeAll, expect, it } from "vitest";
import { createLogger } from "../../src/base/logger.js";
import { installRuntime } from "../../src/temporal/runtime.js";
import * as workflows from "../../workflows/index.js";

interface Recorded {
  readonly workflowId: string;
  readonly history: { readonly events: readonly RecordedEvent[] };
}

interface RecordedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
}

const folder = new URL("./histories/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const readHistory = (file: string): Recorded =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Recorded;
const toType = ({ history }: Recorded): string | undefined =>
  history.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;

/** As workers have them: without traces, and with the part of Temporal's interceptors that runs inside. */
const INTERCEPTORS = {
  plain: [],
  traced: [
    createRequire(import.meta.url).resolve(
      "@temporalio/interceptors-opentelemetry/lib/workflow-interceptors",
    ),
  ],
} as const;
type Flavour = keyof typeof INTERCEPTORS;

let bundles: Readonly<Record<Flavour, WorkflowBundle>>;
beforeAll(async () => {
  installRuntime(createLogger("silent"));
  bundles = { plain: await bundle("plain"), traced: await bundle("traced") };
});

function bundle(flavour: Flavour): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL("../../workflows/index.ts", import.meta.url)),
    workflowInterceptorModules: [...INTERCEPTORS[flavour]],
    logger: new DefaultLogger("ERROR"),
  });
}

it("has a history of every workflow", () => {
  const recorded = new Set(files.map((file) => toType(readHistory(file))));
  expect([...recorded].sort()).toEqual(Object.keys(workflows).sort());
});

/** One per path a workflow can take; a path without a history is not held to anything. */
const PATHS = [
  "children-already-changing",
  "children-batches",
  "children-quiet",
  "children-with-change",
  "change-cancelled",
  "change-cancelled-owed",
  "change-fallback",
  "change-not-opened",
  "change-refused",
  "change-restart",
  "change-resumed",
  "change-rowless",
  "change-settled",
  "change-start",
  "change-stop",
  "change-superseded",
  "tick-batches",
  "tick-quiet",
  "tick-named",
  "made-cancelled",
  "made-cancelled-owed",
  "made-fallback",
  "made-not-opened",
  "made-refused",
  "made-restart",
  "made-resumed",
  "made-rowless",
  "made-settled",
  "made-start",
  "made-stop",
  "made-superseded",
];

it.each(PATHS)("has a history of %s", (path) => {
  expect(files).toContain(`${path}.json`);
});

async function replay(
  histories: readonly Recorded[],
  flavour: Flavour = "plain",
): Promise<readonly ReplayResult[]> {
  const results: ReplayResult[] = [];
  const workflowBundle = bundles[flavour];
  for await (const result of Worker.runReplayHistories({ workflowBundle }, histories)) results.push(result);
  return results;
}

// What began without traces goes on with them, and the other way round.
it.each(["plain", "traced"] as const)("replays them all, %s", async (flavour) => {
  const results = await replay(files.map(readHistory), flavour);
  const failed = results.filter(({ error }) => error !== undefined);
  expect(failed.map(({ workflowId, error }) => `${workflowId}: ${String(error)}`)).toEqual([]);
  expect(results).toHaveLength(files.length);
});

it("notices a workflow that no longer does what a history says", async () => {
  const text = JSON.stringify(readHistory("change-restart.json"));
  const altered = text.replaceAll('"name":"stop"', '"name":"startWith"');
  const [result] = await replay([JSON.parse(altered) as Recorded]);
  expect(result?.error?.message).toMatch(/nondeterminism/i);
});

it("spends 11 events on a tick that finds nothing to do", () => {
  expect(readHistory("tick-quiet.json").history.events).toHaveLength(11);
});
