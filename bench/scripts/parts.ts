// What the bare script and the job queue have in common: a workspace is listed, compared with what is declared, and
// written down as one row; a processor is started.
import { readFileSync } from "node:fs";
import pg from "pg";
import { Pool } from "undici";
import type { DeclaredWorkspace, ScriptOptions } from "./protocol.js";

/** As many as Headgate asks for (src/domain/page-size.ts). */
const PAGE_SIZE = 500;
/** As many as Headgate opens (src/atlas/transport.ts). */
const CONNECTIONS = 128;
const LIST = "application/vnd.atlas.2024-05-30+json";
const START = "application/vnd.atlas.2025-03-12+json";

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly tier?: string;
}

export interface Parts {
  readonly pool: pg.Pool;
  readonly fleet: readonly DeclaredWorkspace[];
  /** Lists, compares and writes; the names of those that are FAILED, and how many are not as declared. */
  look(at: DeclaredWorkspace): Promise<Looked>;
  start(at: DeclaredWorkspace, processor: string): Promise<void>;
}

interface Looked {
  readonly failed: readonly string[];
  readonly drifted: number;
}

export function readOptions(): ScriptOptions {
  return JSON.parse(process.argv[2] ?? "") as ScriptOptions;
}

export async function openParts(options: ScriptOptions): Promise<Parts> {
  const fleet = JSON.parse(readFileSync(options.fleetFile, "utf8")) as readonly DeclaredWorkspace[];
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 20 });
  const atlas = new Pool(options.atlas.url, { connections: CONNECTIONS, headersTimeout: 60_000 });
  const authorization = `Bearer ${await fetchToken(atlas, options)}`;
  const call = async (method: "GET" | "POST", path: string, accept: string): Promise<unknown> => {
    const body = method === "POST" ? JSON.stringify({ tier: options.declared.tier }) : null;
    const headers = { accept, authorization, ...(body === null ? {} : { "content-type": accept }) };
    const reply = await atlas.request({ method, path: `/api/atlas/v2/groups/${path}`, headers, body });
    const answer = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`${path}: ${String(reply.statusCode)} ${answer}`);
    return answer === "" ? undefined : JSON.parse(answer);
  };
  await pool.query(`create table if not exists looks (project text, workspace text, at timestamptz not null,
    processors integer not null, drifted jsonb not null, primary key (project, workspace))`);
  return {
    pool,
    fleet,
    look: async (at) => {
      const listed = await list(call, at);
      const drifted = findDrift(listed, at, options.declared);
      await pool.query(
        `insert into looks values ($1, $2, now(), $3, $4) on conflict (project, workspace)
         do update set at = excluded.at, processors = excluded.processors, drifted = excluded.drifted`,
        [at.project, at.workspace, listed.size, JSON.stringify(drifted)],
      );
      const failed = drifted.filter((name) => listed.get(name)?.state === "FAILED");
      return { failed, drifted: drifted.length };
    },
    start: async ({ project, workspace }, processor) => {
      await call("POST", `${project}/streams/${workspace}/processor/${processor}:startWith`, START);
    },
  };
}

async function fetchToken(
  atlas: Pool,
  { atlas: { clientId, clientSecret } }: ScriptOptions,
): Promise<string> {
  const reply = await atlas.request({
    method: "POST",
    path: "/api/oauth/token",
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "grant_type=client_credentials",
  });
  return ((await reply.body.json()) as { readonly access_token: string }).access_token;
}

type Call = (method: "GET" | "POST", path: string, accept: string) => Promise<unknown>;

async function list(call: Call, { project, workspace }: DeclaredWorkspace): Promise<Map<string, Listed>> {
  const found = new Map<string, Listed>();
  for (let page = 1; ; page += 1) {
    const query = `includeCount=true&itemsPerPage=${String(PAGE_SIZE)}&pageNum=${String(page)}`;
    const path = `${project}/streams/${workspace}/processors?${query}`;
    const { results, totalCount } = (await call("GET", path, LIST)) as {
      readonly results: readonly Listed[];
      readonly totalCount: number;
    };
    for (const one of results) found.set(one.name, one);
    if (results.length === 0 || found.size >= totalCount) return found;
  }
}

function findDrift(
  listed: ReadonlyMap<string, Listed>,
  { processors }: DeclaredWorkspace,
  declared: ScriptOptions["declared"],
): readonly string[] {
  return processors.filter((name) => {
    const one = listed.get(name);
    return one?.state !== declared.state || one.tier !== declared.tier;
  });
}
