// What Temporal and the way to it say, as one error with one remedy: where it is, what was tried, what to do. Nothing
// else looks at the codes of gRPC. A refusal must never be taken for an outage, nor the other way about: a worker ends
// itself on the one and waits for the other to pass.
import { Connection } from "@temporalio/client";
import type { Client } from "@temporalio/client";
import { AppError } from "../base/errors.js";
import { toKept, toOneLine } from "../base/text.js";

/** The place of Temporal, for messages. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
}

export function toTemporalTarget({ connection, options }: Client): TemporalTarget {
  const address = connection instanceof Connection ? connection.options.address : "TEMPORAL_ADDRESS";
  return { address, namespace: options.namespace };
}

/** Codes of gRPC. */
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Characters that are told of what the server said. */
const MAX_TEXT = 500;

/** Always `temporal.unavailable`, with what broke as its cause. `tried`: how long, and how often, in words. */
export function toTemporalError(
  error: unknown,
  { address, namespace }: TemporalTarget,
  tried = "tried once",
): AppError {
  const { code, text: said } = findReason(error);
  const text = toKept(toOneLine(said), MAX_TEXT).replace(/[.\s]+$/, "");
  const told = (message: string, remedy?: string): AppError =>
    new AppError("temporal.unavailable", `Temporal at ${address} ${message}`, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  switch (code) {
    case NOT_FOUND:
      return told(`has no namespace ${namespace}: ${text}`, "Create it, or set TEMPORAL_NAMESPACE");
    case PERMISSION_DENIED:
      return told(
        `refuses it: ${text}`,
        `The key or certificate needs the role Write in namespace ${namespace}`,
      );
    case UNAUTHENTICATED:
      return told(`does not let us in: ${text}`, "Check TEMPORAL_API_KEY, or TEMPORAL_TLS_*");
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
    case undefined:
      return told(`cannot be reached: ${tried}; ${text}`, "Start it, or set TEMPORAL_ADDRESS");
    default:
      return told(`did not do it: ${text}`);
  }
}

/** The server has answered, and does not want us: no namespace of that name, no right, not let in. */
export function isRefusal(error: unknown): boolean {
  const { code } = findReason(error);
  return code === NOT_FOUND || code === PERMISSION_DENIED || code === UNAUTHENTICATED;
}

/** The server has answered, if only that it is asked too often or was left too little time. */
export function isThere(error: unknown): boolean {
  const { code } = findReason(error);
  return code === RESOURCE_EXHAUSTED || code === FAILED_PRECONDITION;
}

/** The SDK wraps what the server said; the innermost that has a code of gRPC says it. */
function findReason(error: unknown): { readonly code: number | undefined; readonly text: string } {
  const text = error instanceof Error ? error.message : String(error);
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    // The only one of the SDK's own without a code.
    if (one.name === "NamespaceNotFoundError") return { code: NOT_FOUND, text: one.message };
    if ("code" in one && typeof one.code === "number") {
      const details = "details" in one && typeof one.details === "string" ? one.details : "";
      return { code: one.code, text: details === "" ? one.message : details };
    }
  }
  return { code: undefined, text };
}
