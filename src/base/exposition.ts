// Metrics as they leave the process: the text format, or OpenMetrics for a scraper that asks for it. OpenMetrics is
// made from the text here, because what the SDK of Temporal says is text only, and because prom-client's own way to it
// renames the counters of the registry for good (15.1.3). Pure.

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** `text`: metrics in the text format, any number of exporters' one behind the other. */
export function toExposition(text: string, accept: string | undefined): Exposition {
  return prefersOpenMetrics(accept ?? "")
    ? { contentType: OPEN_METRICS, body: toOpenMetrics(text) }
    : { contentType: TEXT, body: text };
}

/** Prometheus names every format that it takes, the one it likes best with the greatest q. */
function prefersOpenMetrics(accept: string): boolean {
  const qOf = (type: string): number => {
    const part = accept.split(",").find((one) => one.trim().toLowerCase().startsWith(type));
    if (part === undefined) return 0;
    const [, q = "1"] = /;\s*q=([\d.]+)/.exec(part) ?? [];
    return Number(q);
  };
  const open = qOf("application/openmetrics-text");
  return open > 0 && open >= qOf("text/plain");
}

/** A counter's family has no `_total`; an untyped one is unknown; a meaning's quotes are escaped. */
function toOpenMetrics(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []));
  const toFamily = (name: string): string => {
    const stem = name.replace(/_total$/, "");
    return stem !== name && counters.has(stem) ? stem : name;
  };
  const told = lines.flatMap((line) => {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (word === undefined) return line.startsWith("#") ? [] : [line];
    if (word === "HELP") return [`# HELP ${toFamily(name)} ${rest.replaceAll('"', '\\"')}`];
    const isBare = rest === "untyped" || (rest === "counter" && toFamily(name) === name);
    return [`# TYPE ${toFamily(name)} ${isBare ? "unknown" : rest}`];
  });
  return [...told, "# EOF", ""].join("\n");
}
