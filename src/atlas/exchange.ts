// One HTTP request and its reply, on undici's own hooks, because they tell the one thing that matters for a POST:
// whether it was handed to a socket. It must never hand a request over twice, nor after its deadline.
import { performance } from "node:perf_hooks";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

export interface HttpReply {
  readonly status: number;
  /** Lower-case names; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent if it did not arrive whole. */
  readonly body?: Buffer;
  readonly defect?: "cut off" | "oversized";
}

interface FailureOptions {
  readonly sent: boolean;
  readonly cause?: unknown;
  readonly remedy?: string;
  readonly waitedMs?: number;
}

/** No status came back. `sent`: whether the request may have reached the server; false only if it cannot have. */
export class ExchangeFailure extends Error {
  override readonly name = "ExchangeFailure";
  readonly sent: boolean;
  /** What helps, if the cause is known. */
  readonly remedy: string | undefined;
  readonly waitedMs: number | undefined;

  constructor(message: string, options: FailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.sent = options.sent;
    this.remedy = options.remedy;
    this.waitedMs = options.waitedMs;
  }
}

export interface ExchangeLimits {
  /** On performance.now()'s clock, which goes on while a process is frozen. */
  readonly deadline: number;
  readonly maxBytes: number;
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const LATE = "the deadline passed";

/** One request; its outcome settles once, whatever undici calls afterwards. Used once. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<HttpReply>;
  readonly #limits: ExchangeLimits;
  readonly #chunks: Buffer[] = [];
  #resolve!: (reply: HttpReply) => void;
  #reject!: (failure: ExchangeFailure) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Head | undefined;
  #bytes = 0;
  #isSent = false;
  #isOver = false;

  constructor(limits: ExchangeLimits) {
    this.#limits = limits;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for it sees the failure; that nobody does must not end the process.
    this.outcome.catch(() => undefined);
  }

  /**
   * undici calls this right before it writes the request to a connected socket, in the same turn (lib/dispatcher/
   * client-h1.js, writeH1): aborting here writes nothing. It may call it again when it re-queues a request by itself.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) this.#abort();
    else if (this.#isSent) this.giveUp("the connection was lost and the request is not sent twice");
    else if (performance.now() > this.#limits.deadline) this.giveUp(LATE);
    else this.#isSent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 1xx announces an answer and is none.
    if (status >= 200) this.#head = { status, headers: toPlainHeaders(headers) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#limits.maxBytes) this.#chunks.push(chunk);
    else this.#finish("oversized");
  }

  onResponseEnd(): void {
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.giveUp("the connection failed", error);
  }

  /** Ends it from outside or inside; what was not handed over by now never will be. */
  giveUp(why: string, cause?: unknown): void {
    if (this.#isOver) return;
    // A status that has come stands, though its body does not: a 429 is a 429 without one.
    if (this.#head !== undefined) {
      this.#finish("cut off");
      return;
    }
    this.#isOver = true;
    this.#reject(new ExchangeFailure(why, { sent: this.#isSent, cause }));
    this.#abort();
  }

  expire(): void {
    this.giveUp(LATE);
  }

  #finish(defect?: HttpReply["defect"]): void {
    if (this.#isOver || this.#head === undefined) return;
    this.#isOver = true;
    this.#resolve(
      defect === undefined ? { ...this.#head, body: Buffer.concat(this.#chunks) } : { ...this.#head, defect },
    );
    if (defect !== undefined) this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error("given up"));
  }
}

function toPlainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
  );
  return Object.fromEntries(entries);
}
