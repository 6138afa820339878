// The refusals of Atlas as they stand on the wire: status, errorCode, the words with their parameters in them, and the
// order of the parameters; and that a look-up says which part of an address is missing.
import { expect, it } from "vitest";
import {
  connectionInUse,
  existsAlready,
  genericRefusal,
  invalidRequest,
  missingConnection,
  missingProcessor,
  missingProject,
  missingWorkspace,
  notRouted,
  timeoutRefusal,
} from "../../../../src/sim/world/refusals.js";
import { findProject, findTarget, findWorkspace } from "../../../../src/sim/world/world-lookup.js";
import { ADDRESS, aWorld, SIM_PROJECT } from "../../../support/sim-world.js";

const AT = { project: "G", workspace: "w", processor: "p" };

it.each([
  {
    refusal: genericRefusal("p", "no broker"),
    status: 400,
    errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
    detail: "Streams Processor with this name (p) had a problem occur: no broker",
    parameters: ["p", "no broker"],
  },
  {
    refusal: timeoutRefusal(AT),
    status: 504,
    errorCode: "STREAM_PROCESSOR_TIMEOUT",
    detail: "Streams Processor with this name (w) timed out while processing.",
    parameters: ["w", "p"],
  },
  {
    refusal: missingProject("G"),
    status: 404,
    errorCode: "GROUP_NOT_FOUND",
    detail: "No group with ID G exists.",
    parameters: ["G"],
  },
  {
    refusal: missingWorkspace("G", "w"),
    status: 404,
    errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME",
    detail: "Stream instance for project G and name w not found.",
    parameters: ["G", "w"],
  },
  {
    refusal: missingConnection(AT, "c"),
    status: 404,
    errorCode: "STREAM_CONNECTION_NOT_FOUND_FOR_NAME",
    detail: "Stream connection with name c for project G and name w not found.",
    parameters: ["c", "G", "w"],
  },
  {
    refusal: connectionInUse(AT, "c"),
    status: 403,
    errorCode: "STREAM_CONNECTION_HAS_STREAM_PROCESSORS",
    detail: "Stream connection c in instance w has active processors, and cannot be changed.",
    parameters: ["c", "w"],
  },
  {
    refusal: missingProcessor(AT, { status: 404, errorCode: "ANY" }),
    status: 404,
    errorCode: "ANY",
    detail: "Stream processor with name p for project G and workspace w not found.",
    parameters: ["p", "G", "w"],
  },
  {
    refusal: missingProcessor(AT, { status: 400, errorCode: "ANY" }),
    status: 400,
    errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
    detail: "Streams Processor with this name (p) had a problem occur: stream processor doesn't exist",
    parameters: ["p", "stream processor doesn't exist"],
  },
  {
    refusal: existsAlready("STREAM_TENANT", "w"),
    status: 409,
    errorCode: "STREAM_TENANT_ALREADY_EXISTS",
    detail: "The name w is already in use.",
    parameters: ["w"],
  },
  {
    refusal: notRouted(404, "/x"),
    status: 404,
    errorCode: "RESOURCE_NOT_FOUND",
    detail: "Cannot find resource /x.",
    parameters: ["/x"],
  },
  {
    refusal: notRouted(405, "/x"),
    status: 405,
    errorCode: "METHOD_NOT_ALLOWED",
    detail: "This method is not allowed on /x.",
    parameters: ["/x"],
  },
])("answers $status $errorCode: $detail", ({ refusal, ...want }) => {
  expect(refusal).toEqual(want);
});

it("names the field at fault in words, in the parameters and by itself", () => {
  expect(invalidRequest("tier", "is unknown")).toEqual({
    status: 400,
    errorCode: "VALIDATION_ERROR",
    detail: "The request content produced the validation error: tier: is unknown",
    parameters: ["tier: is unknown"],
    fields: [{ field: "tier", description: "is unknown" }],
  });
});

it.each([
  { reason: "all there", at: ADDRESS, missing: [undefined, undefined, undefined] },
  {
    reason: "no such processor",
    at: { ...ADDRESS, processor: "x" },
    missing: [undefined, undefined, "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME"],
  },
  {
    reason: "no such workspace",
    at: { ...ADDRESS, workspace: "x" },
    missing: [undefined, "STREAM_TENANT_NOT_FOUND_FOR_NAME", "STREAM_TENANT_NOT_FOUND_FOR_NAME"],
  },
  {
    reason: "no such project",
    at: { ...ADDRESS, project: "x" },
    missing: ["GROUP_NOT_FOUND", "GROUP_NOT_FOUND", "GROUP_NOT_FOUND"],
  },
  {
    reason: "names that every object has",
    at: { ...ADDRESS, workspace: "constructor", processor: "toString" },
    missing: [undefined, "STREAM_TENANT_NOT_FOUND_FOR_NAME", "STREAM_TENANT_NOT_FOUND_FOR_NAME"],
  },
])("finds project, workspace and processor by name: $reason", ({ at, missing }) => {
  const world = aWorld();
  const found = [findProject(world, at.project), findWorkspace(world, at), findTarget(world, at)];
  expect(found.map((one) => (one.kind === "refused" ? one.refusal.errorCode : undefined))).toEqual(missing);
});

it("hands out what the world holds, not a copy", () => {
  const world = aWorld();
  const hit = findTarget(world, ADDRESS);
  if (hit.kind === "refused") throw new Error(hit.refusal.detail);
  const { processor, workspace } = hit.value;
  expect(world.projects.get(SIM_PROJECT)?.workspaces.get("orders")).toBe(workspace);
  expect(workspace.processors.get("p")).toBe(processor);
});

it("answers a missing processor with the status and the errorCode of the settings", () => {
  const world = aWorld({ set: ["missingProcessor.errorCode=GONE"] });
  expect(findTarget(world, { ...ADDRESS, processor: "x" })).toMatchObject({
    refusal: { status: 404, errorCode: "GONE" },
  });
});
