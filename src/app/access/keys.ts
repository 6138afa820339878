// What people do with the keys of whoever calls over HTTP: create, list, rotate, revoke. Each is in force when it
// returns, and journalled with who did it. Secrets are answered once and never again, because nobody has them any more.
import { isKeyId } from "../../domain/access.js";
import type { KeyHolder } from "../../domain/access.js";
import { findNearest } from "../../domain/nearest.js";
import { AppError } from "../../base/errors.js";
import {
  ALL_KEYS,
  findNamedKey,
  insertKey,
  listKeyNames,
  revokeKeyRow,
  rotateKeyRow,
} from "../../store/access/api-keys.js";
import type { KeyListing, KeyName } from "../../store/access/api-keys.js";
import type { AppDeps } from "../deps.js";
import { makeSecrets, toKeptSecrets, toNewClientId, toNewPublicKey } from "./secrets.js";

export type { KeyListing } from "../../store/access/api-keys.js";

type KeyDeps = Pick<AppDeps, "store" | "actor">;

/** Shown to whoever asked, once. Never logged. */
export interface IssuedKey {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Throws `request.refused` where a live key has the name. */
export async function createKey(
  { store, actor }: KeyDeps,
  asked: Pick<KeyHolder, "name" | "role" | "scope">,
): Promise<IssuedKey> {
  const [clientId, publicKey, made] = [toNewClientId(), toNewPublicKey(), makeSecrets()];
  const row = { ...asked, clientId, publicKey, secrets: await toKeptSecrets(publicKey, made) };
  if ((await insertKey(store, row, actor)) === undefined) {
    throw new AppError("request.refused", `a key named ${asked.name} exists already: revoke it or rotate it`);
  }
  return {
    name: asked.name,
    clientId,
    clientSecret: made.clientSecret,
    publicKey,
    privateKey: made.privateKey,
  };
}

/** Revoked ones too, last. */
export function pageKeys({ store }: Pick<AppDeps, "store">): AsyncIterable<readonly KeyListing[]> {
  return store.pages<KeyListing>(ALL_KEYS);
}

/**
 * New secrets under the old ids; the old ones, and tokens that were made with them, end at once. Throws
 * `request.refused` where no live key has the name or id.
 */
export async function rotateKey({ store, actor }: KeyDeps, nameOrId: string): Promise<IssuedKey> {
  const found = await findNamedKey(store, toNameOrId(nameOrId));
  if (found === undefined) throw await toUnknownKey(store, nameOrId);
  const { id, name, clientId, publicKey } = found;
  const made = makeSecrets();
  const row = await rotateKeyRow(store, { id, secrets: await toKeptSecrets(publicKey, made) }, actor);
  if (row === undefined)
    throw new AppError("request.refused", `the key ${name} was revoked: create a new one`);
  return { name, clientId, clientSecret: made.clientSecret, publicKey, privateKey: made.privateKey };
}

/** Its tokens end with it, at once. Throws `request.refused` where there is no such key. Idempotent by id. */
export async function revokeKey(
  { store, actor }: KeyDeps,
  nameOrId: string,
): Promise<{ readonly name: string; readonly isRevokedNow: boolean }> {
  const revoked = await revokeKeyRow(store, toNameOrId(nameOrId), actor);
  if (revoked === undefined) throw await toUnknownKey(store, nameOrId);
  return revoked;
}

/** No name has the shape of an id (src/domain/access.ts: isKeyName). */
function toNameOrId(nameOrId: string): KeyName {
  return isKeyId(nameOrId) ? { id: nameOrId } : { name: nameOrId };
}

async function toUnknownKey(store: AppDeps["store"], nameOrId: string): Promise<AppError> {
  const told = `no live key is named ${nameOrId}`;
  const nearest = findNearest(nameOrId, await listKeyNames(store));
  return new AppError("request.refused", nearest === undefined ? told : `${told}; did you mean ${nearest}?`);
}

/** Whether anybody could call at all. */
export async function hasLiveKey({ store }: Pick<KeyDeps, "store">): Promise<boolean> {
  return (await listKeyNames(store)).length > 0;
}
