// The one door for texts from outside: what Atlas, Temporal, Postgres, a file or a person wrote passes through here
// before it is kept or shown. Pure, and known to all but the domain, which builds its own texts from what has passed.

/**
 * Stands for what cannot be kept. It is put there, never left out: what is left out could join the halves of a
 * credential.
 */
const REPLACEMENT = "\ufffd";
/** In `u` mode the two halves of a whole pair are one character, so that this finds lone halves only. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** Well-formed Unicode without U+0000: what Postgres (text and jsonb) and Temporal (UTF-8) take. */
export function toWellFormed(text: string): string {
  return text.replace(UNSTORABLE, REPLACEMENT);
}

const MARK = "…";

/** At most `max` characters as Postgres counts them (code points); the mark of a cut is one of them. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // A character is two units at most: this holds one more than `max`, where there are as many.
  const characters = Array.from(text.slice(0, 2 * (max + 1)));
  return characters.length <= max ? text : characters.slice(0, max - 1).join("") + MARK;
}

const SECRET_SHAPES: readonly RegExp[] = [
  /\b(Bearer|Basic|Digest)\s+[A-Za-z0-9+/=._~-]{8,}/gi,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g,
  /\b(?:mdb_sa_sk|hdg_sa_sk|hdg_ak)_[A-Za-z0-9_-]+/g,
  /\bresponse\s*=\s*["'\\]*[0-9a-f]{32,}/gi,
  // The address of an incoming webhook of Slack is its credential.
  /(:\/\/hooks\.slack\.com\/)[\w/-]+/g,
  // A password may hold an "@" or, against the rules, a "/": the last "@" before a slash ends it, else the first of
  // all.
  /(:\/\/[^:/\s@]*:)(?:[^/\s]+|[^@\s]+)(?=@)/g,
];

/** Replaces everything that has the shape of a credential. Text without one comes back unchanged. */
export function redact(text: string): string {
  return SECRET_SHAPES.reduce(
    (current, shape) =>
      current.replace(shape, (_match, prefix: unknown) =>
        typeof prefix === "string" && prefix.startsWith("://") ? `${prefix}[redacted]` : "[redacted]",
      ),
    text,
  );
}

/**
 * A text from outside as it is kept: storable, without credentials, at most `max` characters. It is redacted before it
 * is cut, because half a credential has no shape. Idempotent.
 */
export function toKept(text: string, max: number): string {
  return cut(redact(toWellFormed(text)), max);
}

/** Of a TLS fault: without what newer versions of Node advise to do with Node (24.22.3: --use-system-ca). */
export function toTlsReason(message: string): string {
  return message.replace(/; if the root CA is installed locally.*$/s, "");
}

/** One line, for sentences: a line break in somebody else's text must not begin a line of ours. */
export function toOneLine(text: string): string {
  return text.replace(/\s*[\n\p{Zl}\p{Zp}]\s*/gu, " ");
}

/**
 * What moves the cursor, colours, or turns the direction of writing, and what ends a line elsewhere; our own line
 * breaks stay.
 */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/**
 * For a terminal: every control character but the line break as `\u001b` is written. JSON stays JSON by it, and says
 * the same: such characters stand in its strings only. Idempotent.
 */
export function toVisible(text: string): string {
  return text.replace(INVISIBLE, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
