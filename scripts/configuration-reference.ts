// docs/configuration.md, from the table of variables that the program reads.
import { formatDocument } from "./format-document.js";
import { CONFIG_VARIABLES } from "../src/config/variables.js";
import type { ConfigVariable } from "../src/config/variables.js";

/** The whole document, formatted. */
export function renderConfiguration(): Promise<string> {
  return formatDocument([
    "# Configuration",
    "",
    "Generated from the program by `npm run docs`; a test fails if it is out of date. `headgate config view` shows what is",
    "in force and where it comes from.",
    "",
    "Temporal's own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, profiles) are",
    "read as every Temporal tool reads them. The settle time and the two horizons are guesses about Atlas",
    "([atlas.md](atlas.md), section 1c): raise them if you see a start or a stop take effect later.",
    "",
    ...CONFIG_VARIABLES.map(toLine),
    "",
    "## Traces",
    "",
    "Off by default. A worker and a server send spans by OTLP (JSON over HTTP) where OpenTelemetry's own variables ask for",
    "it: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a receiver, or `OTEL_TRACES_EXPORTER` is",
    "`otlp` (then http://localhost:4318). `OTEL_SERVICE_NAME` (default headgate), `OTEL_RESOURCE_ATTRIBUTES`,",
    "`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER` and `OTEL_BSP_*` mean what they mean everywhere;",
    "`OTEL_SDK_DISABLED=true` switches all off. A trace goes from a request through workflow and activities to each call to",
    "Atlas, of which it has method, template of the path and status: no credential, no query, no body. It has names of runs,",
    "and in them those of processors.",
    "",
  ]);
}

function toLine({ name, meaning, default: byDefault }: ConfigVariable): string {
  const said = byDefault === "" ? "" : `, default \`${byDefault}\``;
  return `- **\`${name}\`**${said}: ${meaning}`;
}
