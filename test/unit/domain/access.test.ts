// Roles and scopes, row by row: what a key may do, and where.
import { describe, expect, it } from "vitest";
import { RIGHTS, ROLES, hasRight, isInScope, isKeyName, may } from "../../../src/domain/access.js";
import type { KeyHolder, Right, Role } from "../../../src/domain/access.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const aCaller = (role: Role, project = "*", workspace = "*"): KeyHolder => ({
  keyId: "k1",
  name: "ci",
  role,
  scope: { project, workspace },
});
const ALL = Object.keys(RIGHTS) as Right[];

describe("roles", () => {
  it.each([
    { role: "viewer", held: ["read", "plan"] },
    { role: "operator", held: ["read", "plan", "restart", "stop", "suspend"] },
    { role: "admin", held: ALL },
  ] as const)("$role holds $held", ({ role, held }) => {
    expect(ALL.filter((right) => hasRight(aCaller(role), right))).toEqual(held);
  });

  it("holds in each role what the one before it holds", () => {
    expect(ROLES.operator).toEqual(expect.arrayContaining([...ROLES.viewer]));
    expect(ROLES.admin).toEqual(expect.arrayContaining([...ROLES.operator]));
  });
});

describe("scopes", () => {
  it.each([
    { reason: "everywhere", scope: ["*", "*"], place: {}, is: true },
    { reason: "a project is not everywhere", scope: [PROJECT, "*"], place: {}, is: false },
    { reason: "the whole of its project", scope: [PROJECT, "*"], place: { project: PROJECT }, is: true },
    {
      reason: "another project",
      scope: [PROJECT, "*"],
      place: { project: "0".repeat(24), workspace: "orders" },
      is: false,
    },
    {
      reason: "a workspace by pattern",
      scope: [PROJECT, "ord*"],
      place: { project: PROJECT, workspace: "orders" },
      is: true,
    },
    {
      reason: "a pattern is not the whole project",
      scope: [PROJECT, "ord*"],
      place: { project: PROJECT },
      is: false,
    },
    {
      reason: "another workspace",
      scope: ["*", "orders"],
      place: { project: PROJECT, workspace: "clicks" },
      is: false,
    },
  ])("$reason: $is", ({ scope: [project = "", workspace = ""], place, is }) => {
    expect(isInScope(aCaller("admin", project, workspace), place)).toBe(is);
  });

  it("asks for both: the right and the place", () => {
    const place = { project: PROJECT, workspace: "orders" };
    expect(may(aCaller("operator", PROJECT, "orders"), "stop", place)).toBe(true);
    expect(may(aCaller("viewer", PROJECT, "orders"), "stop", place)).toBe(false);
    expect(may(aCaller("operator", PROJECT, "clicks"), "stop", place)).toBe(false);
  });
});

describe("names of keys", () => {
  it.each([
    { reason: "a word", name: "ci", is: true },
    { reason: "blanks inside, and letters of any language", name: "Anna's Schlüssel 2", is: true },
    { reason: "200 characters, each of two units", name: "\u{1f511}".repeat(200), is: true },
    { reason: "one more", name: "\u{1f511}".repeat(201), is: false },
    { reason: "nothing", name: "", is: false },
    { reason: "a blank at its beginning", name: " ci", is: false },
    { reason: "a blank at its end", name: "ci ", is: false },
    { reason: "a line break", name: "a\nb", is: false },
    { reason: "a control character of terminals", name: "a\u001b[31mb", is: false },
    { reason: "a turn of the direction of writing", name: "a\u202eb", is: false },
    { reason: "half a surrogate pair", name: "a\ud800", is: false },
    { reason: "the shape of an id", name: "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11", is: false },
  ])("$reason: $is", ({ name, is }) => {
    expect(isKeyName(name)).toBe(is);
  });
});
