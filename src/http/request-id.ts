// What a request is called in logs, in the journal and in its answer: the caller's own x-request-id where it is
// harmless, else a new one. For Fastify's `genReqId`.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Nothing that could end a line of a log or a header. */
const HARMLESS = /^[A-Za-z0-9._:-]{1,64}$/;

export function toRequestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const asked = headers["x-request-id"];
  return typeof asked === "string" && HARMLESS.test(asked) ? asked : randomUUID();
}
