// The token bucket of each project over the "Streams" endpoint set (docs/atlas.md 6): full at first, refilled in steps,
// not continuously, as a recording suggests. All operations on streams draw on the one bucket of their project. Holds
// between nothing and its capacity at every moment. Pure but for its own memory; the caller's clock, in real
// milliseconds.
import type { Refusal } from "../world/refusals.js";
import type { SimSettings } from "../settings/settings-table.js";

/** `stepAt` is the last step: the moment of the first draw, moved on by whole spans only. */
interface Bucket {
  remaining: number;
  stepAt: number;
}

export type Draw =
  | { readonly kind: "drawn"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** All projects' buckets. */
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();
  private readonly settings: SimSettings;

  constructor(settings: SimSettings) {
    this.settings = settings;
  }

  /** Takes one token of the project, or says when to come back. */
  draw(project: string, path: string, now: number): Draw {
    const bucket = this.refilled(project, now);
    const isEmpty = bucket.remaining < 1;
    if (!isEmpty) bucket.remaining -= 1;
    const headers = this.headersOf(bucket);
    if (!isEmpty) return { kind: "drawn", headers };
    const refusal = this.refuse(path, Math.max(1, Math.ceil((this.nextStepAt(bucket) - now) / 1_000)));
    return { kind: "refused", refusal: { ...refusal, headers: { ...headers, ...refusal.headers } } };
  }

  /** Epoch milliseconds of the next step, whether or not it brings a token. */
  private nextStepAt(bucket: Bucket): number {
    return bucket.stepAt + this.settings["rateLimit.refillMs"];
  }

  private refilled(project: string, now: number): Bucket {
    const capacity = this.settings["rateLimit.capacity"];
    const bucket = this.buckets.get(project) ?? { remaining: capacity, stepAt: now };
    // Whole steps only. A clock that went back brings none, and takes none away. A span of 0 ms fills it at every draw.
    const steps = Math.floor((now - bucket.stepAt) / Math.max(1, this.settings["rateLimit.refillMs"]));
    if (steps > 0) {
      bucket.remaining = Math.min(capacity, bucket.remaining + steps * this.settings["rateLimit.refill"]);
      // Not `now`: the rest of a step that has begun would be lost at every draw.
      bucket.stepAt += steps * this.settings["rateLimit.refillMs"];
    }
    this.buckets.set(project, bucket);
    return bucket;
  }

  private headersOf(bucket: Bucket): Record<string, string> {
    if (!this.settings["rateLimit.headers"]) return {};
    return {
      "RateLimit-Limit": String(this.settings["rateLimit.capacity"]),
      "RateLimit-Remaining": String(bucket.remaining),
    };
  }

  private refuse(path: string, retryAfter: number): Refusal {
    const { "rateLimit.capacity": capacity, "rateLimit.refill": refill } = this.settings;
    const seconds = this.settings["rateLimit.refillMs"] / 1_000;
    return {
      status: 429,
      errorCode: "RATE_LIMITED_TOKEN_BUCKET",
      detail: `Rate limit exceeded for ${path}. Please retry after ${String(retryAfter)} seconds. Request capacity: ${String(capacity)}. Refill rate: ${String(refill)} per ${String(seconds)} seconds.`,
      parameters: [path, retryAfter, capacity, refill, seconds],
      headers: this.settings["rateLimit.headers"] ? { "Retry-After": String(retryAfter) } : {},
    };
  }
}
