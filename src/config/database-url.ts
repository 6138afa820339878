// What DATABASE_URL may look like. The driver takes other texts for a socket's path or a host called "base", and a
// password with a `#` for a port: whatever is named in messages afterwards would be part of it. So a fault never quotes
// more than hosts.
const NOT_A_URL =
  "not a URL of Postgres: want postgres://HOST:PORT/DATABASE, user and password before the host";
const CUT =
  "user or password holds a character that ends the host: write / as %2F, ? as %3F, # as %23, @ as %40";

const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d+)?$/i;

/** Undefined if there is none. */
export function findDatabaseUrlFault(text: string): string | undefined {
  const [, authority, rest = ""] = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if (authority === undefined) return NOT_A_URL;
  if (isCut(rest)) return CUT;
  const hosts = authority.slice(authority.lastIndexOf("@") + 1);
  const queried = URL.canParse(text) ? (new URL(text).searchParams.get("host") ?? "") : "";
  const several = [hosts, queried].find((one) => one.includes(","));
  if (several !== undefined) {
    const named = several.split(",").every((one) => HOST.test(one)) ? ` (${several})` : "";
    return `names several hosts${named} of Postgres, and takes one: set it to the primary, or to an address that follows it`;
  }
  return URL.canParse(text) ? undefined : NOT_A_URL;
}

/** Whether what stands behind the host holds some of what belongs before it. */
function isCut(rest: string): boolean {
  // The driver reads these from the query too, and a user may have an "@".
  const withoutNames = rest.replace(/(?<=[?&](user|password|options|application_name)=)[^&#]*/g, "");
  return /[#@]/.test(withoutNames);
}
