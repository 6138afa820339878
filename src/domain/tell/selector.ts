// Which processors a person means: `project/workspace/processor` in which `*` stands for any text. Pure.
import type { ProcessorRef } from "../refs.js";
import { isProjectId } from "../refs.js";

/** One pattern per part; `*` alone where the text named fewer parts. */
export type Selector = ProcessorRef;

const PART = /^[A-Za-z0-9*][A-Za-z0-9 ._:*-]{0,127}$/;
const PROJECT_PATTERN = /^(?=.*\*)[0-9a-f*]{1,24}$/;

export const SELECTOR_RULE =
  "PROJECT, PROJECT/WORKSPACE or PROJECT/WORKSPACE/PROCESSOR, where * stands for any text, as in */orders/clicks-*";

/** Undefined where the text is no selector. */
export function parseSelector(text: string): Selector | undefined {
  const [project = "", workspace = "*", processor = "*", ...rest] = text.split("/");
  const isProject = isProjectId(project) || PROJECT_PATTERN.test(project);
  const isSelector = rest.length === 0 && isProject && PART.test(workspace) && PART.test(processor);
  return isSelector ? { project, workspace, processor } : undefined;
}

/** Whether it can mean one processor only. */
export function isExact({ project, workspace, processor }: Selector): boolean {
  return !`${project}${workspace}${processor}`.includes("*");
}

export function formatSelector({ project, workspace, processor }: Selector): string {
  return `${project}/${workspace}/${processor}`;
}

export function matchesSelector(selector: Selector, ref: ProcessorRef): boolean {
  return (
    matchesPattern(selector.project, ref.project) &&
    matchesPattern(selector.workspace, ref.workspace) &&
    matchesPattern(selector.processor, ref.processor)
  );
}

/**
 * First piece at the beginning, last at the end, the others in order between them: the leftmost place is as good as
 * any.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || first.length + last.length > text.length)
    return false;
  let from = first.length;
  for (const piece of others) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > text.length - last.length) return false;
    from = at + piece.length;
  }
  return true;
}
