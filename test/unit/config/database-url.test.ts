// What DATABASE_URL may look like, and that no fault of it quotes a part of a password.
import fc from "fast-check";
import { expect, it } from "vitest";
import { findConfigFaults } from "../../../src/config/config.js";

const NOT_A_URL =
  "DATABASE_URL: not a URL of Postgres: want postgres://HOST:PORT/DATABASE, user and password before the host";
const CUT =
  "DATABASE_URL: user or password holds a character that ends the host: write / as %2F, ? as %3F, # as %23, @ as %40";
const SEVERAL = "of Postgres, and takes one: set it to the primary, or to an address that follows it";

function find(url: string): readonly string[] {
  return findConfigFaults({ env: { DATABASE_URL: url, HEADGATE_ACTOR: "me" }, readFile: () => "" });
}

it.each([
  "postgres://db/headgate",
  "postgresql://u:p%23x@db.example:5433/headgate?sslmode=require",
  "postgres://u:p@ss@db/headgate",
  "postgres://[::1]:5432/headgate",
  "postgres:///headgate?host=/var/run/postgresql&user=me@tenant&password=a@b",
  "postgres://db/headgate?options=-c%20search_path%3Dx&application_name=me@host",
])("takes %s", (url) => {
  expect(find(url)).toEqual([]);
});

it.each([
  ["postgres://u:12#x@host/headgate", CUT],
  ["postgres://u:12/x@host/headgate", CUT],
  ["postgres://u:12?x@host/headgate", CUT],
  ["postgres://u:p@12/x@host/headgate", CUT],
  ["postgres://u:1?a=b@host/headgate", CUT],
  ["postgres://host/headgate#x", CUT],
  [
    "postgres://u:p@a.example:5432,b.example:5432/headgate",
    `DATABASE_URL: names several hosts (a.example:5432,b.example:5432) ${SEVERAL}`,
  ],
  ["postgres://a,b/headgate", `DATABASE_URL: names several hosts (a,b) ${SEVERAL}`],
  ["postgres:///headgate?host=a,b", `DATABASE_URL: names several hosts (a,b) ${SEVERAL}`],
  ["postgres://u:secret,b/headgate", `DATABASE_URL: names several hosts ${SEVERAL}`],
  ["mysql://u:p@db/headgate", NOT_A_URL],
  ["postgres://u:p[@db:x/headgate", NOT_A_URL],
])("refuses %s", (url, fault) => {
  expect(find(url)).toEqual([fault]);
});

it("quotes no password, whatever is in it", () => {
  const some = fc.stringMatching(/^[0-9]{0,3}[#/?@:,[\]% ]?[#/?@:,[\]%=&]?hush-hush$/);
  fc.assert(
    fc.property(some, (password) => {
      expect(find(`postgres://u:${password}@host/headgate`).join("\n")).not.toContain("hush");
    }),
  );
});
