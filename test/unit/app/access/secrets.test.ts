// What a key's secrets look like, and what is kept of them: nothing they could be read from, and all that is needed to
// check them.
import { createHash } from "node:crypto";
import { parseOptions } from "@node-rs/argon2";
import { expect, it } from "vitest";
import {
  isSecretOf,
  makeSecrets,
  toKeptSecrets,
  toNewClientId,
  toNewPublicKey,
} from "../../../../src/app/access/secrets.js";
import { redact } from "../../../../src/base/text.js";

const SECRETS = makeSecrets();

it("makes ids and secrets that are told apart by their prefixes, and never the same twice", () => {
  expect(toNewClientId()).toMatch(/^hdg_sa_id_[0-9a-f]{24}$/);
  expect(toNewPublicKey()).toMatch(/^hdg_pk_[0-9a-f]{16}$/);
  expect(SECRETS.clientSecret).toMatch(/^hdg_sa_sk_[A-Za-z0-9_-]{43}$/);
  expect(SECRETS.privateKey).toMatch(/^hdg_ak_[A-Za-z0-9_-]{32}$/);
  const many = Array.from({ length: 100 }, () => makeSecrets());
  expect(new Set(many.map(({ clientSecret }) => clientSecret)).size).toBe(100);
  expect(new Set(many.map(({ privateKey }) => privateKey)).size).toBe(100);
});

it("makes secrets that every text of Headgate's is cleared of", () => {
  const { clientSecret, privateKey } = SECRETS;
  expect(redact(`it said ${clientSecret}, then "${privateKey}"`)).toBe(
    'it said [redacted], then "[redacted]"',
  );
});

it("keeps a client secret as Argon2id with OWASP's least parameters, and a private key as its two HA1", async () => {
  const kept = await toKeptSecrets("hdg_pk_1", SECRETS);
  expect(kept.clientSecretHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(parseOptions(kept.clientSecretHash)).toMatchObject({ outputLen: 32, saltLen: 16 });
  const a1 = `hdg_pk_1:MMS Public API:${SECRETS.privateKey}`;
  expect(kept.ha1Md5).toBe(createHash("md5").update(a1).digest("hex"));
  expect(kept.ha1Sha256).toBe(createHash("sha256").update(a1).digest("hex"));
  expect(JSON.stringify(kept)).not.toMatch(new RegExp(`${SECRETS.clientSecret}|${SECRETS.privateKey}`));
});

it("knows the secret of a hash, and no other; without a hash it knows none", async () => {
  const { clientSecretHash } = await toKeptSecrets("hdg_pk_1", SECRETS);
  expect(await isSecretOf(clientSecretHash, SECRETS.clientSecret)).toBe(true);
  expect(await isSecretOf(clientSecretHash, `${SECRETS.clientSecret}x`)).toBe(false);
  expect(await isSecretOf(clientSecretHash, "")).toBe(false);
  expect(await isSecretOf(undefined, SECRETS.clientSecret)).toBe(false);
});

it("turns away what would wait for its turn too long, so that a flood costs no memory without end", async () => {
  const checks = await Promise.allSettled(Array.from({ length: 80 }, () => isSecretOf(undefined, "x")));
  const refused = checks.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(80);
  expect(refused[0]).toMatchObject({ reason: { code: "request.refused", retryAfterMs: 1_000 } });
});
