// How an incident reads in `get incidents`.
import { expect, it } from "vitest";
import { incidents } from "../../../src/cli/get/incidents.js";
import { MINUTE_MS, NOW, REF } from "../../support/domain-builders.js";
import { show } from "./shown-row.js";
import type { RowOf } from "./shown-row.js";

const INCIDENT: RowOf<typeof incidents> = {
  id: "0d5f1a52-7d0c-4d4b-9d1e-1a6f0f6f2b11",
  project: REF.project,
  workspace: REF.workspace,
  connection: "kafka",
  isAnnounced: false,
  phase: "pausing",
  why: "many processors failed at once",
  openedAt: NOW - 5 * MINUTE_MS,
  openedBy: "headgate",
  members: 300,
  down: 299,
  nextTryAt: NOW + 2 * MINUTE_MS,
  tries: 2,
  wave: 0,
  closedAt: null,
  closedBy: null,
  closedText: null,
};

it.each([
  {
    reason: "between two tries",
    row: {},
    cells: {
      SCOPE: `${REF.project}/${REF.workspace}/kafka`,
      PHASE: "pausing <bad>",
      "NEXT TRY": "in 2m",
      DOWN: "299",
      WHY: "many processors failed at once",
    },
  },
  { reason: "whose try is due", row: { nextTryAt: NOW }, cells: { "NEXT TRY": "now" } },
  {
    reason: "of a whole project, over",
    row: {
      ...{ workspace: null, connection: null, phase: "closed" as const, nextTryAt: null },
      ...{ closedAt: NOW, closedBy: "headgate", closedText: "300 run again" },
    },
    cells: {
      SCOPE: REF.project,
      PHASE: "closed <quiet>",
      DOWN: "-",
      "NEXT TRY": "-",
      WHY: "many processors failed at once: 300 run again",
    },
  },
])("an incident $reason", ({ row, cells }) => {
  expect(show(incidents, { ...INCIDENT, ...row })).toMatchObject(cells);
});
