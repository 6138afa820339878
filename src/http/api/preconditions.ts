// If-Match and If-None-Match on policies: a write says which version it was made for, so that two who write at once do
// not overwrite each other without knowing.
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { AppError } from "../../base/errors.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { DeclaredPolicy } from "../../domain/status.js";
import { Problem } from "./problems.js";

const tag = z.string().min(1).max(500).optional();

export const WRITE_HEADERS = z.looseObject({
  "if-match": tag.meta({ description: "The ETag of the version that is replaced." }),
  "if-none-match": z
    .literal("*", { error: "*: only * is taken here" })
    .optional()
    .meta({ description: "*: only if there is no policy yet." }),
});

export const DELETE_HEADERS = z.looseObject({
  "if-match": tag.meta({ description: "The ETag of the version that is deleted." }),
});

export function toVersionTag({ version }: Pick<DeclaredPolicy, "version">): string {
  return `"${String(version)}"`;
}

/** Throws `precondition-required` where neither header came, and `precondition-failed` where one does not hold. */
export function checkPreconditions(
  headers: IncomingHttpHeaders,
  ref: ProcessorRef,
  declared: DeclaredPolicy | undefined,
): void {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  const name = formatProcessorRef(ref);
  if (match === undefined && noneMatch === undefined) {
    const text = "the request names no version: send If-Match with the policy's ETag, or If-None-Match: *";
    throw new Problem("precondition-required", text);
  }
  if (noneMatch !== undefined && declared !== undefined) {
    throw new Problem(
      "precondition-failed",
      `the policy of ${name} is there already, in version ${String(declared.version)}`,
    );
  }
  if (match === undefined) return;
  if (declared === undefined) throw new Problem("precondition-failed", `there is no policy of ${name}`);
  const tags = match.split(",").map((one) => one.trim());
  if (tags.includes("*") || tags.includes(toVersionTag(declared))) return;
  throw new Problem(
    "precondition-failed",
    `the policy of ${name} is in version ${String(declared.version)} by now`,
  );
}

/** Of a write: somebody was faster, between the look at the version and the write. */
export function toPreconditionFailed(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== "store.conflict") return error;
  return new Problem("precondition-failed", error.told, { cause: error });
}
