// The metrics of one process, Headgate's own beside Node's, kept by prom-client. Counters are there from the beginning
// with all their labels, so that the first event is seen as an increase. A gauge is there once it was set: a nought
// that nobody has looked for would be a lie. Nothing here listens; who serves it says so.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { METRIC_ROWS } from "../domain/tell/metrics.js";
import type { MetricName } from "../domain/tell/metrics.js";
import type { Metrics } from "./metrics.js";

export interface MetricsRegistry {
  readonly metrics: Metrics;
  /** All of them in the text format. */
  readonly render: () => Promise<string>;
}

export interface RegistryOptions {
  readonly version: string;
  /** What kind of process it is: each exports what the table says. */
  readonly role: "worker" | "server";
}

/** Sums of prom-client's, gauges that end as only a counter's name may (15.1.3). Their parts are exported. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

type Labels = Readonly<Record<string, string>>;

export function createMetricsRegistry({ version, role }: RegistryOptions): MetricsRegistry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const kept = keep(registry, role);
  const metrics: Metrics = {
    add: (name, ...[labels]: readonly Labels[]) => {
      kept.counters.get(name)?.inc(labels ?? {});
    },
    set: (name, value, ...[labels]: readonly Labels[]) => {
      const gauge = kept.gauges.get(name);
      if (gauge === undefined) return;
      registry.registerMetric(gauge);
      gauge.set(labels ?? {}, value);
    },
    observe: (name, value, ...[labels]: readonly Labels[]) => {
      kept.histograms.get(name)?.observe(labels ?? {}, value);
    },
  };
  metrics.set("headgate_build_info", 1, { version, node: process.versions.node });
  return { metrics, render: () => registry.metrics() };
}

interface Kept {
  readonly counters: Map<MetricName, Counter>;
  readonly gauges: Map<MetricName, Gauge>;
  readonly histograms: Map<MetricName, Histogram>;
}

/** Headgate's own, as far as this process has them. */
function keep(registry: Registry, role: RegistryOptions["role"]): Kept {
  const kept: Kept = { counters: new Map(), gauges: new Map(), histograms: new Map() };
  const registers = [registry];
  for (const [name, { kind, meaning, labels = {}, buckets = [], by = "worker" }] of METRIC_ROWS) {
    if (by !== role && by !== "every") continue;
    const plain = { name, help: meaning, labelNames: Object.keys(labels) };
    // Registered when it is set.
    if (kind === "gauge") kept.gauges.set(name, new Gauge({ ...plain, registers: [] }));
    if (kind === "histogram") {
      const histogram = new Histogram({ ...plain, buckets: [...buckets], registers });
      for (const each of listLabels(labels)) histogram.zero(each);
      kept.histograms.set(name, histogram);
    }
    if (kind === "counter") {
      const counter = new Counter({ ...plain, registers });
      for (const each of listLabels(labels)) counter.inc(each, 0);
      kept.counters.set(name, counter);
    }
  }
  return kept;
}

/** Every combination of the values of the labels. */
function listLabels(labels: Readonly<Record<string, readonly string[]>>): readonly Labels[] {
  return Object.entries(labels).reduce<readonly Labels[]>(
    (sofar, [label, values]) => sofar.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );
}
