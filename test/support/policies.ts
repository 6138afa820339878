// Policies into the database the way people put them there: as YAML through `apply`.
import { apply, planApply } from "../../src/app/declare/apply.js";
import type { Applied } from "../../src/app/declare/apply.js";
import type { AppDeps } from "../../src/app/deps.js";
import { formatPolicyFault, parsePolicyFiles } from "../../src/policy-file/document.js";

/** Parses, plans and applies; throws where the text is faulty. */
export async function applyText(app: AppDeps, text: string, prune = false): Promise<Applied> {
  const parsed = parsePolicyFiles([{ name: "test.yaml", text }]);
  if (parsed.kind === "faulty") throw new Error(parsed.faults.map(formatPolicyFault).join("\n"));
  return apply(app, await planApply(app, { ...parsed.set, prune }));
}
