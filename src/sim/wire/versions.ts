// Version negotiation by the Accept header (docs/atlas.md 6): the asked date resolves to the newest resource version
// not after it, in the format the resource has; anything else is 406. An old version says so in its headers. Pure.
import type { Refusal } from "../world/refusals.js";

/** One version of a resource. */
export interface ResourceVersion {
  /** YYYY-MM-DD, or "preview". */
  readonly date: string;
  readonly format: "json" | "gzip";
  /** YYYY-MM-DD from which it may be gone. */
  readonly sunset?: string;
}

export type Version =
  | {
      readonly kind: "version";
      readonly mediaType: string;
      /** Deprecation and Sunset of an old version. */
      readonly headers: Readonly<Record<string, string>>;
      /** ISO date, or null. */
      readonly sunset: string | null;
    }
  | { readonly kind: "none" };

/** In small letters: media types have no case. The first that fits counts, whatever else is accepted. */
const DATED = /application\/vnd[.]atlas[.](\d{4}-\d{2}-\d{2}|preview)[+](json|gzip)/;

const isDate = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};

const toHttpDate = (date: string): string => new Date(`${date}T00:00:00Z`).toUTCString();

/**
 * An old version: Deprecation from the date of its successor (a guess), Sunset if known (docs/atlas.md 6, recorded).
 */
function describeAge(
  version: ResourceVersion,
  versions: readonly ResourceVersion[],
): Readonly<Record<string, string>> {
  const { date, sunset } = version;
  const newer = versions.find((one) => one.date !== "preview" && (date === "preview" || one.date > date));
  return {
    ...(newer === undefined ? {} : { Deprecation: toHttpDate(newer.date) }),
    ...(sunset === undefined ? {} : { Sunset: toHttpDate(sunset) }),
  };
}

/** Resolves what was asked for among the resource's own versions (oldest first). */
export function resolveVersion(accept: string | undefined, versions: readonly ResourceVersion[]): Version {
  const [, asked, format = "json"] = DATED.exec((accept ?? "").toLowerCase()) ?? [];
  if (asked === undefined || (asked !== "preview" && !isDate(asked))) return { kind: "none" };
  const served = versions.filter((version) => version.format === format);
  const resolved =
    asked === "preview"
      ? served.find(({ date }) => date === "preview")
      : served.filter(({ date }) => date !== "preview" && date <= asked).at(-1);
  if (resolved === undefined) return { kind: "none" };
  return {
    kind: "version",
    mediaType: `application/vnd.atlas.${resolved.date}+${resolved.format}`,
    headers: describeAge(resolved, served),
    sunset: resolved.sunset ?? null,
  };
}

/** 406 INVALID_VERSION_DATE (docs/atlas.md 6). */
export function invalidVersion(): Refusal {
  return {
    status: 406,
    errorCode: "INVALID_VERSION_DATE",
    detail: "Invalid accept header or version date.",
    parameters: [],
  };
}

/** 410 VERSION_GONE of a retired version (docs/atlas.md 6). */
export function goneVersion(mediaType: string): Refusal {
  return {
    status: 410,
    errorCode: "VERSION_GONE",
    detail: `The version ${mediaType} is no longer available.`,
    parameters: [mediaType],
  };
}
