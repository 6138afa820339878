// The dashboard and the alert rules under deploy/, and the metrics that their expressions name.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const PROMETHEUS_FOLDER = fileURLToPath(new URL("../../deploy/prometheus", import.meta.url));
const read = (name: string): string => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), "utf8");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

export interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly description?: string;
    readonly gridPos: Readonly<Record<"h" | "w" | "x" | "y", number>>;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** Of each alert its expression, by its name. */
export function readAlerts(): Readonly<Record<string, string>> {
  const { groups } = parse(read("prometheus/headgate.rules.yml")) as Rules;
  return Object.fromEntries(groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr])));
}

export function readDashboard(): Dashboard {
  return JSON.parse(read("grafana/headgate.json")) as Dashboard;
}

/** Every series that an expression of either names, once: those of servers, or all others. */
export function listWatchedSeries(by: "worker" | "server"): readonly string[] {
  const shown = readDashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const named = [...Object.values(readAlerts()), ...shown].flatMap(
    (expr) => expr.match(/\b(?:headgate|temporal|nodejs|process)_\w+/g) ?? [],
  );
  return [...new Set(named)].filter((name) => name.startsWith("headgate_http_") === (by === "server")).sort();
}
