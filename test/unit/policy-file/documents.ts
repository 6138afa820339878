// Short ways to a policy file and what becomes of it. Holds no assertion.
import { parsePolicyFiles } from "../../../src/policy-file/document.js";
import type { ParsedPolicies, PolicyFault } from "../../../src/policy-file/document.js";

export const PROJECT = "32b6e34b3d91647abb20e7b8";

/** Two lines long: what follows begins on line 3. */
export const HEAD = `project: ${PROJECT}\nworkspace: orders\n`;

export const FILE = "fleet.yaml";

export function parseText(text: string): ParsedPolicies {
  return parsePolicyFiles([{ name: FILE, text }]);
}

/** A document of one processor `a`, whose fields are written on line 4. */
export function aProcessor(fields: string): string {
  return `${HEAD}processors:\n  a: ${fields}\n`;
}

/** Throws where the file has none: the test expected some. */
export function findFaults(text: string): readonly PolicyFault[] {
  const parsed = parseText(text);
  if (parsed.kind === "parsed") throw new Error("the file has no fault");
  return parsed.faults;
}

/** Throws with the faults: the test expected none. */
export function parseSound(text: string): Extract<ParsedPolicies, { kind: "parsed" }> {
  const parsed = parseText(text);
  if (parsed.kind === "faulty") throw new Error(JSON.stringify(parsed.faults));
  return parsed;
}
