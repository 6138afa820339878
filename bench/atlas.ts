// The simulated Atlas of a scenario: `headgate sim --fleet`, as a process of its own, and what it was asked.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startChild, untilReady } from "../src/dev/child.js";
import type { Child } from "../src/dev/child.js";
import type { LogEntry } from "../src/sim/wire/request-log.js";
import type { BenchFleet } from "./fleet.js";
import { BUDGET, DECLARED } from "./fleet.js";
import type { DeclaredWorkspace } from "./scripts/protocol.js";

export interface BenchAtlas {
  readonly child: Child;
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fleet: readonly DeclaredWorkspace[];
  /** Puts every processor into that state, on the declared tier. */
  setAll(state: "STARTED" | "FAILED"): Promise<void>;
  /** Where its log ends now, for `countSince`. */
  mark(): number;
  countSince(mark: number): Promise<BenchCalls>;
}

export interface BenchCalls {
  /** By operation; an answer other than 200 is an operation of its own. */
  readonly byOperation: Readonly<Record<string, number>>;
  /** Starts and stops that were sent, by processor. */
  readonly posts: ReadonlyMap<string, number>;
}

const SETTINGS = [
  `rateLimit.capacity=${String(BUDGET.capacity)}`,
  `rateLimit.refill=${String(BUDGET.refillPerMinute)}`,
  // Each contender asks for its own.
  "oauth.tokensPerMinute=1000",
  // It is read from the file.
  "log.maxEntries=1000",
];
const READY_MS = 120_000;
const MUTATIONS_AT_ONCE = 5_000;
const POSTS = new Set(["startWith", "start", "stop"]);

export async function startAtlas(folder: string, fleet: BenchFleet): Promise<BenchAtlas> {
  const requestLog = join(folder, "requests.jsonl");
  const child = await startChild({
    name: "simulator",
    command: process.execPath,
    args: [
      ...[join(import.meta.dirname, "../dist/src/bin/headgate.js"), "sim", "--log", requestLog],
      ...["--fleet", `${String(fleet.processors)}x${String(fleet.workspaces)}`],
      ...SETTINGS.flatMap((one) => ["--set", one]),
    ],
    env: {},
    logFile: join(folder, "simulator.log"),
    stopSignal: "SIGTERM",
    patienceMs: 10_000,
  });
  const readSaid = (): string => readFileSync(child.logFile, "utf8");
  await untilReady(child, {
    isReady: () => Promise.resolve(readSaid().endsWith("}\n")),
    patienceMs: READY_MS,
  });
  const { url, credentials, projects } = JSON.parse(readSaid()) as StartLine;
  const workspaces = projects.flatMap(({ id, workspaces: those }) => those.map((one) => toDeclared(id, one)));
  return {
    child,
    url,
    ...credentials,
    fleet: workspaces,
    setAll: (state) => setAll(url, workspaces, state),
    mark: () => statSync(requestLog).size,
    countSince: (mark) => countCalls(requestLog, mark),
  };
}

interface StartLine {
  readonly url: string;
  readonly credentials: { readonly clientId: string; readonly clientSecret: string };
  readonly projects: readonly { readonly id: string; readonly workspaces: readonly StartWorkspace[] }[];
}

interface StartWorkspace {
  readonly name: string;
  readonly processors: readonly string[];
  readonly count: number;
}

function toDeclared(project: string, { name, processors, count }: StartWorkspace): DeclaredWorkspace {
  // The line names the first hundred.
  if (processors.length !== count) throw new Error(`${name} has more processors than its simulator names`);
  return { project, workspace: name, processors };
}

async function setAll(
  url: string,
  fleet: readonly DeclaredWorkspace[],
  state: "STARTED" | "FAILED",
): Promise<void> {
  const { tier } = DECLARED;
  const mutations = fleet.flatMap(({ project, workspace, processors }) =>
    processors.map((processor) => ({ op: "set", project, workspace, processor, state, tier })),
  );
  for (let from = 0; from < mutations.length; from += MUTATIONS_AT_ONCE) {
    const body = JSON.stringify(mutations.slice(from, from + MUTATIONS_AT_ONCE));
    const reply = await fetch(`${url}/_sim/world`, { method: "POST", body });
    if (reply.status !== 200) throw new Error(`the simulator refused: ${await reply.text()}`);
  }
}

async function countCalls(requestLog: string, mark: number): Promise<BenchCalls> {
  const byOperation: Record<string, number> = {};
  const posts = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(requestLog, { start: mark }) })) {
    const entry = JSON.parse(line) as LogEntry & { readonly kind: string };
    if (entry.kind !== "request") continue;
    const { operation, status } = entry;
    const key = status === 200 ? operation : `${operation} ${String(status)}`;
    byOperation[key] = (byOperation[key] ?? 0) + 1;
    if (!POSTS.has(operation)) continue;
    const processor = [entry.project, entry.workspace, entry.processor].join("/");
    posts.set(processor, (posts.get(processor) ?? 0) + 1);
  }
  return { byOperation, posts };
}
