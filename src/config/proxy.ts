// The way to Atlas through a proxy, as HTTPS_PROXY and NO_PROXY say it. There is no standard for these variables: this
// follows what most programs have in common, so that what works for them works for Headgate.
import type { Environment } from "./environment.js";
import { isLoopback } from "./loopback.js";

/**
 * As other programs read these variables: lower case too, `*`, suffixes and ports in NO_PROXY; never for this machine.
 */
export function readProxy(
  { env, baseUrl: base }: { readonly env: Environment; readonly baseUrl: string },
  faults: string[],
): string | undefined {
  const text = readEither(env, "HTTPS_PROXY");
  if (text === "" || !URL.canParse(base) || isExempt(env, new URL(base))) return undefined;
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  // Not quoted: a proxy's URL may hold a password.
  faults.push("HTTPS_PROXY: not an http or https URL");
  return undefined;
}

function isExempt(env: Environment, { protocol, hostname, port }: URL): boolean {
  if (protocol !== "https:" || isLoopback(hostname)) return true;
  return readEither(env, "NO_PROXY")
    .toLowerCase()
    .split(/[\s,]+/)
    .some((one) => {
      // A suffix at a dot: `mongodb.com` exempts `cloud.mongodb.com`, and not `notmongodb.com`.
      const [, domain = "", only] = /^(?:\*?[.])?(.*?)(?::(\d+))?$/.exec(one) ?? [];
      const isPort = only === undefined || only === (port === "" ? "443" : port);
      return one === "*" || (domain !== "" && isPort && `.${hostname}`.endsWith(`.${domain}`));
    });
}

function readEither(env: Environment, name: string): string {
  return [env[name], env[name.toLowerCase()]].find((text) => text !== undefined && text !== "") ?? "";
}
