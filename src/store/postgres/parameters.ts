// What Postgres is handed: every text and every JSON document passes here, so that none is refused for a character.
// Refused are U+0000 (22021, in jsonb 22P05) and half a surrogate pair (in jsonb 22P02); a text column takes the latter
// for U+FFFD.
import { toWellFormed } from "../../base/text.js";

/** A parameter as it is sent: texts and lists of texts without what Postgres refuses. */
export function toStorable(value: unknown): unknown {
  if (typeof value === "string") return toWellFormed(value);
  return Array.isArray(value) ? value.map(toStorable) : value;
}

/** A document for a parameter of type jsonb. Its keys are ours, or names that a ref may hold. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "string" ? toWellFormed(inner) : inner,
  );
}
