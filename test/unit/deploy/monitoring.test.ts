// The dashboard and the alert rules under deploy/: whole, tried by Prometheus's own tool, and about labels that exist.
// That every metric they name is exported show test/workflow/metrics.test.ts and
// test/integration/http-monitoring.test.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CLASS_NAMES, toClassProperties } from "../../../src/domain/failure-classes.js";
import { METRICS } from "../../../src/domain/tell/metrics.js";
import { HAS_PROMTOOL, runPromtool } from "../../support/promtool.js";
import {
  PROMETHEUS_FOLDER,
  listWatchedSeries,
  readAlerts,
  readDashboard,
} from "../../support/watched-metrics.js";

const inFolder = (name: string): string => join(PROMETHEUS_FOLDER, name);

it.skipIf(!HAS_PROMTOOL).each([
  {
    args: ["check", "rules", "--lint-fatal", inFolder("headgate.rules.yml")],
    says: "SUCCESS: 15 rules found",
  },
  { args: ["test", "rules", inFolder("headgate.rules.test.yml")], says: "SUCCESS" },
  { args: ["check", "config", inFolder("prometheus.yml")], says: "is valid prometheus config file" },
])("promtool finds nothing: $args.0 $args.1", ({ args, says }) => {
  const { code, said } = runPromtool(args);
  expect([code, said]).toEqual([0, expect.stringContaining(says)]);
});

it("every alert is tried where it fires and where it does not", () => {
  const tests = readFileSync(inFolder("headgate.rules.test.yml"), "utf8");
  for (const alert of Object.keys(readAlerts())) {
    expect(tests).toContain(`alertname: ${alert}, exp_alerts: []`);
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\n\\s+exp_alerts:`));
  }
});

it("the classes that are alerted of are those for which no start is tried by itself", () => {
  const [, asked = ""] = /class=~"([^"]+)"/.exec(readAlerts()["HeadgateFailuresNeedSomebody"] ?? "") ?? [];
  const wait = CLASS_NAMES.filter((name) => {
    const { action, otherwise } = toClassProperties(name);
    return action === "wait" || otherwise === "wait";
  });
  expect(asked.split("|")).toEqual(wait);
});

it("labels are asked for values that they can have", () => {
  const shown = readDashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const asked = [...Object.values(readAlerts()), ...shown].flatMap((expr) =>
    [...expr.matchAll(/\b(headgate_\w+)\{(\w+)(?:=~|!=|=)"([^"]+)"\}/g)].map(([, name, label, values]) => ({
      labels: METRICS[name?.replace(/_(?:count|sum|bucket)$/, "") as keyof typeof METRICS] as {
        labels?: Readonly<Record<string, readonly string[]>>;
      },
      label: label ?? "",
      values: (values ?? "").split("|"),
    })),
  );
  expect(asked.length).toBeGreaterThan(4);
  for (const { labels, label, values } of asked) {
    expect(labels.labels?.[label]).toEqual(expect.arrayContaining(values));
  }
});

it("the dashboard's panels have titles, descriptions and places of their own", () => {
  const { panels } = readDashboard();
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const drawn = panels.filter(({ type }) => type !== "row");
  expect(
    drawn.filter(({ description = "", targets = [] }) => description === "" || targets.length === 0),
  ).toEqual([]);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${String(x + (at % w))}.${String(y + Math.floor(at / w))}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

it("names more than Headgate's own metrics", () => {
  const series = listWatchedSeries("worker");
  expect(series.length).toBeGreaterThan(15);
  expect(series.some((name) => name.startsWith("temporal_"))).toBe(true);
});
