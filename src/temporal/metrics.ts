// Our metrics beside the SDK's own, exported by its runtime: one address to scrape, no exporter of ours. Without one
// they go nowhere, so that whoever counts need not ask. Names come from base/metrics.ts alone, for dashboards rest on
// them.
import { Runtime } from "@temporalio/worker";
import { COUNTERS, GAUGES } from "../base/metrics.js";
import type { Metrics } from "../base/metrics.js";

/** The runtime must have been installed: asked for before, the SDK makes one of its own that exports nothing. */
export function createMetrics(): Metrics {
  const { metricMeter } = Runtime.instance();
  const counters = mapNames(COUNTERS, (name, meaning) => metricMeter.createCounter(name, undefined, meaning));
  const gauges = mapNames(GAUGES, (name, meaning) =>
    metricMeter.createGauge(name, "float", undefined, meaning),
  );
  return {
    add: (name, count = 1) => {
      counters[name].add(count);
    },
    set: (name, value) => {
      gauges[name].set(value);
    },
  };
}

function mapNames<Name extends string, Made>(
  meanings: Readonly<Record<Name, string>>,
  make: (name: Name, meaning: string) => Made,
): Readonly<Record<Name, Made>> {
  const entries = Object.entries<string>(meanings).map(
    ([name, meaning]) => [name, make(name as Name, meaning)] as const,
  );
  return Object.fromEntries(entries) as Record<Name, Made>;
}
