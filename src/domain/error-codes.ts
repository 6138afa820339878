// What may break, by cause: the closed list of error codes and all that follows from one. How a 429 is handled, say, is
// its row here, its delay (src/atlas/retry-after.ts) and the answers that count as one (src/atlas/errors.ts). Codes are
// stored in step rows and printed, so one may be added but none renamed. Pure data.

export interface ErrorProperties {
  /** Whether an activity that met it is tried again. `a-few-times`: then it ends, loudly. */
  readonly retry: "always" | "a-few-times" | "never";
  /** It passes by itself, and a wait for it is nothing to be alarmed about in Temporal. */
  readonly isBenign: boolean;
  /** It passes by itself: what failed for it may be asked for again as it is. */
  readonly isTransient: boolean;
  /**
   * What became of a POST that it answered. `limited`, `refused`: Atlas did nothing. `unsent`: nothing left this
   * process.
   * `by-sending`: unknown if anything left, else unsent.
   */
  readonly fate: "limited" | "refused" | "unsent" | "by-sending";
  /**
   * What a start does that is owed and was refused for it. `soon`: asks again, with growing pauses. `rechecked`: asks
   * again when somebody may have seen to it. `stands`: the refusal is for good.
   */
  readonly owedStart: "soon" | "rechecked" | "stands";
  /** A failed change counts as an attempt. Not if it says nothing about the processor: that must never park one. */
  readonly isCounted: boolean;
  /** What helps, for people. */
  readonly remedy: string;
}

/** Of what passes by itself and says nothing about the processor. */
const PASSING = {
  retry: "always",
  isBenign: false,
  isTransient: true,
  fate: "by-sending",
  owedStart: "stands",
  isCounted: false,
} as const satisfies Omit<ErrorProperties, "remedy">;

/** Of what stays as it is until somebody changes what was asked for. */
const LASTING = {
  retry: "never",
  isBenign: false,
  isTransient: false,
  fate: "by-sending",
  owedStart: "stands",
  isCounted: true,
} as const satisfies Omit<ErrorProperties, "remedy">;

export const ERROR_CODES = {
  /** A 429, or our own budget: both are waited out. */
  "atlas.rate_limited": {
    ...PASSING,
    isBenign: true,
    fate: "limited",
    remedy: "wait; headgate get budgets shows how long",
  },
  /** Never connected; a 5xx or no answer to a read. */
  "atlas.unavailable": { ...PASSING, fate: "unsent", remedy: "see to the network, then try again" },
  /** No answer, or a 5xx, to a write: a proxy's 503 can follow a request that went through. */
  "atlas.ambiguous": { ...PASSING, remedy: "see to the network, then try again" },
  /** The processor is in the wrong state for the call. */
  "atlas.conflict": {
    ...LASTING,
    fate: "refused",
    owedStart: "soon",
    remedy: "look at the processor's state, then try again",
  },
  /** Any 4xx that no other row takes: what was asked for is wrong. */
  "atlas.rejected": { ...LASTING, fate: "refused", remedy: "change what was asked for" },
  /** 401, 402, 403: the whole project is held. */
  "atlas.denied": {
    ...LASTING,
    fate: "refused",
    owedStart: "rechecked",
    isCounted: false,
    remedy: "see to the credentials, their role and their access list",
  },
  /** An answer that we cannot read. */
  "atlas.unintelligible": {
    ...LASTING,
    retry: "a-few-times",
    remedy: "look for a proxy between Headgate and Atlas; else this version does not know the answer",
  },
  "policy.invalid": { ...LASTING, remedy: "correct the policy" },
  "config.invalid": { ...LASTING, remedy: "correct the configuration" },
  "request.refused": { ...LASTING, remedy: "change what was asked for" },
  /** What was named is not there. */
  "request.unknown": { ...LASTING, remedy: "name something that exists" },
  /** Two wrote at once. */
  "store.conflict": { ...LASTING, retry: "always", remedy: "look again, then repeat it" },
  "store.unavailable": { ...PASSING, isTransient: false, remedy: "see to Postgres" },
  "temporal.unavailable": { ...LASTING, retry: "always", remedy: "see to Temporal" },
  /** A part of the local stack. */
  "stack.failed": { ...LASTING, retry: "always", remedy: "read the log of the part that failed" },
} as const satisfies Record<string, ErrorProperties>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Undefined for what is no error code: an ending's own word, or the type of a foreign failure. */
export function findErrorProperties(code: string): ErrorProperties | undefined {
  return Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : undefined;
}
