// Secrets of a test in every form they could get out in, and everything a Headgate keeps and tells as text, to look for
// them in. Asserts nothing itself.
import { createHash } from "node:crypto";
import type { Client } from "@temporalio/client";
import { until } from "./fleets.js";
import type { TestLoop } from "./loop.js";
import { pictureRows } from "./store-rows.js";

/** What it is -> how it reads. */
export type Forms = Readonly<Record<string, string>>;

/** Each as it is, and as it reads inside base64 at any of the three places it can begin at. */
export function toForms(secrets: Forms): Forms {
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([name, secret]) => [
      [name, secret],
      ...[0, 1, 2].map((offset) => [
        `${name} in base64, ${String(offset)} on`,
        toInnerBase64(secret, offset),
      ]),
    ]),
  ) as Forms;
}

/** The characters that are the same whatever stands before and behind. */
function toInnerBase64(secret: string, offset: number): string {
  const bytes = Buffer.from(" ".repeat(offset) + secret);
  return bytes.toString("base64").slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

/** The credentials that Authorization headers carried: tokens, and the parts of a digest that prove its key. */
export function toCarried(authorizations: readonly string[]): Forms {
  const carried = authorizations.flatMap((header, index) => {
    const [scheme = "", rest = ""] = header.split(/\s+(.*)/);
    const name = `${scheme} ${String(index)}`;
    if (scheme === "Digest") return [[name, /response="([^"]+)"/.exec(rest)?.[1] ?? header] as const];
    const signature = rest.split(".")[2];
    return [
      [name, rest] as const,
      ...(signature === undefined ? [] : [[`${name}, signed`, signature] as const]),
    ];
  });
  return Object.fromEntries(carried);
}

/** RFC 7616's A1: as good as the key itself. */
export const toDigestKey = (publicKey: string, privateKey: string): string =>
  createHash("md5").update(`${publicKey}:MMS Public API:${privateKey}`).digest("hex");

/** `place: form` for each form that a text holds. */
export function findLeaks(texts: Readonly<Record<string, string>>, forms: Forms): readonly string[] {
  return Object.entries(texts).flatMap(([place, text]) =>
    Object.entries(forms)
      .filter(([, form]) => text.includes(form))
      .map(([name]) => `${place}: ${name}`),
  );
}

/** Every row of every table. */
export async function readTables({ database }: TestLoop): Promise<string> {
  return Object.values(await pictureRows(database.store))
    .flat()
    .join("\n");
}

/** The history of every run of the namespace with its payloads, and what the server tells of it beside. */
export async function readHistories({ client, database }: TestLoop): Promise<string> {
  const rows = await database.store.query<{ runId: string }>('select run_id as "runId" from changes');
  const runs = await until(async () => {
    const found = await listRuns(client);
    const known = new Set(found.map(({ runId }) => runId));
    return rows.every(({ runId }) => known.has(runId)) ? found : undefined;
  });
  const texts = runs.map(async ({ workflowId, runId }) => {
    const handle = client.workflow.getHandle(workflowId, runId);
    return [...collectTexts(await handle.fetchHistory()), ...collectTexts((await handle.describe()).raw)];
  });
  return (await Promise.all(texts)).flat().join("\n");
}

async function listRuns(
  client: Client,
): Promise<readonly { readonly workflowId: string; readonly runId: string }[]> {
  const runs = [];
  for await (const { workflowId, runId } of client.workflow.list()) runs.push({ workflowId, runId });
  return runs;
}

/** Payloads are bytes: as JSON they would come in base64, where nothing is found. */
function collectTexts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString("utf8")];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(collectTexts);
}
