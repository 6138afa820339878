// One POST to a receiver of notices. A redirect is not followed: what is sent belongs to the address that was
// configured. Nothing of the answer is kept but its beginning.
import { Agent, ProxyAgent, request } from "undici";
import type { Dispatcher } from "undici";
import type { Secret } from "../base/secret.js";
import { SEND_TIMEOUT_MS, toShortAnswer, toCauseWords } from "./channel.js";
import type { Sending } from "./channel.js";

export interface HttpReceiver {
  readonly url: Secret;
  readonly proxy: Secret | undefined;
}

export interface Posting extends HttpReceiver {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What no answer may give away, beside the addresses. */
  readonly secrets?: readonly Secret[];
  /** Of all of it; default: that of any sending. */
  readonly timeoutMs?: number;
}

/** A receiver that takes the POST and does not like what is in it says the same every time. */
const REFUSALS: readonly number[] = [400, 413, 422];
/** Of an answer, in bytes: its beginning says what is wrong. */
const READ_MAX = 2_000;

/** Never throws. */
export async function postMessage(posting: Posting): Promise<Sending> {
  const { url, proxy, headers, body, secrets = [], timeoutMs = SEND_TIMEOUT_MS } = posting;
  const hidden = [url, ...(proxy === undefined ? [] : [proxy]), ...secrets];
  const dispatcher = openWay(proxy);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const reply = await request(url.reveal(), {
      ...{ method: "POST", dispatcher, signal, body },
      headers: { "content-type": "application/json", ...headers },
    });
    // Its status says whether the receiver has it; to send it again for the rest of an answer would only tell it twice.
    const beginning = await readBeginning(reply.body).catch(() => "");
    return judge(reply, toShortAnswer(beginning, hidden));
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    const why = isLate ? `no answer within ${String(timeoutMs / 1_000)} s` : toCauseWords(error);
    return { kind: "failed", why: toShortAnswer(why, hidden) };
  } finally {
    await dispatcher.destroy();
  }
}

/** For one message: there is one in half a minute at most, and a connection kept so long is most often dead. */
function openWay(proxy: Secret | undefined): Dispatcher {
  return proxy === undefined ? new Agent() : new ProxyAgent(proxy.reveal());
}

async function readBeginning(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= READ_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, READ_MAX).toString("utf8");
}

function judge({ statusCode, headers }: Dispatcher.ResponseData, beginning: string): Sending {
  const answer = `${String(statusCode)}${beginning === "" ? "" : `: ${beginning}`}`;
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered", answer };
  if (REFUSALS.includes(statusCode)) return { kind: "refused", why: answer };
  if (statusCode >= 300 && statusCode < 400) {
    return { kind: "failed", why: `${String(statusCode)}: a redirect, which is not followed` };
  }
  const asked = headers["retry-after"];
  const seconds = typeof asked === "string" && /^\d{1,6}$/.test(asked) ? Number(asked) : 0;
  return { kind: "failed", why: answer, retryAfterMs: seconds * 1_000 };
}
