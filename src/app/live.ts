// Atlas as it is now, asked on behalf of a person: each question once, through the project's budget, and one clear error
// where it cannot be answered. Reads only; stores nothing.
import { findNearest } from "../domain/nearest.js";
import type { ProcessorDetails, WorkspaceLimits } from "../domain/observation.js";
import { formatProcessorRef, formatWorkspaceRef, isName } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { AtlasClient, ReadCall } from "../atlas/client.js";
import { AppError } from "../errors.js";
import { takeCalls, writeLimits } from "../store/budgets.js";
import { readClock } from "../store/listings.js";
import { admitCalls } from "./admission.js";
import { explainAtlasError } from "./atlas-errors.js";
import type { Question } from "./atlas-errors.js";
import type { AppDeps } from "./deps.js";

export type LiveDeps = Pick<AppDeps, "atlas" | "store" | "settings" | "log">;

/** One question; what it throws is explained. */
async function ask<Answer>(
  deps: LiveDeps,
  question: Question,
  put: (client: AtlasClient, call: ReadCall) => Promise<Answer>,
): Promise<Answer> {
  const { client, address } = await deps.atlas();
  const { store, settings, log } = deps;
  const admission = {
    store: {
      takeCalls: (request: Parameters<typeof takeCalls>[1]) => takeCalls(store, request),
      writeLimits: (limits: Parameters<typeof writeLimits>[1]) => writeLimits(store, limits),
    },
    atlas: client,
    settings,
    log,
  };
  const timeoutMs = settings.readTimeoutMs;
  const admit = async (): Promise<void> => {
    await admitCalls(admission, { project: question.project, calls: 1, callClass: "person" });
  };
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

/** Throws `request.refused` where Atlas has no such project. */
export async function listLiveWorkspaces(deps: LiveDeps, project: string): Promise<ProjectWorkspaces> {
  const question = { project, what: `list the workspaces of project ${project}` };
  const names = await ask(deps, question, (client, call) => client.listWorkspaces(project, call));
  if (names === undefined) {
    const { address } = await deps.atlas();
    throw new AppError(
      "request.refused",
      `Atlas at ${address} has no project ${project}, or these credentials may not see it`,
    );
  }
  return {
    workspaces: names
      .filter(isName)
      .sort()
      .map((workspace) => ({ project, workspace })),
    unnamed: names.filter((name) => !isName(name)),
  };
}

/** Every processor of the workspace, by name. Throws `request.refused` where Atlas has no such workspace. */
export async function describeWorkspace(
  deps: LiveDeps,
  ref: WorkspaceRef,
): Promise<readonly ProcessorDetails[]> {
  const question = { project: ref.project, what: `list the processors of ${formatWorkspaceRef(ref)}` };
  const processors = await ask(deps, question, (client, call) => client.describeProcessors(ref, call));
  if (processors === undefined) throw await toUnknownWorkspace(deps, ref);
  const explained = await explainFailures(deps, ref, processors);
  return [...explained].sort((one, other) => (one.processor < other.processor ? -1 : 1));
}

/** Throws `request.refused` where Atlas has no such processor. */
export async function describeLive(deps: LiveDeps, ref: ProcessorRef): Promise<ProcessorDetails> {
  const name = formatProcessorRef(ref);
  const question = { project: ref.project, what: `read the processor ${name}` };
  const found = await ask(deps, question, (client, call) => client.describeProcessor(ref, call));
  if (found !== undefined) {
    const [explained] = await explainFailures(deps, ref, [found]);
    return explained ?? found;
  }
  const { address } = await deps.atlas();
  throw new AppError("request.refused", `Atlas at ${address} has no processor ${name}`);
}

async function toUnknownWorkspace(deps: LiveDeps, ref: WorkspaceRef): Promise<AppError> {
  const { workspaces } = await listLiveWorkspaces(deps, ref.project);
  const nearest = findNearest(
    ref.workspace,
    workspaces.map(({ workspace }) => workspace),
  );
  const { address } = await deps.atlas();
  const text = `Atlas at ${address} has no workspace ${formatWorkspaceRef(ref)}`;
  return new AppError(
    "request.refused",
    nearest === undefined ? text : `${text}; did you mean ${ref.project}/${nearest}?`,
  );
}

/** What each workspace allows, by `project/workspace`; undefined for one Atlas does not have. */
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

/** How far back it looks for why a processor FAILED. */
const LOOK_BACK_MS = 7 * 86_400_000;

/** Where the list does not say why, the project's events may. A comfort: without it the list stands as it is. */
async function explainFailures(
  deps: LiveDeps,
  ref: WorkspaceRef,
  processors: readonly ProcessorDetails[],
): Promise<readonly ProcessorDetails[]> {
  const isUnexplained = ({ state, errorMessage }: ProcessorDetails): boolean =>
    state === "FAILED" && errorMessage === undefined;
  if (!processors.some(isUnexplained)) return processors;
  const reasons = await findReasons(deps, ref);
  return processors.map((one) => {
    const errorMessage = isUnexplained(one) ? reasons.get(one.processor) : undefined;
    return errorMessage === undefined ? one : { ...one, errorMessage };
  });
}

async function findReasons(deps: LiveDeps, ref: WorkspaceRef): Promise<ReadonlyMap<string, string>> {
  const { client } = await deps.atlas();
  const since = (await readClock(deps.store)) - LOOK_BACK_MS;
  try {
    const failures = await client.listFailures(
      { project: ref.project, since },
      { timeoutMs: deps.settings.readTimeoutMs },
    );
    const here = failures.filter(({ workspace }) => workspace === ref.workspace);
    // They come newest first: reversed, the newest of several is written last and stays.
    return new Map(here.reverse().map(({ processor, why }) => [processor, why]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    deps.log.debug("reasons.not-read", { ...ref, code: error.code });
    return new Map();
  }
}
