// The address at which a worker's metrics are scraped: what it serves and to whom it says no. Real sockets.
import { expect, it, onTestFinished } from "vitest";
import { serveMetrics } from "../../src/bin/metrics-server.js";
import { findFreePort } from "../../src/dev/port.js";
import type { LogFields, Logger } from "../../src/base/logger.js";

const OURS = '# HELP a_total It\'s "a"\n# TYPE a_total counter\na_total 1\n';
const SDK = "# HELP b b\n# TYPE b gauge\nb 2\n";

type Source = () => Promise<string>;
const says =
  (text: string): Source =>
  () =>
    Promise.resolve(text);

interface Served {
  readonly address: string;
  readonly url: string;
  readonly lines: readonly string[];
}

async function serve(sources: readonly Source[], host = "127.0.0.1"): Promise<Served> {
  const address = `${host}:${String(await findFreePort())}`;
  const lines: string[] = [];
  const note = (event: string, fields: LogFields = {}): void =>
    void lines.push(`${event} ${String(fields["error"])}`);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  onTestFinished(await serveMetrics({ address, sources, log }));
  return { address, url: `http://${address}/metrics`, lines };
}

it.each([
  { accept: "text/plain", open: false },
  { accept: "*/*", open: false },
  { accept: "application/openmetrics-text; version=1.0.0", open: true },
  { accept: "application/openmetrics-text;q=0.5,text/plain;q=0.3,*/*;q=0.1", open: true },
  { accept: "text/plain;q=0.9, application/openmetrics-text;q=0.5", open: false },
  { accept: "application/openmetrics-text;q=0", open: false },
])("answers Accept: $accept in OpenMetrics: $open", async ({ accept, open }) => {
  const { url } = await serve([says(OURS), says(SDK)]);
  const reply = await fetch(url, { headers: { Accept: accept } });
  expect(reply.headers.get("content-type")).toBe(
    open
      ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
      : "text/plain; version=0.0.4; charset=utf-8",
  );
  const renamed = `# HELP a It's \\"a\\"\n# TYPE a counter\na_total 1\n${SDK}# EOF\n`;
  expect(await reply.text()).toBe(open ? renamed : `${OURS}\n${SDK}`);
});

it("leaves out a source that fails, and says so in the log", async () => {
  const { url, lines } = await serve([says(OURS), () => Promise.reject(new Error("gone"))]);
  expect(await (await fetch(url)).text()).toBe(`${OURS}\n`);
  expect(lines).toEqual(["metrics.not-read gone"]);
});

it.each([
  { method: "GET", path: "/", status: 404 },
  { method: "GET", path: "/metricsx", status: 404 },
  { method: "GET", path: "/metrics/", status: 404 },
  { method: "GET", path: "/metrics?name=a", status: 200 },
  { method: "HEAD", path: "/metrics", status: 200 },
  { method: "POST", path: "/metrics", status: 405 },
  { method: "DELETE", path: "/metrics", status: 405 },
])("answers $method $path with $status", async ({ method, path, status }) => {
  const { address } = await serve([says(OURS)]);
  expect((await fetch(`http://${address}${path}`, { method })).status).toBe(status);
});

it("listens at an IPv6 address", async () => {
  const { url } = await serve([says(OURS)], "[::1]");
  expect((await fetch(url)).status).toBe(200);
});

it("names the variable of an address that is taken", async () => {
  const { address } = await serve([]);
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  await expect(serveMetrics({ address, sources: [], log })).rejects.toThrow(
    `HEADGATE_METRICS_ADDRESS: "${address}" cannot be listened at: `,
  );
});
