// What the activities are given: adapters by argument, so that this folder touches nothing by itself.
import type { ChangeRequest } from "../src/domain/change/requests.js";
import type { Scheduler } from "../src/domain/decide/schedule.js";
import type { FindsPattern } from "../src/domain/recover/classify.js";
import type { LoopSettings } from "../src/domain/settings.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { Installation } from "../src/domain/run-names.js";
import type { AtlasClient } from "../src/atlas/client.js";
import type { Logger } from "../src/base/logger.js";
import type { Metrics } from "../src/base/metrics.js";
import type { LoopStore } from "../src/store/loop-store.js";
import type { QuietWorkspaces } from "./quiet-workspaces.js";

/** The workflow runs, as far as activities need to know them. */
interface Runs {
  /** Whether that very run is open. Throws where Temporal does not answer. */
  isOpen(workflowId: string, runId: string): Promise<boolean>;
  /** Undefined where a change of that processor runs already. Throws where Temporal does not take it. */
  startChange(request: ChangeRequest): Promise<object | undefined>;
  /** A pass of one workspace, soon; any number of requests before it make one pass. */
  requestPass(ref: WorkspaceRef): Promise<void>;
}

export interface ActivityDeps {
  /** Whose worker this is. */
  readonly installation: Installation;
  readonly store: LoopStore;
  readonly atlas: AtlasClient;
  readonly runs: Runs;
  readonly settings: LoopSettings;
  /** One for the whole process: it remembers what crons and zones cost. */
  readonly scheduler: Scheduler;
  /** One for the whole process: it remembers patterns that it has read. */
  readonly finds: FindsPattern;
  /** One for the whole process: it saves loads. */
  readonly quiet: QuietWorkspaces;
  readonly log: Logger;
  readonly metrics: Metrics;
}
