// A page of processors from a server, beside a bare route of the same framework that sends the same bytes. The two take
// turns, so that a busy machine is busy for both.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { judgeServed, sayServed, startPrinting } from "./served.js";
import type { Served } from "./served.js";
import { toSpread } from "./spread.js";

const PAGE = "/v1/processors?limit=500";
const ROUNDS = 5;
const SPAN_MS = 4_000;
const MANY = 16;
/** Of the bare route's requests a second. */
const SHARE = 0.5;

interface Contest {
  readonly title: string;
  readonly paths: readonly string[];
  readonly connections: number;
  readonly isJudged: boolean;
}

export async function measurePages(bench: Served): Promise<void> {
  const { stack, side, url, authorization } = bench;
  const { pages, first } = await readPages(bench);
  const script = join(import.meta.dirname, "../dist/bench/scripts/bare-route.js");
  const bare = (await startPrinting(stack, { args: [script], env: side.env, input: first })).trim();
  const contests: readonly Contest[] = [
    { title: `first page, ${String(MANY)} connections`, paths: [PAGE], connections: MANY, isJudged: true },
    {
      title: `all pages in turn, ${String(MANY)} connections`,
      paths: pages,
      connections: MANY,
      isJudged: false,
    },
    { title: "first page, 1 connection", paths: [PAGE], connections: 1, isJudged: false },
  ];
  sayServed(`GET ${PAGE} ${String(Buffer.byteLength(first))} bytes:`);
  for (const { title, paths, connections, isJudged } of contests) {
    const rounds: { readonly ours: number; readonly theirs: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const load = { paths, headers: { authorization }, connections, spanMs: SPAN_MS };
      rounds.push({ ours: drive({ ...load, url }), theirs: drive({ ...load, url: bare }) });
    }
    const ours = toSpread(rounds.map((one) => one.ours)).median;
    const theirs = toSpread(rounds.map((one) => one.theirs)).median;
    const shares = toSpread(rounds.map((one) => one.ours / one.theirs));
    sayServed(
      `  ${title.padEnd(36)} ${ours.toFixed(0)} requests a second, bare route ${theirs.toFixed(0)}: ` +
        `${shares.median.toFixed(2)} (${shares.least.toFixed(2)} to ${shares.most.toFixed(2)})`,
    );
    if (isJudged) judgeServed(shares.median >= SHARE, `at least ${String(SHARE)}`);
  }
}

/** The paths of all pages, and the bytes of the first. */
async function readPages({ url, authorization }: Served): Promise<{
  readonly pages: readonly string[];
  readonly first: string;
}> {
  const pages: string[] = [];
  let first = "";
  for (let path: string | undefined = PAGE; path !== undefined;) {
    const text = await (await fetch(`${url}${path}`, { headers: { authorization } })).text();
    first ||= text;
    pages.push(path);
    const { next } = JSON.parse(text) as { readonly next: string | null };
    path = next === null ? undefined : `${PAGE}&cursor=${next}`;
  }
  return { pages, first };
}

/** Requests a second. A process of its own: it must not wait for this one. */
function drive(load: object): number {
  const script = join(import.meta.dirname, "../dist/bench/scripts/load.js");
  return Number(execFileSync(process.execPath, [script], { input: JSON.stringify(load), encoding: "utf8" }));
}
