// The two commands under bad weather: one request in ten carries a fault, drawn evenly over all kinds with a seed, and
// the fleet converges all the same; the simulator's log then says whether anything was started twice or at the same
// time.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { openHeadgate } from "../support/headgate-process.js";
import type { Headgate } from "../support/headgate-process.js";
import { copyProject } from "../support/project-copy.js";
import type { ProjectCopy } from "../support/project-copy.js";

const WRITES = ["startWith", "stop"];
/** Kinds that only a write, or only a read, can carry are met by those alone. */
const KINDS: readonly (readonly [what: object, operation?: readonly string[]])[] = [
  [{ kind: "status", status: 500 }],
  [{ kind: "status", status: 503 }],
  [{ kind: "status", status: 429, retryAfter: 1 }],
  [{ kind: "delay", ms: 800 }],
  [{ kind: "reset-before" }],
  [{ kind: "reset-after" }],
  [{ kind: "status-after-apply", status: 504 }, WRITES],
  [{ kind: "late-apply", afterMs: 1_200, status: 504 }, WRITES],
  [{ kind: "then-failed", afterMs: 500 }, ["startWith"]],
  [{ kind: "hang" }],
  [{ kind: "trickle" }],
  [{ kind: "truncated" }],
  [{ kind: "garbage" }],
  [{ kind: "html" }],
  [{ kind: "oversized", bytes: 20_000_000 }],
  [{ kind: "stale-read" }, ["list", "get"]],
  [{ kind: "unknown-state", state: "REBALANCING" }, ["list", "get"]],
];

let copy: ProjectCopy;
let headgate: Headgate;
beforeAll(() => {
  copy = copyProject();
  headgate = openHeadgate(copy.folder);
});
afterAll(() => {
  copy.remove();
});

type LogLine =
  ({ readonly kind: "request" } & LogEntry) | { readonly kind: "effect"; readonly requestSeq: number };

interface Log {
  readonly requests: readonly LogEntry[];
  /** Sequence numbers of the requests that changed the world, also after their answer. */
  readonly effective: ReadonlySet<number>;
}

function readLog(): Log {
  const lines = readFileSync(join(copy.folder, ".headgate", "simulator", "requests.log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
  const requests = lines.filter((line) => line.kind === "request");
  const late = lines.flatMap((line) => (line.kind === "effect" ? [line.requestSeq] : []));
  const inTime = requests.filter(({ effective }) => effective).map(({ seq }) => seq);
  return { requests, effective: new Set([...inTime, ...late]) };
}

it("converges with a fault on one request in ten, and starts nothing twice", async () => {
  const probability = 0.1 / KINDS.length;
  const script = KINDS.map(([what, operation]) => ({
    when: { probability, ...(operation === undefined ? {} : { operation }) },
    what,
  }));
  writeFileSync(join(copy.folder, "weather.json"), JSON.stringify(script));
  const ended = await headgate.run("dev", "--once", "-o", "json", "--sim-script", "weather.json").ended;
  expect(ended.code, ended.stderr.slice(-3_000)).toBe(0);

  const { requests: log, effective } = readLog();
  const faulty = log.filter(({ faultId }) => faultId !== null);
  expect(faulty.length).toBeGreaterThan(log.length / 25);

  // I3: of one processor, no POST was sent while another was open.
  const posts = log.filter(({ operation }) => WRITES.includes(operation));
  const overlapping = posts.filter((one) =>
    posts.some(
      (other) =>
        other.seq < one.seq && other.processor === one.processor && (other.finishedAt ?? Infinity) > one.at,
    ),
  );
  // I1: no processor was started more often than changes were made that start.
  const { processors } = JSON.parse(ended.stdout) as { processors: { processor: string; did: string }[] };
  const tooOften = processors.filter(({ processor, did }) => {
    const changes = did.split(", ").filter((deed) => /^(start|restart) /.test(deed)).length;
    const starts = posts.filter(
      (post) =>
        post.operation === "startWith" &&
        effective.has(post.seq) &&
        processor === `${String(post.project)}/${String(post.workspace)}/${String(post.processor)}`,
    );
    return starts.length > changes;
  });
  expect(tooOften).toEqual([]);
  expect(effective.size).toBeGreaterThan(20);
  expect(overlapping.map(({ processor, at }) => `${String(processor)} at ${String(at)}`)).toEqual([]);
});
