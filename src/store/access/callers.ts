// What a request's credential is checked against. One statement each, for every request that carries one, so each finds
// its row by a unique index and waits for no lock. Judges nothing: signatures and secrets are compared by the caller.
import type { KeyHolder, Role } from "../../domain/access.js";
import type { Db } from "../postgres/pool.js";

/** `holder` of a row of `api_keys k`. */
const HOLDER = `k.id as "keyId", k.name, k.role, k.project_pattern as project, k.workspace_pattern as workspace`;

interface HolderRow {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly project: string;
  readonly workspace: string;
}

function toHolder({ keyId, name, role, project, workspace }: HolderRow): KeyHolder {
  return { keyId, name, role, scope: { project, workspace } };
}

const USE_DUE = "(last_used_at is null or last_used_at <= headgate_now() - interval '1 minute')";

/**
 * Two parts of a WITH that note the use of the keys in `found`: once a minute, and not if somebody else is at it, so
 * that the requests of one key do not wait for each other.
 */
const NOTE_USE = `due as (
    select id from api_keys
    where id in (select "keyId" from found)
      and ${USE_DUE}
    for no key update skip locked
  ), used as (update api_keys set last_used_at = headgate_now() where id in (select id from due))`;

/** What a token says of itself, its signature checked. */
export interface TokenClaims {
  readonly clientId: string;
  readonly generation: number;
  /** A UUID. */
  readonly jti: string;
  /** Epoch milliseconds, by the database's clock. */
  readonly expiresAt: number;
}

const BY_TOKEN = `with found as (
    select ${HOLDER} from api_keys k
    where k.client_id = $1 and k.generation = $2 and k.revoked_at is null and $4::bigint > to_ms(headgate_now())
      and not exists (select from revoked_tokens where jti = $3::uuid)
  ), ${NOTE_USE}
  select * from found`;

/** Undefined if the token has expired or was revoked, or its key was revoked or rotated since. Notes the use. */
export async function findTokenHolder(db: Db, claims: TokenClaims): Promise<KeyHolder | undefined> {
  const { clientId, generation, jti, expiresAt } = claims;
  const [row] = await db.query<HolderRow>(BY_TOKEN, [clientId, generation, jti, expiresAt]);
  return row === undefined ? undefined : toHolder(row);
}

export interface DigestKey {
  readonly holder: KeyHolder;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  /** Its last use was noted longer than a minute ago. */
  readonly isUseDue: boolean;
}

export async function findDigestKey(db: Db, publicKey: string): Promise<DigestKey | undefined> {
  const [row] = await db.query<HolderRow & Omit<DigestKey, "holder">>(
    `select ${HOLDER}, k.ha1_md5 as "ha1Md5", k.ha1_sha256 as "ha1Sha256",
       ${USE_DUE} as "isUseDue" from api_keys k
     where k.public_key = $1 and k.revoked_at is null`,
    [publicKey],
  );
  if (row === undefined) return undefined;
  const { ha1Md5, ha1Sha256, isUseDue } = row;
  return { holder: toHolder(row), ha1Md5, ha1Sha256, isUseDue };
}

/** Once a minute, whoever asks. */
export async function noteKeyUse(db: Db, keyId: string): Promise<void> {
  await db.query(`with found as (select $1::uuid as "keyId"), ${NOTE_USE} select`, [keyId]);
}

export interface Client {
  readonly keyId: string;
  readonly clientSecretHash: string;
  readonly generation: number;
  /** Epoch milliseconds: what the token it asks for is dated by. */
  readonly now: number;
}

export async function findClient(db: Db, clientId: string): Promise<Client | undefined> {
  const [row] = await db.query<Client>(
    `select id as "keyId", client_secret_hash as "clientSecretHash", generation, to_ms(headgate_now()) as now
     from api_keys where client_id = $1 and revoked_at is null`,
    [clientId],
  );
  return row;
}

/** Idempotent. Clears away what has expired, more than it adds, so that the table stays small. */
export async function insertRevokedToken(
  db: Db,
  { jti, expiresAt }: Pick<TokenClaims, "jti" | "expiresAt">,
): Promise<void> {
  await db.query(
    `with expired as (
       select jti from revoked_tokens where expires_at <= headgate_now()
       order by expires_at limit 100 for update skip locked
     ), cleared as (delete from revoked_tokens where jti in (select jti from expired))
     insert into revoked_tokens (jti, expires_at)
     select $1::uuid, to_timestamp($2::bigint / 1000.0) on conflict do nothing`,
    [jti, expiresAt],
  );
}

/** Made by the migrations, and the same for every server. */
export async function readSigningSecret(db: Db): Promise<Uint8Array> {
  const [row] = await db.query<{ secret: Uint8Array }>("select secret from signing_secret");
  if (row === undefined) throw new Error("signing_secret has no row");
  return row.secret;
}
