// Names of things: which project, workspace and processor. Text becomes a ref only here, after a charset check,
// so that a path segment or a workflow id never carries a surprise.

export interface WorkspaceRef {
  /** 24 hex digits (Atlas "group"). */
  readonly project: string;
  readonly workspace: string;
}

export interface ProcessorRef extends WorkspaceRef {
  readonly processor: string;
}

const PROJECT = /^[0-9a-f]{24}$/;
/**
 * Guess: Atlas documents no charset for names; this is what its clients accept, without `/`, `%` and control
 * characters.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}$/;

export function isProjectId(text: string): boolean {
  return PROJECT.test(text);
}

export function isName(text: string): boolean {
  return NAME.test(text);
}

export const PROJECT_RULE = "24 lower-case hex digits";
export const NAME_RULE =
  "1 to 128 letters, digits, spaces, dots, colons, underscores or hyphens, starting with a letter or digit";

/** `project/workspace/processor`; undefined where the text is not that. */
export function parseProcessorRef(text: string): ProcessorRef | undefined {
  const [project = "", workspace = "", processor = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isProjectId(project) || !isName(workspace) || !isName(processor)) return undefined;
  return { project, workspace, processor };
}

/** `project/workspace`; undefined where the text is not that. */
export function parseWorkspaceRef(text: string): WorkspaceRef | undefined {
  const [project = "", workspace = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isProjectId(project) || !isName(workspace)) return undefined;
  return { project, workspace };
}

export function formatWorkspaceRef(ref: WorkspaceRef): string {
  return `${ref.project}/${ref.workspace}`;
}

/** Their workspaces, each once, in the order in which they first come. */
export function toWorkspaceRefs(refs: readonly WorkspaceRef[]): readonly WorkspaceRef[] {
  const byName = new Map(
    refs.map(({ project, workspace }) => [`${project}/${workspace}`, { project, workspace }]),
  );
  return [...byName.values()];
}

export function formatProcessorRef(ref: ProcessorRef): string {
  return `${ref.project}/${ref.workspace}/${ref.processor}`;
}

const CHANGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text has the shape of a change's id; no ref and no selector has. */
export function isChangeId(text: string): boolean {
  return CHANGE_ID.test(text);
}
