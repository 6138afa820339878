// Every refusal of the simulated Atlas, built in one place: status, errorCode, detail and parameters as seen on the
// wire where they were seen (docs/atlas.md 1e), and marked as guesses where they were not. Clients match on them, so
// the words and the order of the parameters are part of the contract. Pure.
import type { ProcessorAddress } from "./world-model.js";

/** One error answer. The HTTP layer adds `error`, `reason` and the headers. */
export interface Refusal {
  readonly status: number;
  readonly errorCode: string;
  readonly detail: string;
  readonly parameters: readonly (string | number)[];
  readonly fields?: readonly { readonly field: string; readonly description: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** STREAM_PROCESSOR_GENERIC_ERROR: one code for everything, only `inner` says which (docs/atlas.md 1e, seen in CI). */
export function genericRefusal(processor: string, inner: string): Refusal {
  return {
    status: 400,
    errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
    detail: `Streams Processor with this name (${processor}) had a problem occur: ${inner}`,
    parameters: [processor, inner],
  };
}

/** 504 STREAM_PROCESSOR_TIMEOUT: names the workspace in its text (docs/atlas.md 1e, seen in CI). The work goes on. */
export function timeoutRefusal(address: ProcessorAddress): Refusal {
  return {
    status: 504,
    errorCode: "STREAM_PROCESSOR_TIMEOUT",
    detail: `Streams Processor with this name (${address.workspace}) timed out while processing.`,
    parameters: [address.workspace, address.processor],
  };
}

/** A guess by the form of the others (docs/atlas.md 1e has no missing project). */
export function missingProject(project: string): Refusal {
  return {
    status: 404,
    errorCode: "GROUP_NOT_FOUND",
    detail: `No group with ID ${project} exists.`,
    parameters: [project],
  };
}

/** 404 of docs/atlas.md 1e, seen in CI; "tenant" and "instance" are both Atlas's words for a workspace. */
export function missingWorkspace(project: string, workspace: string): Refusal {
  return {
    status: 404,
    errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME",
    detail: `Stream instance for project ${project} and name ${workspace} not found.`,
    parameters: [project, workspace],
  };
}

/** 404 of docs/atlas.md 1e, seen in CI. */
export function missingConnection(
  at: { readonly project: string; readonly workspace: string },
  name: string,
): Refusal {
  return {
    status: 404,
    errorCode: "STREAM_CONNECTION_NOT_FOUND_FOR_NAME",
    detail: `Stream connection with name ${name} for project ${at.project} and name ${at.workspace} not found.`,
    parameters: [name, at.project, at.workspace],
  };
}

/** 403 of docs/atlas.md 1e, seen in CI. */
export function connectionInUse(at: { readonly workspace: string }, name: string): Refusal {
  return {
    status: 403,
    errorCode: "STREAM_CONNECTION_HAS_STREAM_PROCESSORS",
    detail: `Stream connection ${name} in instance ${at.workspace} has active processors, and cannot be changed.`,
    parameters: [name, at.workspace],
  };
}

/** The errorCode is a guess and a setting: callers must go by the status (docs/atlas.md 1e). */
export function missingProcessor(
  address: ProcessorAddress,
  as: { readonly status: number; readonly errorCode: string },
): Refusal {
  if (as.status === 400) return genericRefusal(address.processor, "stream processor doesn't exist");
  return {
    status: as.status,
    errorCode: as.errorCode,
    detail: `Stream processor with name ${address.processor} for project ${address.project} and workspace ${address.workspace} not found.`,
    parameters: [address.processor, address.project, address.workspace],
  };
}

/** 400 VALIDATION_ERROR (docs/atlas.md 1e), with the fields at fault. */
export function invalidRequest(field: string, description: string): Refusal {
  return {
    status: 400,
    errorCode: "VALIDATION_ERROR",
    detail: `The request content produced the validation error: ${field}: ${description}`,
    parameters: [`${field}: ${description}`],
    fields: [{ field, description }],
  };
}

/** 409 for a name that is taken (docs/atlas.md 1e). The errorCode is a guess; `what` is its first part. */
export function existsAlready(what: string, name: string): Refusal {
  return {
    status: 409,
    errorCode: `${what}_ALREADY_EXISTS`,
    detail: `The name ${name} is already in use.`,
    parameters: [name],
  };
}

/** Paths and methods that the simulator does not serve. Both errorCodes are guesses. */
export function notRouted(status: 404 | 405, path: string): Refusal {
  return {
    status,
    errorCode: status === 404 ? "RESOURCE_NOT_FOUND" : "METHOD_NOT_ALLOWED",
    detail: status === 404 ? `Cannot find resource ${path}.` : `This method is not allowed on ${path}.`,
    parameters: [path],
  };
}
