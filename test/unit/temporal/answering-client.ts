// A client of Temporal that answers from a list, for what is asked of it and made of its answers. What a server really
// answers is in test/workflow and test/integration.
import type { Client } from "@temporalio/client";

export const INSTALLATION = { id: "0a0a0a0a", taskQueue: "headgate-0a0a0a0a" };
export const SCHEDULE_ID = `${INSTALLATION.taskQueue}-reconcile`;

/** As gRPC fails: a code, and what the server said. */
export function grpc(code: number): Error {
  return Object.assign(new Error("said"), { code, details: "said" });
}

const atOnce = <Result>(_bound: unknown, work: () => Promise<Result>): Promise<Result> => work();

/** Only what the code under test calls; everything else is absent, so that calling it fails the test. */
export function aClient(parts: object): Client {
  return {
    options: { namespace: "ns", identity: "me" },
    connection: {},
    withDeadline: atOnce,
    withAbortSignal: atOnce,
    ...parts,
  } as unknown as Client;
}
