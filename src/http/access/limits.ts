// How often callers may ask and fail. Requests are limited per address and per key, failed log-ins per address and per
// name of a key. Whoever has logged in from an address before is not locked out by others who fail there, or under its
// name: it gets one more try, which a failure uses up. Loopback is limited as every other address.
import { isIPv6 } from "node:net";
import type { AccessLimits } from "../../domain/access-limits.js";
import { createBuckets } from "./buckets.js";

/** Who tries to log in: an address, and the name of a key as it was given, known or not; empty if none was. */
export interface LogIn {
  readonly address: string;
  readonly name: string;
}

/** Each answers seconds to wait, or 0. */
export interface Limits {
  request(address: string): number;
  ofKey(keyId: string): number;
  /** Before a credential is checked. */
  attempt(attempt: LogIn): number;
  succeeded(attempt: LogIn): void;
  failed(attempt: LogIn): number;
  token(attempt: LogIn): number;
  revocation(attempt: LogIn): number;
}

const BURST_SECONDS = 4;
const KEYS_PER_ADDRESS = 4;
const ADDRESSES_PER_NAME = 10;
/** Pairs of address and name that are remembered to have logged in. */
const FRIENDS_MAX = 10_000;

/** `now` is in milliseconds and never goes back. */
export function createLimits(limits: AccessLimits, now?: () => number): Limits {
  const { requestsPerSecond, failedLoginsPerMinute, tokensPerMinute } = limits;
  const perSecond = (count: number) =>
    createBuckets({ capacity: count * BURST_SECONDS, perSecond: count }, now);
  const perMinute = (count: number) => createBuckets({ capacity: count, perSecond: count / 60 }, now);
  const ofAddress = perSecond(requestsPerSecond * KEYS_PER_ADDRESS);
  const ofKey = perSecond(requestsPerSecond);
  const failuresFrom = perMinute(failedLoginsPerMinute);
  const failuresAs = perMinute(failedLoginsPerMinute * ADDRESSES_PER_NAME);
  const tokens = perMinute(tokensPerMinute);
  const revocations = perMinute(tokensPerMinute);
  const friends = new Set<string>();
  const waitToFail = ({ address, name }: LogIn): number => {
    const from = failuresFrom.wait(toNetwork(address));
    return name === "" ? from : Math.max(from, failuresAs.wait(toShort(name)));
  };
  return {
    request: (address) => ofAddress.take(toNetwork(address)),
    ofKey: (keyId) => ofKey.take(keyId),
    attempt: (attempt) => (friends.has(toPair(attempt)) ? 0 : waitToFail(attempt)),
    succeeded: (attempt) => {
      const pair = toPair(attempt);
      friends.delete(pair);
      friends.add(pair);
      if (friends.size > FRIENDS_MAX) friends.delete(friends.values().next().value ?? pair);
    },
    failed: (attempt) => {
      friends.delete(toPair(attempt));
      const wait = waitToFail(attempt);
      failuresFrom.take(toNetwork(attempt.address));
      if (attempt.name !== "") failuresAs.take(toShort(attempt.name));
      return wait;
    },
    token: (attempt) => tokens.take(toPair(attempt)),
    revocation: (attempt) => revocations.take(toPair(attempt)),
  };
}

const toPair = ({ address, name }: LogIn): string => `${toNetwork(address)} ${toShort(name)}`;

/** What is kept of a name that anybody may make up. */
const toShort = (name: string): string => name.slice(0, 100);

/**
 * What one caller can speak from: an IPv4 address, or the /64 that one subscriber of IPv6 has at the least. What is no
 * address, as it is.
 */
export function toNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const bare = address.replace(/%.*$/s, "");
  if (!isIPv6(bare)) return address;
  const [head = "", tail] = bare.split("::");
  const before = head === "" ? [] : head.split(":");
  // Only groups of the first half matter; one that ends in IPv4 has two groups more than it has colons, all behind.
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length - (bare.includes(".") ? 1 : 0);
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
