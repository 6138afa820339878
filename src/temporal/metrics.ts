// Our metrics beside the SDK's own, exported by its runtime. Without an exporter they go nowhere.
import { Runtime } from "@temporalio/worker";
import { COUNTERS, GAUGES } from "../base/metrics.js";
import type { Metrics } from "../base/metrics.js";

/** The runtime must have been installed. */
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
