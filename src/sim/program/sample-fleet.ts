// The fleet that `npm start` shows, and the faults that go with it: enough of everything that needs a hand to see
// Headgate at work within a minute. samples/fleet.yaml declares policies for exactly these processors, all but three; a
// test holds the two together. Pure.
import { addSampleConnection } from "../world/connections.js";
import { recordEvent } from "../world/events.js";
import type { FaultScript } from "../faults/faults.js";
import { provision } from "../world/moves.js";
import type { Tier } from "../world/tiers.js";
import { addProcessor, addWorkspace } from "../world/world.js";
import type { SimWorkspace, World } from "../world/world-model.js";

const SHOP = "32b6e34b3d91647abb20e7b8";
const DEVICES = "64f1c0ffee0ddba11ca7e5d0";
// Two projects, so that a budget and a hold can be seen to be one project's alone.
const HOUR_MS = 3_600_000;
const FAILED_FOR_MS = 600_000;
// Short: a newcomer waits for it.
const PROVISIONING_MS = 15_000;

/** [name, state, tier, error of a FAILED one] */
type Row = readonly [name: string, state: string, tier: Tier | null, errorMsg?: string];

/** Texts as Atlas words them (docs/atlas.md 1e, 3): lasting and passing ones. `tmp-debug-anna` is unmanaged. */
const ORDERS: readonly Row[] = [
  ["orders-to-lake", "FAILED", "SP10", "Could not connect to the sink cluster: authentication failed"],
  ["payments-enrich", "FAILED", "SP30", "Stream processor worker ran out of memory"],
  ["returns-feed", "FAILED", "SP10", "Kafka broker transport failure"],
  ["refunds-audit", "FAILED", "SP10", "connection named refunds-kafka does not exist"],
  ["loyalty-points", "STOPPED", "SP10"],
  ["basket-sessions", "STOPPED", "SP10"],
  ["inventory-sync", "CREATED", null],
  ["shipping-events", "PROVISIONING", "SP10"],
  ["fraud-scores", "STARTED", "SP10"],
  ["vat-report", "STARTED", "SP30"],
  ["customer-360", "STARTED", "SP30"],
  ["invoice-feed", "STARTED", "SP10"],
  ["stock-levels", "STARTED", "SP10"],
  ["price-history", "STARTED", "SP10"],
  ["dlq-replay", "STOPPED", "SP10"],
  ["gift-cards", "STOPPED", "SP10"],
  ["tmp-debug-anna", "STARTED", "SP10"],
];

/** `page-views-hourly` has lost its position: a start from its checkpoint cannot help it. `playground` is unmanaged. */
const CLICKSTREAM: readonly Row[] = [
  ["clicks-to-lake", "STOPPED", "SP10"],
  ["clicks-sessions", "STARTED", "SP30"],
  ["clicks-bots", "STARTED", "SP30"],
  ["page-views-hourly", "FAILED", "SP10", "Resume of change stream was not possible"],
  ["ab-test-exposures", "STOPPED", "SP10"],
  ["search-terms", "STARTED", "SP10"],
  ["recommendations-feed", "STARTED", "SP10"],
  ["geo-enrich", "FAILED", "SP10", "Kafka broker transport failure"],
  ["consent-filter", "STARTED", "SP10"],
  ["heatmaps", "PROVISIONING", "SP30"],
  ["campaign-touchpoints", "CREATED", null],
  ["legacy-clicks-export", "STARTED", "SP10"],
  ["newsletter-opens", "STOPPED", "SP10"],
  ["playground", "STOPPED", "SP10"],
];

/** `cold-archive` runs at the maximum of its workspace. `load-test-old` is unmanaged. */
const TELEMETRY: readonly Row[] = [
  ["device-heartbeat", "STARTED", "SP10"],
  ["device-alerts", "FAILED", "SP10", "Kafka broker transport failure"],
  ["sensor-rollup-1m", "STARTED", "SP30"],
  ["sensor-rollup-1h", "STARTED", "SP10"],
  ["firmware-events", "STOPPED", "SP10"],
  ["gps-tracks", "STARTED", "SP10"],
  ["battery-forecast", "CREATED", null],
  ["anomaly-scores", "STARTED", "SP10"],
  ["cold-archive", "STARTED", "SP30"],
  ["fleet-map", "STOPPED", "SP10"],
  ["maintenance-windows", "STOPPED", "SP10"],
  ["warranty-claims", "FAILED", "SP10", "Stream processor worker ran out of memory"],
  ["load-test-old", "FAILED", "SP10", "Stream processor failed"],
];

/** Made one hour apart, so that ages differ in lists. PROVISIONING is not seeded but entered, because it has an end. */
function fill(
  world: World,
  workspace: SimWorkspace,
  of: { project: string; rows: readonly Row[]; now: number },
): void {
  addSampleConnection(workspace);
  of.rows.forEach(([name, state, tier, errorMsg = null], index) => {
    const createdAt = of.now - (index + 2) * HOUR_MS;
    const isProvisioning = state === "PROVISIONING";
    const seed = { name, createdAt, tier, errorMsg, state: isProvisioning ? "STARTED" : state };
    const processor = addProcessor(world, workspace, seed);
    const address = { project: of.project, workspace: workspace.name, processor: name };
    if (state === "FAILED") {
      // Seeded in its state, it has no move behind it: the event that says why is added by hand.
      const type = "STREAM_PROCESSOR_STATE_IS_FAILED";
      recordEvent(world, { address, processor }, { type, at: of.now - FAILED_FOR_MS });
    }
    if (!isProvisioning) return;
    const how = { at: of.now, forMs: PROVISIONING_MS, then: "STARTED" } as const;
    provision(world, { address, workspace, processor }, how);
  });
}

/** 44 processors in three workspaces of two projects, with some of everything that needs a hand. */
export function populateSampleFleet(world: World, now: number): void {
  // The maxima differ, so that a tier can be too large for one workspace and right for another.
  const orders = addWorkspace(world, { project: SHOP, name: "orders", maxTierSize: "SP50" });
  const clickstream = addWorkspace(world, { project: SHOP, name: "clickstream", maxTierSize: "SP50" });
  const telemetry = addWorkspace(world, { project: DEVICES, name: "telemetry", maxTierSize: "SP30" });
  fill(world, orders, { project: SHOP, rows: ORDERS, now });
  fill(world, clickstream, { project: SHOP, rows: CLICKSTREAM, now });
  fill(world, telemetry, { project: DEVICES, rows: TELEMETRY, now });
}

const REFUSED = "connection named refunds-kafka does not exist";

/** One start that Atlas always refuses, and one that needs three attempts because two 500s come first. */
export const SAMPLE_FAULTS: FaultScript = [
  {
    // Named, so that the log says which rule a call has met.
    id: "refunds-audit-refused",
    when: {
      operation: ["start", "startWith"],
      project: SHOP,
      workspace: "orders",
      processor: "refunds-audit",
    },
    what: {
      kind: "status",
      status: 400,
      errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
      detail: `Streams Processor with this name (refunds-audit) had a problem occur: ${REFUSED}`,
      parameters: ["refunds-audit", REFUSED],
    },
  },
  {
    id: "loyalty-points-500",
    // The first two calls: the third is as it should be.
    when: { operation: ["start", "startWith"], workspace: "orders", processor: "loyalty-points", to: 2 },
    what: { kind: "status", status: 500 },
  },
];
