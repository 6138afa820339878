// Atlas's versions by media type: the asked date resolves to the newest version not after it (docs/atlas.md 6). Only
// what Headgate answers itself is resolved here; Atlas resolves the rest. Pure.
import type { AtlasError } from "./form.js";
import type { Verb } from "./paths.js";

const SINCE: Readonly<Record<Verb, string>> = {
  start: "2024-05-30",
  startWith: "2025-03-12",
  stop: "2024-05-30",
};
/** Media types have no case. */
const DATED = /application\/vnd[.]atlas[.](\d{4}-\d\d-\d\d)[+]json/;

export const NO_VERSION: AtlasError = {
  status: 406,
  errorCode: "INVALID_VERSION_DATE",
  detail: "Invalid accept header or version date.",
};

/** The media type of the answer; undefined for no version, or one that the operation does not have yet. */
export function resolveMediaType(verb: Verb, accept: string | undefined): string | undefined {
  const [, asked] = DATED.exec((accept ?? "").toLowerCase()) ?? [];
  const isDate = asked !== undefined && isDay(asked);
  return isDate && asked >= SINCE[verb] ? `application/vnd.atlas.${SINCE[verb]}+json` : undefined;
}

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** Plain JSON and every version of it: vendor clients send either (docs/atlas.md 12). Nothing is JSON, too. */
export function isJsonType(contentType: string | undefined): boolean {
  const [type = ""] = (contentType ?? "").split(";");
  return /^(?:|application\/json|application\/vnd[.]atlas[.][^+]+[+]json)$/i.test(type.trim());
}
