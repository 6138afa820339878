// deploy/make-secrets.sh, run on a copy: it makes what docker-compose.yml reads, and never replaces a secret.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ROOT, loadCompose } from "./compose-file.js";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "headgate-secrets-"));
  mkdirSync(join(folder, "secrets"));
  copyFileSync(`${ROOT}deploy/make-secrets.sh`, join(folder, "make-secrets.sh"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function makeSecrets(): string {
  return execFileSync("sh", [join(folder, "make-secrets.sh")], { encoding: "utf8" });
}

function readSecrets(): Readonly<Record<string, string>> {
  const names = readdirSync(join(folder, "secrets"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, "secrets", name), "utf8")]));
}

it("makes every secret but those of Atlas, and says which are missing", () => {
  const told = makeSecrets();
  const made = readSecrets();
  const wanted = Object.keys(loadCompose().secrets);
  const missing = wanted.filter((name) => !(name in made));
  expect(missing).toEqual(["atlas_client_id", "atlas_client_secret"]);
  expect(Object.keys(made).filter((name) => !wanted.includes(name))).toEqual([]);
  for (const name of missing) expect(told).toContain(`missing: deploy/secrets/${name}`);
  expect(made["headgate_password"]).toMatch(/^[0-9a-f]{48}\n$/);
  expect(new Set(Object.values(made)).size).toBe(4);
  expect(told).not.toContain(made["headgate_password"]?.trim());
});

it("puts Headgate's password into its URL", () => {
  makeSecrets();
  const { database_url: text = "", headgate_password: password = "" } = readSecrets();
  const url = new URL(text.trim());
  expect([url.username, url.password, url.host, url.pathname]).toEqual([
    ...["headgate", password.trim(), "postgres:5432", "/headgate"],
  ]);
});

it("replaces nothing when it runs again, and makes what was removed", () => {
  makeSecrets();
  const before = readSecrets();
  expect(makeSecrets()).not.toContain("made");
  expect(readSecrets()).toEqual(before);
  rmSync(join(folder, "secrets", "temporal_password"));
  writeFileSync(join(folder, "secrets", "atlas_client_id"), "an id");
  expect(makeSecrets()).toContain("made deploy/secrets/temporal_password");
  expect(readSecrets()).toMatchObject({
    headgate_password: before["headgate_password"],
    atlas_client_id: "an id",
  });
});

it("closes the folder and lets the users of the containers read the files", () => {
  makeSecrets();
  expect(statSync(join(folder, "secrets")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "secrets", "database_url")).mode & 0o777).toBe(0o644);
});
