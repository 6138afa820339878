// What a request's credential is checked against. One statement each, for every request that carries one, so each finds
// its row by a unique index, writes nothing and waits for no lock: a statement that may write costs twice as much, so
// the use of a key is noted by one of its own, once a minute. Judges nothing: signatures and secrets are compared by
// the caller.
import type { KeyHolder, Role } from "../../domain/access.js";
import type { Db } from "../postgres/pool.js";

/** Of a row of `api_keys k`: to the minute is enough for whoever asks who still uses a key. */
const USE_DUE = "(k.last_used_at is null or k.last_used_at <= headgate_now() - interval '1 minute')";

/** `KnownCaller` of a row of `api_keys k`. */
const CALLER = `k.id as "keyId", k.name, k.role, k.project_pattern as project, k.workspace_pattern as workspace,
  ${USE_DUE} as "isUseDue",
  pg_current_snapshot()::text as shown`;

export interface KnownCaller {
  readonly holder: KeyHolder;
  /** What Postgres showed when it was asked, as `ListPage.snapshot`: a page that was read at the same is as it was. */
  readonly shown: string;
  /** Its last use was noted longer than a minute ago. */
  readonly isUseDue: boolean;
}

interface CallerRow extends Omit<KnownCaller, "holder"> {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly project: string;
  readonly workspace: string;
}

function toCaller({ keyId, name, role, project, workspace, ...rest }: CallerRow): KnownCaller {
  const { shown, isUseDue } = rest;
  return { holder: { keyId, name, role, scope: { project, workspace } }, shown, isUseDue };
}

/** What a token says of itself, its signature checked. */
export interface TokenClaims {
  readonly clientId: string;
  readonly generation: number;
  /** A UUID. */
  readonly jti: string;
  /** Epoch milliseconds, by the database's clock. */
  readonly expiresAt: number;
}

const BY_TOKEN = `select ${CALLER} from api_keys k
   where k.client_id = $1 and k.generation = $2 and k.revoked_at is null and $4::bigint > to_ms(headgate_now())
     and not exists (select from revoked_tokens where jti = $3::uuid)`;

/** Undefined if the token has expired or was revoked, or its key was revoked or rotated since. */
export async function findTokenHolder(db: Db, claims: TokenClaims): Promise<KnownCaller | undefined> {
  const { clientId, generation, jti, expiresAt } = claims;
  const [row] = await db.query<CallerRow>(BY_TOKEN, [clientId, generation, jti, expiresAt]);
  return row === undefined ? undefined : toCaller(row);
}

export interface DigestKey extends KnownCaller {
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
}

export async function findDigestKey(db: Db, publicKey: string): Promise<DigestKey | undefined> {
  const [row] = await db.query<CallerRow & Omit<DigestKey, keyof KnownCaller>>(
    `select ${CALLER}, k.ha1_md5 as "ha1Md5", k.ha1_sha256 as "ha1Sha256" from api_keys k
     where k.public_key = $1 and k.revoked_at is null`,
    [publicKey],
  );
  if (row === undefined) return undefined;
  const { ha1Md5, ha1Sha256 } = row;
  return { ...toCaller(row), ha1Md5, ha1Sha256 };
}

/**
 * Once a minute, whoever asks, and not if somebody else is at it, so that the requests of one key do not wait for each
 * other.
 */
export async function noteKeyUse(db: Db, keyId: string): Promise<void> {
  await db.query(
    `update api_keys set last_used_at = headgate_now() where id in (
       select id from api_keys k
       where id = $1::uuid and ${USE_DUE}
       for no key update skip locked)`,
    [keyId],
  );
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
