// How the API answers: tokens, versions, rate limits, lists, connections, and what the simulator keeps. Token lives and
// rate limits are real milliseconds, because clients read them as seconds on their own clock. A `source` names the
// section of docs/atlas.md that a value comes from; "guess" marks what nobody has seen, and "simulator" what is none of
// Atlas's.
import type { SettingRow } from "./setting-row.js";

export const API_SETTINGS = {
  // Credentials. The lives are as long as Atlas's: a client that asks anew too often shows by the limit.
  "oauth.tokensPerMinute": {
    value: 10,
    meaning: "token requests per address and client in a minute",
    source: "docs/atlas.md 5",
  },
  "oauth.tokenLifetimeMs": { value: 3_600_000, meaning: "life of a token", source: "docs/atlas.md 5" },
  "oauth.maxLiveTokens": {
    value: 100,
    meaning: "live tokens of one service account",
    source: "docs/atlas.md 5",
  },
  // Versions: nobody has seen one gone, so that both answers can be had.
  "versions.afterSunset": {
    value: "served",
    choices: ["served", "410"],
    meaning: "a version past its sunset: still served, or VERSION_GONE",
    source: "guess (docs/atlas.md 6)",
  },
  // Short lives make a client meet a stale nonce, which it may only sign again.
  "digest.nonceLifetimeMs": {
    value: 300_000,
    meaning: "life of a digest nonce; older ones are stale",
    source: "guess (docs/atlas.md 5)",
  },
  // The bucket of a project. A small one makes tests of waiting quick; 0 as capacity refuses every call.
  "rateLimit.capacity": {
    value: 1_200,
    meaning: "streams requests one project can hold",
    source: "docs/atlas.md 6",
  },
  "rateLimit.refill": {
    value: 500,
    meaning: "requests each refill adds, in one step",
    source: "docs/atlas.md 6",
  },
  "rateLimit.refillMs": { value: 60_000, meaning: "span between refills", source: "docs/atlas.md 6" },
  "rateLimit.headers": {
    value: true,
    meaning: "RateLimit-* and Retry-After headers are sent",
    source: "docs/atlas.md 6: they may be missing",
  },
  // Lists. A smaller maximum makes long lists of short ones.
  "list.itemsPerPage": {
    value: 100,
    min: 1,
    meaning: "items of a page, if the request does not say",
    source: "docs/atlas.md 6",
  },
  "list.maxItemsPerPage": { value: 500, min: 1, meaning: "largest page", source: "docs/atlas.md 6" },
  "list.countAhead": {
    value: 0,
    meaning: "how many more than there are totalCount says",
    source: "docs/atlas.md 6: it is an estimate",
  },
  // What bounds the simulator itself: memory, files and idle sockets.
  "request.maxBytes": {
    value: 20 * 1024 * 1024,
    min: 1,
    meaning: "larger bodies are refused with 413; a pipeline may have 16 MB",
    source: "guess (docs/atlas.md 2c)",
  },
  "connection.keepAliveMs": {
    value: 65_000,
    min: 1,
    meaning: "an idle connection is closed after this time",
    source: "simulator",
  },
  // Bounds: a simulator may run for days.
  "events.kept": { value: 5_000, min: 1, meaning: "events a project keeps at least", source: "simulator" },
  "events.moverShown": {
    value: true,
    meaning: "events of starts, stops and edits say who in `modifiedBy`",
    source: "guess (docs/atlas.md 4)",
  },
  "state.saveAfterMs": {
    value: 250,
    meaning: "the state file is written this long after a change",
    source: "simulator",
  },
  "log.maxEntries": {
    value: 200_000,
    min: 1,
    meaning: "requests the log in memory keeps",
    source: "simulator",
  },
} as const satisfies Record<string, SettingRow>;
