// The requests of unmodified vendor clients, line by line as they were seen on the wire (docs/atlas.md 12), for raw
// sockets: nothing of a client library tidies them. Holds no expectation.
import { sendBytes } from "./simulator-harness.js";
import type { Bench, RawAnswer } from "./simulator-harness.js";

export type Version = "2023-02-01" | "2024-05-30" | "2024-08-05" | "2025-03-12";

export const media = (version: Version): string => `application/vnd.atlas.${version}+json`;

/** How one client writes a request. */
export interface Manner {
  readonly client: string;
  /** Header lines beside Host and Authorization. */
  readonly head: (version: Version) => readonly string[];
}

/** Asks for the version of each operation. */
export const SDK: Manner = {
  client: "Go SDK",
  head: (version) => [
    "User-Agent: go-atlas-sdk-admin/v20250312018.0.0 (linux;amd64)",
    `Accept: ${media(version)}`,
    "Accept-Encoding: gzip",
  ],
};

/** Asks for 2025-03-12 whatever the operation. */
export const MCP: Manner = {
  client: "MCP server",
  head: () => [
    `accept: ${media("2025-03-12")}`,
    "accept-encoding: gzip, deflate, br",
    "user-agent: MongoDB MCP Server/3.0.4",
    "Connection: close",
  ],
};

export const CURL: Manner = {
  client: "curl",
  head: (version) => ["User-Agent: curl/7.88.1", `Accept: ${media(version)}`],
};

export interface VendorRequest {
  readonly manner: Manner;
  readonly version: Version;
  readonly method: string;
  /** As on the wire. */
  readonly path: string;
  /** Further header lines: of the body, mostly. */
  readonly head?: readonly string[];
  readonly body?: string;
  /** Default: the bench's token; empty: no such header. */
  readonly authorization?: string;
}

/** Sends it and gives back what came. */
export function sendVendor(bench: Bench, request: VendorRequest): Promise<RawAnswer> {
  const { manner, version, method, path, head = [], body = "" } = request;
  const authorization = request.authorization ?? `Bearer ${bench.token}`;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${String(bench.sim.port)}`,
    ...(authorization === "" ? [] : [`Authorization: ${authorization}`]),
    ...manner.head(version),
    ...head,
  ];
  return sendBytes(bench.sim, lines, body);
}

/** A body with its length and type; no type where none is given. */
export function withBody(
  text: string,
  type?: string,
): { readonly head: readonly string[]; readonly body: string } {
  const length = `Content-Length: ${String(Buffer.byteLength(text))}`;
  return { head: type === undefined ? [length] : [length, `Content-Type: ${type}`], body: text };
}

/** The same in chunks of a few bytes, without Content-Length. */
export function inChunks(
  text: string,
  type: string,
): { readonly head: readonly string[]; readonly body: string } {
  const pieces = text.match(/.{1,5}/gs) ?? [];
  const chunks = [
    ...pieces.map((one) => `${Buffer.byteLength(one).toString(16)}\r\n${one}\r\n`),
    "0\r\n\r\n",
  ];
  return { head: ["Transfer-Encoding: chunked", `Content-Type: ${type}`], body: chunks.join("") };
}

/** The JSON of a raw answer; throws where it is none. */
export function jsonOf(answer: RawAnswer): Readonly<Record<string, unknown>> {
  return JSON.parse(answer.text) as Readonly<Record<string, unknown>>;
}
