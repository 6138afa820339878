// Writes what is generated: documents under docs/, and the types of the API's client. `npm run docs`; unit tests
// compare.
import { writeFileSync } from "node:fs";
import { renderChart } from "../bench/chart.js";
import { renderPerformance } from "../bench/report.js";
import { readResults } from "../bench/results.js";
import { renderApiReference, renderClientTypes, renderOpenApi } from "./api-reference.js";
import { renderReference } from "./cli-reference.js";
import { renderConfiguration } from "./configuration-reference.js";
import { renderRecovery } from "./recovery-reference.js";
import { renderMetrics } from "./metrics-reference.js";

const DOCUMENTS: Readonly<Record<string, () => string | Promise<string>>> = {
  "../src/http/client/schema.d.ts": renderClientTypes,
  "api.md": renderApiReference,
  "cli.md": renderReference,
  "configuration.md": renderConfiguration,
  "metrics.md": renderMetrics,
  "openapi.json": renderOpenApi,
  "performance.md": () => renderPerformance(readResults()),
  "recovery.md": renderRecovery,
  "performance.svg": () => renderChart(readResults()),
};

for (const [name, render] of Object.entries(DOCUMENTS)) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), await render());
}
