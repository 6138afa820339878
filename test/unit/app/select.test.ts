// Workspaces that a person named, against those that are known: a refusal with the nearest.
import { expect, it } from "vitest";
import { refuseUnknownWorkspaces } from "../../../src/app/select.js";
import { AppError } from "../../../src/base/errors.js";
import type { WorkspaceRef } from "../../../src/domain/refs.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const OTHER = "507f1f77bcf86cd799439011";
const at = (workspace: string, project = PROJECT): WorkspaceRef => ({ project, workspace });

function refusalOf(named: readonly WorkspaceRef[], known: readonly WorkspaceRef[]): string | undefined {
  try {
    refuseUnknownWorkspaces(named, known);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe("request.unknown");
    return error.message;
  }
}

const KNOWN = [at("orders"), at("returns"), at("orders", OTHER)];
const missing = (name: string): string => `no workspace ${name} has policies`;

it.each([
  { reason: "nothing is named", named: [], says: undefined },
  { reason: "all are known", named: [at("returns"), at("orders")], says: undefined },
  {
    reason: "one is misspelt",
    named: [at("ordres")],
    says: `${missing(`${PROJECT}/ordres`)}; did you mean ${PROJECT}/orders?`,
  },
  { reason: "nothing is near", named: [at("billing")], says: missing(`${PROJECT}/billing`) },
  {
    reason: "it is known in another project alone",
    named: [at("returns", OTHER)],
    says: missing(`${OTHER}/returns`),
  },
  {
    reason: "two of three are not known, each told in a line",
    named: [at("billing"), at("orders"), at("return")],
    says: `${missing(`${PROJECT}/billing`)}\n${missing(`${PROJECT}/return`)}; did you mean ${PROJECT}/returns?`,
  },
])("if $reason, says $says", ({ named, says }) => {
  expect(refusalOf(named, KNOWN)).toBe(says);
});

it("has nothing to suggest where nothing is known", () => {
  expect(refusalOf([at("orders")], [])).toBe(missing(`${PROJECT}/orders`));
});
