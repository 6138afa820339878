// Judges recorded exchanges: every request, and every reply but those that a scripted fault has spoilt.
import type { OpenApi } from "./openapi.js";
import type { RecordedExchange, RecordedReply } from "./recorder.js";
import { judgeReply } from "./reply-judge.js";
import { judgeRequest } from "./request-judge.js";
import { TOKEN_URL, judgeTokenReply, judgeTokenRequest } from "./token-contract.js";

/** Faults after which a reply says still what Atlas would say: it was late, or the world was, not the reply. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...["delay", "trickle", "status", "status-after-apply", "late-apply", "then-failed"],
  ...["stale-read", "unknown-state"],
]);

type Verdict =
  { readonly kind: "valid" | "left out" } | { readonly kind: "invalid"; readonly faults: readonly string[] };

export interface Judgement {
  /** As the document names it; "token" for the token endpoint; undefined for what nothing declares. */
  readonly operationId: string | undefined;
  readonly request: Verdict;
  readonly reply: Verdict;
}

export function judgeExchange(api: OpenApi, exchange: RecordedExchange): Judgement {
  if (exchange.url === TOKEN_URL) {
    const request = toVerdict(judgeTokenRequest(api, exchange));
    return {
      operationId: "token",
      request,
      reply: toReplyVerdict(exchange, (reply) => judgeTokenReply(api, reply)),
    };
  }
  const match = api.match(exchange.method, exchange.url);
  if (match === undefined) {
    const undeclared = toVerdict([`no operation is declared for this ${exchange.method}`]);
    return { operationId: undefined, request: undeclared, reply: undeclared };
  }
  return {
    operationId: match.operationId,
    request: toVerdict(judgeRequest(api, match, exchange)),
    reply: toReplyVerdict(exchange, (reply) => judgeReply(api, match, reply)),
  };
}

function toVerdict(faults: readonly string[]): Verdict {
  return faults.length === 0 ? { kind: "valid" } : { kind: "invalid", faults };
}

function toReplyVerdict(
  { reply, faultKind }: RecordedExchange,
  judge: (reply: RecordedReply) => readonly string[] | "undeclared",
): Verdict {
  if (faultKind !== null && !HARMLESS.has(faultKind)) return { kind: "left out" };
  if (reply === null) return toVerdict(["no reply came back whole"]);
  const faults = judge(reply);
  if (faults !== "undeclared") return toVerdict(faults);
  // A script may answer with a status that Atlas never does.
  return faultKind === null
    ? toVerdict([`status ${String(reply.status)} is not declared`])
    : { kind: "left out" };
}
