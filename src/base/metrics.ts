// What is counted for those who watch from outside. Who writes knows the names of domain/tell/metrics.ts; where they go
// is wired elsewhere. A name, a label or a value that the table lacks does not compile.
import type { LabelsOf, MetricName, NameOf } from "../domain/tell/metrics.js";

/** The labels, for a metric that has any. */
type LabelArguments<Name extends MetricName> =
  LabelsOf<Name> extends undefined ? [] : [labels: NonNullable<LabelsOf<Name>>];

export interface Metrics {
  /** Counts one more. */
  add<Name extends NameOf<"counter">>(name: Name, ...labels: LabelArguments<Name>): void;
  set<Name extends NameOf<"gauge">>(name: Name, value: number, ...labels: LabelArguments<Name>): void;
  observe<Name extends NameOf<"histogram">>(name: Name, value: number, ...labels: LabelArguments<Name>): void;
}

/** For whoever exports none. */
export const NO_METRICS: Metrics = {
  add: () => undefined,
  set: () => undefined,
  observe: () => undefined,
};
