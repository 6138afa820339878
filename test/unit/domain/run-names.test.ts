// What an installation calls its Schedule and its runs: never what another calls its own, and as ever where it is older
// than the ids.
import fc from "fast-check";
import { expect, it } from "vitest";
import { formatProcessorRef } from "../../../src/domain/refs.js";
import {
  toChangeWorkflowId,
  toOnDemandWorkflowId,
  toPassWorkflowId,
  toScheduleId,
} from "../../../src/domain/run-names.js";

const REF = { project: "32b6e34b3d91647abb20e7b8", workspace: "orders", processor: "clicks" };
const queues = fc.constantFrom("headgate", "headgate-0000000a", "headgate-0000000b");
const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,5}$/);
const refs = fc.record({ project: fc.constant(REF.project), workspace: names, processor: names });

it("neither two processors nor two installations in one namespace share the id of a mutex", () => {
  fc.assert(
    fc.property(fc.tuple(queues, refs), fc.tuple(queues, refs), ([queue, ref], [otherQueue, other]) => {
      const isSame = queue === otherQueue && formatProcessorRef(ref) === formatProcessorRef(other);
      expect(toChangeWorkflowId(queue, ref) === toChangeWorkflowId(otherQueue, other)).toBe(isSame);
    }),
    { numRuns: 100 },
  );
});

it("every name begins with that of the task queue", () => {
  const queue = "headgate-0000000a";
  expect([
    toScheduleId(queue),
    toChangeWorkflowId(queue, REF),
    toPassWorkflowId(queue, REF),
    toOnDemandWorkflowId(queue, "x"),
  ]).toEqual([
    "headgate-0000000a-reconcile",
    `headgate-0000000a/processor/${REF.project}/orders/clicks`,
    `headgate-0000000a-reconcile/${REF.project}/orders`,
    "headgate-0000000a-reconcile/on-demand/x",
  ]);
});

it("an installation that is older than the ids keeps its names: its runs are open under them", () => {
  expect([
    toScheduleId("headgate"),
    toChangeWorkflowId("headgate", REF),
    toPassWorkflowId("headgate", REF),
    toOnDemandWorkflowId("headgate", "x"),
  ]).toEqual([
    "headgate-reconcile",
    `processor/${REF.project}/orders/clicks`,
    `headgate-reconcile/${REF.project}/orders`,
    "headgate-reconcile/on-demand/x",
  ]);
});
