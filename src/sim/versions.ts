// Version negotiation by the Accept header (atlas-facts 6): the asked date resolves to the newest resource version not
// after it; anything else is 406. Pure.
import type { Refusal } from "./refusals.js";

export type Version = { readonly kind: "version"; readonly mediaType: string } | { readonly kind: "none" };

const DATED = /application\/vnd[.]atlas[.](\d{4}-\d{2}-\d{2}|preview)[+](json|gzip)/i;

const isDate = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};

/** The media type of the reply for what was asked, among the resource's own versions (oldest first). */
export function resolveVersion(accept: string | undefined, versions: readonly string[]): Version {
  const match = DATED.exec(accept ?? "");
  const asked = match?.[1];
  if (asked === undefined || (asked !== "preview" && !isDate(asked))) return { kind: "none" };
  const resolved =
    asked === "preview"
      ? versions.find((version) => version === "preview")
      : versions.filter((version) => version !== "preview" && version <= asked).at(-1);
  if (resolved === undefined) return { kind: "none" };
  return { kind: "version", mediaType: `application/vnd.atlas.${resolved}+${match?.[2] ?? "json"}` };
}

/** 406 INVALID_VERSION_DATE (atlas-facts 6). */
export function invalidVersion(): Refusal {
  return {
    status: 406,
    errorCode: "INVALID_VERSION_DATE",
    detail: "Invalid accept header or version date.",
    parameters: [],
  };
}
