// What Temporal says, in words that tell where, what was tried and what to do.
import { expect, it } from "vitest";
import { toTemporalError } from "../../../src/temporal/errors.js";

const TARGET = { address: "temporal.example:7233", namespace: "streams" };
const AT = "Temporal at temporal.example:7233";

const grpc = (code: number, details: string): Error =>
  new Error("Failed to start Workflow", {
    cause: Object.assign(new Error(`${String(code)} X`), { code, details }),
  });
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

it.each([
  [
    named("NamespaceNotFoundError", "Namespace not found: 'streams'"),
    `${AT} has no namespace streams: Namespace not found: 'streams'. Create it, or set TEMPORAL_NAMESPACE`,
  ],
  [
    grpc(5, "Namespace streams is not found."),
    `${AT} has no namespace streams: Namespace streams is not found. Create it, or set TEMPORAL_NAMESPACE`,
  ],
  [
    grpc(7, "Request unauthorized."),
    `${AT} refuses it: Request unauthorized. The key or certificate needs the role Write in namespace streams`,
  ],
  [
    grpc(16, "invalid token"),
    `${AT} does not let us in: invalid token. Check TEMPORAL_API_KEY, or TEMPORAL_TLS_*`,
  ],
  [
    grpc(14, "No connection established"),
    `${AT} cannot be reached: tried for 5s; No connection established. Start it, or set TEMPORAL_ADDRESS`,
  ],
  [
    new Error("no answer"),
    `${AT} cannot be reached: tried for 5s; no answer. Start it, or set TEMPORAL_ADDRESS`,
  ],
  [grpc(3, "bad id"), `${AT} did not do it: bad id`],
])("explains %s", (error, told) => {
  expect(toTemporalError(error, TARGET, "tried for 5s")).toMatchObject({
    code: "temporal.unavailable",
    message: told,
  });
});
