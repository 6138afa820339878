// How often callers over HTTP may ask and fail, as settings. Pure data.

export interface AccessLimits {
  /** Of one key; one address may ask four times as often, because several keys may stand behind it. */
  readonly requestsPerSecond: number;
  /** From one address; under one name ten times as many from all addresses together. */
  readonly failedLoginsPerMinute: number;
  /** Of one address and service account; as many revocations. */
  readonly tokensPerMinute: number;
}

/** Ten tokens are Atlas's own number (docs/atlas.md 5). */
export const DEFAULT_ACCESS_LIMITS: AccessLimits = {
  requestsPerSecond: 100,
  failedLoginsPerMinute: 10,
  tokensPerMinute: 10,
};
