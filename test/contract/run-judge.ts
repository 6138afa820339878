// The judgement on a whole run: how many requests and replies were validated, which were not valid, and which
// operations of the client were exercised. It quotes no header, no body and no value.
import type { AtlasClient } from "../../src/atlas/client.js";
import { judgeExchange } from "./exchange-judge.js";
import type { Judgement } from "./exchange-judge.js";
import type { OpenApi } from "./openapi.js";
import type { RecordedExchange } from "./recorder.js";

/** The operation of the document behind each operation of the client. */
const OPERATION_IDS = {
  listProcessors: "getGroupStreamProcessors",
  describeProcessors: "getGroupStreamProcessors",
  getProcessor: "getGroupStreamProcessor",
  describeProcessor: "getGroupStreamProcessor",
  getWorkspace: "getGroupStreamWorkspace",
  listWorkspaces: "listGroupStreamWorkspaces",
  listFailures: "listGroupEvents",
  listMoves: "listGroupEvents",
  readRateLimits: "listRateLimits",
  start: "startGroupStreamProcessor",
  startWith: "startGroupStreamProcessorWith",
  stop: "stopGroupStreamProcessor",
} as const satisfies Record<Exclude<keyof AtlasClient, "close" | "relay">, string>;

export type ClientOperation = keyof typeof OPERATION_IDS;
export const READS: readonly ClientOperation[] = [
  ...(["listProcessors", "getProcessor", "getWorkspace"] as const),
  ...(["listWorkspaces", "listFailures", "listMoves", "readRateLimits"] as const),
];

export interface RunJudgement {
  /** One line for each request or reply that is not valid. */
  readonly faults: readonly string[];
  /** Operations of the client of which a whole reply was valid. */
  readonly answered: ReadonlySet<ClientOperation>;
  readonly requests: number;
  readonly replies: number;
  /** Kind of the fault that spoilt the reply -> how many. */
  readonly leftOut: Readonly<Record<string, number>>;
}

interface Judged extends Judgement {
  readonly exchange: RecordedExchange;
}

export function judgeRun(api: OpenApi, recorded: readonly RecordedExchange[]): RunJudgement {
  const judged = recorded.map((exchange): Judged => ({ ...judgeExchange(api, exchange), exchange }));
  const leftOut: Record<string, number> = {};
  for (const { reply, exchange } of judged) {
    const kind = exchange.faultKind ?? "";
    if (reply.kind === "left out") leftOut[kind] = (leftOut[kind] ?? 0) + 1;
  }
  const isAnswered = (operation: ClientOperation): boolean =>
    judged.some(
      ({ operationId, reply }) => operationId === OPERATION_IDS[operation] && reply.kind === "valid",
    );
  return {
    faults: judged.flatMap(toFaults),
    answered: new Set((Object.keys(OPERATION_IDS) as ClientOperation[]).filter(isAnswered)),
    requests: judged.length,
    replies: judged.filter(({ reply }) => reply.kind !== "left out").length,
    leftOut,
  };
}

function toFaults({ operationId, request, reply, exchange }: Judged): readonly string[] {
  const what = `${exchange.method} ${operationId ?? "?"}`;
  const status = String(exchange.reply?.status ?? "no reply");
  return [
    ...(request.kind === "invalid" ? [`request ${what}: ${request.faults.join("; ")}`] : []),
    ...(reply.kind === "invalid" ? [`reply ${status} of ${what}: ${reply.faults.join("; ")}`] : []),
  ];
}

/** For people: what was validated. */
export function describeRun(subject: string, run: RunJudgement): string {
  const kinds = Object.entries(run.leftOut).map(([kind, count]) => `${kind} ${String(count)}`);
  const left =
    kinds.length === 0 ? "none left out" : `left out as spoilt by a scripted fault: ${kinds.join(", ")}`;
  return (
    `contract with ${subject}: ${String(run.requests)} requests and ${String(run.replies)} replies validated, ` +
    `${String(run.faults.length)} not valid; ${left}\n`
  );
}
