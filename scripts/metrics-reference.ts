// docs/metrics.md, from the table of metrics that the program exports.
import { METRIC_ROWS } from "../src/domain/tell/metrics.js";
import { formatDocument } from "./format-document.js";

/** The whole document, formatted. */
export function renderMetrics(): Promise<string> {
  return formatDocument([
    "# Metrics",
    "",
    "Generated from the program by `npm run docs`; a test fails if it is out of date.",
    "",
    "A worker serves `GET /metrics` at `HEADGATE_METRICS_ADDRESS`: Headgate's own metrics, Node's (`nodejs_*`,",
    "`process_*`) and those of Temporal's SDK (`temporal_*`, counters with `_total`, durations in seconds). It has no",
    "password and no TLS: bind it to loopback or a private address. A server serves Node's and its own at its own address,",
    "without a credential. A scraper that asks for OpenMetrics gets it. No label names a project, a workspace or a processor.",
    "",
    "Gauges over the fleet come from one statement that each worker runs once a minute, so several workers export the same",
    "value: take `max`, not `sum`. Counters and the histogram are each worker's own: take `sum`.",
    "",
    "[deploy/grafana/headgate.json](../deploy/grafana/headgate.json) is a dashboard, and",
    "[deploy/prometheus](../deploy/prometheus) has alert rules with their tests and an example of how to scrape.",
    "",
    "## Headgate's own",
    "",
    ...METRIC_ROWS.flatMap(([name, row]) => [toLine(name, row), ...toLabelLines(row)]),
    "",
    "## Renamed",
    "",
    "Before the HTTP face these counters had no suffix: `headgate_passes_failed` is `headgate_passes_failed_total`, and",
    "`headgate_schedules_mended` is `headgate_schedules_mended_total`. The SDK's counters and durations were without suffixes",
    "too, and its durations in milliseconds.",
    "",
  ]);
}

type Row = (typeof METRIC_ROWS)[number][1];

const BY = { server: " of servers", every: " of workers and servers", worker: "" };

function toLine(name: string, { kind, meaning, by = "worker" }: Row): string {
  return `- **\`${name}\`**, ${kind}${BY[by]}: ${meaning}`;
}

function toLabelLines({ labels = {}, buckets = [] }: Row): readonly string[] {
  const ofLabels = Object.entries(labels).map(
    ([label, values]) =>
      `  - \`${label}\`${values.length === 0 ? "" : `: ${values.map((value) => `\`${value}\``).join(", ")}`}`,
  );
  return buckets.length === 0 ? ofLabels : [...ofLabels, `  - buckets: ${buckets.join(", ")}`];
}
