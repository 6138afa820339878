// The table of metrics: names as Prometheus wants them, labels that cannot grow with a fleet, what makes a change
// begin, and the document that is made from it.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderMetrics } from "../../../scripts/metrics-reference.js";
import { METRIC_ROWS, toChangeReason } from "../../../src/domain/tell/metrics.js";
import { aRequest } from "../../support/domain-builders.js";

it.each(METRIC_ROWS)("%s is named after its kind, and its labels are closed", (name, row) => {
  expect(name).toMatch(/^headgate_[a-z]+(_[a-z]+)*$/);
  expect(name.endsWith("_total")).toBe(row.kind === "counter");
  expect(row.kind === "histogram").toBe(row.buckets !== undefined);
  expect(row.meaning).not.toMatch(/[.\n]$/);
  const { labels = {} } = row;
  const open = Object.entries(labels).filter(([, values]) => values.length === 0);
  expect(open.map(([label]) => `${name}.${label}`).join()).toBe(
    name === "headgate_build_info" ? "headgate_build_info.version,headgate_build_info.node" : "",
  );
  expect(Object.keys(labels).filter((label) => /project|workspace|processor/.test(label))).toEqual([]);
});

it.each([
  { fields: {}, want: "pass" },
  { fields: { slotAt: 1_000 }, want: "schedule" },
  { fields: { requestedBy: "person" }, want: "person" },
  { fields: { requestedBy: "person", why: "gateway" }, want: "gateway" },
  { fields: { why: "gateway" }, want: "pass" },
] as const)("a change of $fields began by $want", ({ fields, want }) => {
  expect(toChangeReason(aRequest(fields))).toBe(want);
});

it("docs/metrics.md lists the metrics that the code exports (else: npm run docs)", async () => {
  const written = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  expect(written).toBe(await renderMetrics());
});
