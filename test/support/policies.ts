// Policies into the database the way people put them there: as YAML through `apply`.
import { AppError } from "../../src/base/errors.js";
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

/** The use cases without Temporal: what is applied is stored, and nothing happens until the test says so. */
export function withoutTemporal(app: AppDeps): AppDeps {
  const runs = (): Promise<never> =>
    Promise.reject(new AppError("temporal.unavailable", "not asked in this test"));
  return { ...app, runs };
}
