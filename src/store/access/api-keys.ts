// The keys of whoever calls over HTTP: written by people's commands, read by every request. Each command is one
// statement with its journal line. What is written here is hashed already: no secret comes this way in the clear.
import type { KeyHolder, Role } from "../../domain/access.js";
import { toJournalInsert } from "../rows/journal.js";
import type { Db } from "../postgres/pool.js";
import type { Statement } from "../postgres/statement.js";

/** What is kept of a key's secrets. */
export interface KeptSecrets {
  readonly clientSecretHash: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
}

export interface NewKeyRow extends Pick<KeyHolder, "name" | "role" | "scope"> {
  readonly clientId: string;
  readonly publicKey: string;
  readonly secrets: KeptSecrets;
}

/** A key as people see it. Times are epoch milliseconds. */
export interface KeyListing {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly project: string;
  readonly workspace: string;
  readonly clientId: string;
  readonly publicKey: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly rotatedAt: number | null;
  readonly revokedAt: number | null;
  /** To the minute. */
  readonly lastUsedAt: number | null;
}

/** By its name while it is live, by its id for ever. */
export type KeyName = { readonly name: string } | { readonly id: string };

const LISTED = `id, name, role, project_pattern as project, workspace_pattern as workspace, client_id as "clientId",
  public_key as "publicKey", created_at as "createdAt", created_by as "createdBy", rotated_at as "rotatedAt",
  revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;

/** Live ones first, by name. */
export const ALL_KEYS: Statement = {
  text: `select ${LISTED} from api_keys order by revoked_at is not null, name, created_at, id`,
  values: [],
};

const INSERT = `with made as (
    insert into api_keys (name, role, project_pattern, workspace_pattern, client_id, client_secret_hash, public_key,
      ha1_md5, ha1_sha256, created_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (name) where revoked_at is null do nothing
    returning ${LISTED}
  ), line as (${toJournalInsert({
    kind: "key.created",
    actor: `"createdBy"`,
    text: `'key ' || name || ' created: ' || role || ' of ' || project || '/' || workspace`,
    from: "made",
  })})
  select * from made`;

/** Undefined where a live key has that name. */
export async function insertKey(db: Db, row: NewKeyRow, actor: string): Promise<KeyListing | undefined> {
  const { name, role, scope, clientId, publicKey, secrets } = row;
  const { clientSecretHash, ha1Md5, ha1Sha256 } = secrets;
  const [made] = await db.query<KeyListing>(INSERT, [
    name,
    role,
    scope.project,
    scope.workspace,
    clientId,
    clientSecretHash,
    publicKey,
    ha1Md5,
    ha1Sha256,
    actor,
  ]);
  return made;
}

const NAMED = "(id = $1::uuid or (name = $2 and revoked_at is null))";
const toNamed = (key: KeyName): readonly [string | null, string | null] =>
  "id" in key ? [key.id, null] : [null, key.name];

export async function findNamedKey(db: Db, key: KeyName): Promise<KeyListing | undefined> {
  const [found] = await db.query<KeyListing>(`select ${LISTED} from api_keys where ${NAMED}`, toNamed(key));
  return found;
}

const ROTATE = `with rotated as (
    update api_keys set client_secret_hash = $2, ha1_md5 = $3, ha1_sha256 = $4, generation = generation + 1,
      rotated_at = headgate_now()
    where id = $1 and revoked_at is null
    returning ${LISTED}
  ), line as (${toJournalInsert({
    kind: "key.rotated",
    actor: "$5",
    text: `'key ' || name || ' rotated: its old secrets and tokens have ended'`,
    from: "rotated",
  })})
  select * from rotated`;

/** Undefined where it was revoked meanwhile. */
export async function rotateKeyRow(
  db: Db,
  { id, secrets }: { readonly id: string; readonly secrets: KeptSecrets },
  actor: string,
): Promise<KeyListing | undefined> {
  const { clientSecretHash, ha1Md5, ha1Sha256 } = secrets;
  const [row] = await db.query<KeyListing>(ROTATE, [id, clientSecretHash, ha1Md5, ha1Sha256, actor]);
  return row;
}

const REVOKE = `with named as (select id, name from api_keys where ${NAMED}),
  revoked as (
    update api_keys k set revoked_at = headgate_now() from named
    where k.id = named.id and k.revoked_at is null
    returning k.name
  ), line as (${toJournalInsert({
    kind: "key.revoked",
    actor: "$3",
    text: `'key ' || name || ' revoked'`,
    from: "revoked",
  })})
  select name, exists (select from revoked) as "isRevokedNow" from named`;

/** Undefined where there is no such key. Idempotent: a key that was revoked before is not journalled again. */
export async function revokeKeyRow(
  db: Db,
  key: KeyName,
  actor: string,
): Promise<{ readonly name: string; readonly isRevokedNow: boolean } | undefined> {
  const [row] = await db.query<{ name: string; isRevokedNow: boolean }>(REVOKE, [...toNamed(key), actor]);
  return row;
}

/** Names of live keys, to suggest one. Bounded: a suggestion is worth no more. */
export async function listKeyNames(db: Db): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    "select name from api_keys where revoked_at is null order by name limit 1000",
  );
  return rows.map(({ name }) => name);
}
