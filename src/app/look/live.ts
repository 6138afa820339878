// Atlas as it is now, asked on behalf of a person: each question once, through the project's budget, and one clear
// error where it cannot be answered. Reads only; what it stores is the budget its calls take, and a smaller page size,
// which spares the next reader the same failure. A person waits, so nothing is tried twice: they can press the key
// again. Absence is an answer: the client says undefined for what Atlas does not have, and it becomes a refusal here,
// with the nearest name if there is one.
import { findNearest } from "../../domain/nearest.js";
import type { ProcessorDetails, WorkspaceLimits } from "../../domain/observation.js";
import { formatProcessorRef, formatWorkspaceRef, isName } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import type { AtlasClient, ReadCall } from "../../atlas/client.js";
import { AppError } from "../../base/errors.js";
import { readClock } from "../../store/postgres/clock.js";
import { readPageSize, rememberPageSize } from "../../store/pass/page-sizes.js";
import { admitPerson } from "../person-calls.js";
import { explainAtlasError } from "../atlas-errors.js";
import type { AtlasQuestion } from "../atlas-errors.js";
import type { AppDeps } from "../deps.js";
import { explainFailures } from "../../calls/failure-reasons.js";

export type LiveDeps = Pick<AppDeps, "atlas" | "store" | "settings" | "log">;

/** One question; what it throws is explained. */
async function ask<Answer>(
  deps: LiveDeps,
  question: AtlasQuestion,
  put: (client: AtlasClient, call: ReadCall) => Promise<Answer>,
): Promise<Answer> {
  const { client, address } = await deps.atlas();
  const timeoutMs = deps.settings.readTimeoutMs;
  // Before every request, pages among them: a listing of many pages pays for each.
  const admit = (): Promise<void> => admitPerson(deps, question.project);
  try {
    return await put(client, { timeoutMs, admit });
  } catch (error) {
    throw explainAtlasError(error, { ...question, address, timeoutMs });
  }
}

export interface ProjectWorkspaces {
  readonly workspaces: readonly WorkspaceRef[];
  /** Names that Headgate cannot say. */
  readonly unnamed: readonly string[];
}

/** Throws `request.unknown` where Atlas has no such project. */
export async function listLiveWorkspaces(deps: LiveDeps, project: string): Promise<ProjectWorkspaces> {
  const question = { project, what: `list the workspaces of project ${project}` };
  const names = await ask(deps, question, (client, call) => client.listWorkspaces(project, call));
  if (names === undefined) {
    const { address } = await deps.atlas();
    throw new AppError(
      "request.unknown",
      `Atlas at ${address} has no project ${project}, or these credentials may not see it`,
    );
  }
  return {
    workspaces: names
      // A name that cannot be a ref cannot be declared; it is told apart so that nobody thinks it was forgotten.
      .filter(isName)
      .sort()
      .map((workspace) => ({ project, workspace })),
    unnamed: names.filter((name) => !isName(name)),
  };
}

/** Every processor of the workspace, by name. Throws `request.unknown` where Atlas has no such workspace. */
export async function describeWorkspace(
  deps: LiveDeps,
  ref: WorkspaceRef,
): Promise<readonly ProcessorDetails[]> {
  const question = { project: ref.project, what: `list the processors of ${formatWorkspaceRef(ref)}` };
  const pageSize = await readPageSize(deps.store, ref);
  const onSmallerPages = (smaller: number): Promise<void> =>
    rememberPageSize(deps.store, { ref, pageSize: smaller });
  const processors = await ask(deps, question, (client, call) =>
    client.describeProcessors(ref, { ...call, pageSize, onSmallerPages }),
  );
  if (processors === undefined) throw await toUnknownWorkspace(deps, ref);
  const explained = await withReasons(deps, ref, processors);
  return [...explained].sort((one, other) => (one.processor < other.processor ? -1 : 1));
}

/** Throws `request.unknown` where Atlas has no such processor. */
export async function describeLive(deps: LiveDeps, ref: ProcessorRef): Promise<ProcessorDetails> {
  const name = formatProcessorRef(ref);
  const question = { project: ref.project, what: `read the processor ${name}` };
  const found = await ask(deps, question, (client, call) => client.describeProcessor(ref, call));
  if (found !== undefined) {
    const [explained] = await withReasons(deps, ref, [found]);
    return explained ?? found;
  }
  const { address } = await deps.atlas();
  throw new AppError("request.unknown", `Atlas at ${address} has no processor ${name}`);
}

/** Costs another call. Throws itself if the project is the one that Atlas does not have. */
async function toUnknownWorkspace(deps: LiveDeps, ref: WorkspaceRef): Promise<AppError> {
  const { workspaces } = await listLiveWorkspaces(deps, ref.project);
  const nearest = findNearest(
    ref.workspace,
    workspaces.map(({ workspace }) => workspace),
  );
  const { address } = await deps.atlas();
  const text = `Atlas at ${address} has no workspace ${formatWorkspaceRef(ref)}`;
  return new AppError(
    "request.unknown",
    nearest === undefined ? text : `${text}; did you mean ${ref.project}/${nearest}?`,
  );
}

/** One call per workspace. What each allows, by `project/workspace`; undefined for one Atlas does not have. */
export async function readWorkspaceLimits(
  deps: LiveDeps,
  refs: readonly WorkspaceRef[],
): Promise<ReadonlyMap<string, WorkspaceLimits | undefined>> {
  const limits = new Map<string, WorkspaceLimits | undefined>();
  for (const ref of refs) {
    const name = formatWorkspaceRef(ref);
    const question = { project: ref.project, what: `read the workspace ${name}` };
    limits.set(name, await ask(deps, question, (client, call) => client.getWorkspace(ref, call)));
  }
  return limits;
}

/** Where Atlas's answer does not say why it FAILED, the project's events may. Without them the list stands as it is. */
async function withReasons(
  deps: LiveDeps,
  ref: WorkspaceRef,
  seen: readonly ProcessorDetails[],
): Promise<readonly ProcessorDetails[]> {
  const { client } = await deps.atlas();
  return explainFailures(
    { atlas: client, log: deps.log },
    {
      ref,
      seen,
      isUnexplained: ({ state, errorMessage }) => state === "FAILED" && errorMessage === undefined,
      now: () => readClock(deps.store),
      // No admission: the events are not of the endpoints that the budget counts.
      call: { timeoutMs: deps.settings.readTimeoutMs },
    },
  );
}
