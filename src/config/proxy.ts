// The way to Atlas through a proxy, as HTTPS_PROXY and NO_PROXY say it. There is no standard for these variables: this
// follows what most programs have in common, so that what works for them works for Headgate.
import { BlockList, isIP } from "node:net";
import type { Environment } from "./environment.js";
import { isLoopback } from "./loopback.js";

/**
 * As most programs read these variables: lower case too, and in NO_PROXY `*`, suffixes with or without a dot or star,
 * ports, addresses with or without brackets, and ranges. Never for this machine.
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

/** The host of a call: as NO_PROXY has it, without brackets and without the dot that ends a full name. */
interface Callee {
  readonly host: string;
  readonly port: string;
}

function isExempt(env: Environment, { protocol, hostname, port }: URL): boolean {
  if (protocol !== "https:" || isLoopback(hostname)) return true;
  const callee = { host: toBareHost(hostname), port: port === "" ? "443" : port };
  return readEither(env, "NO_PROXY")
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === "*" || (entry.includes("/") ? isInRange : isNamed)(entry, callee));
}

function toBareHost(text: string): string {
  return text.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** A suffix at a dot: `mongodb.com` exempts `cloud.mongodb.com`, and not `notmongodb.com`. */
function isNamed(entry: string, { host, port }: Callee): boolean {
  // The colons of an address without brackets lead to no port.
  const isBare = isIP(entry) !== 0;
  const [, name = "", only = port] = /^(.*?)(?::(\d+))?$/.exec(isBare ? `[${entry}]` : entry) ?? [];
  const domain = toBareHost(name.replace(/^\*?\./, ""));
  if (domain === "" || only !== port) return false;
  if (isIP(domain) !== 0) return isInRange(domain, { host, port });
  // An address has no domains above it.
  return isIP(host) === 0 && `.${host}`.endsWith(`.${domain}`);
}

/** An address, or a range as 10.0.0.0/8: of calls to an address, because no name is looked up for this. */
function isInRange(entry: string, { host }: Callee): boolean {
  const [, net = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  if (isIP(net) === 0 || isIP(host) === 0) return false;
  const [family, most] = isIP(net) === 6 ? (["ipv6", 128] as const) : (["ipv4", 32] as const);
  const prefix = Number(bits ?? most);
  if (prefix > most) return false;
  const range = new BlockList();
  range.addSubnet(net, prefix, family);
  return range.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}

function readEither(env: Environment, name: string): string {
  return [env[name], env[name.toLowerCase()]].find((text) => text !== undefined && text !== "") ?? "";
}
