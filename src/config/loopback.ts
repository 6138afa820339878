// Which hosts are this machine itself.

/** Of a URL's hostname. */
export function isLoopback(hostname: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}
