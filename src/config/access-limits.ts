// The limits of `headgate serve` as environment variables. One table is behind the reader and the documentation.
import { DEFAULT_ACCESS_LIMITS } from "../domain/access-limits.js";
import type { AccessLimits } from "../domain/access-limits.js";
import type { Environment } from "./environment.js";

export const ACCESS_VARIABLES: Readonly<
  Record<keyof AccessLimits, { readonly name: string; readonly meaning: string }>
> = {
  requestsPerSecond: {
    name: "HEADGATE_REQUESTS_PER_SECOND",
    meaning:
      "requests of one key to one server, in bursts of four times that; of one address four times as many",
  },
  failedLoginsPerMinute: {
    name: "HEADGATE_FAILED_LOGINS_PER_MINUTE",
    meaning: "failed log-ins from one address to one server; under one key's name ten times as many",
  },
  tokensPerMinute: {
    name: "HEADGATE_OAUTH_PER_MINUTE",
    meaning: "tokens for one service account at one address, of one server; 10 as at Atlas",
  },
};

/** What is wrong goes to `faults`. An empty variable is not set. */
export function readAccessLimits(env: Environment, faults: string[]): AccessLimits {
  const read = (key: keyof AccessLimits): number => {
    const { name } = ACCESS_VARIABLES[key];
    const text = env[name] ?? "";
    if (text === "") return DEFAULT_ACCESS_LIMITS[key];
    const isCount = /^\d{1,6}$/.test(text) && Number(text) > 0;
    if (!isCount) faults.push(`${name}: "${text}" is not a whole number from 1 to 999999`);
    return isCount ? Number(text) : DEFAULT_ACCESS_LIMITS[key];
  };
  return {
    requestsPerSecond: read("requestsPerSecond"),
    failedLoginsPerMinute: read("failedLoginsPerMinute"),
    tokensPerMinute: read("tokensPerMinute"),
  };
}
