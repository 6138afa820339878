// What verbs about keys are typed with: names, roles and the patterns of a scope.
import { InvalidArgumentError } from "commander";
import { KEY_NAME_RULE, ROLES, isKeyName } from "../../domain/access.js";
import type { Role } from "../../domain/access.js";
import { cut } from "../../base/text.js";
import { parseSelector } from "../../domain/tell/selector.js";
import { completing } from "../shell/completing.js";

export function toKeyName(text: string): string {
  if (isKeyName(text)) return text;
  throw new InvalidArgumentError(`"${cut(text, 40)}" is not a name of a key: ${KEY_NAME_RULE}.`);
}

const ROLE_NAMES = Object.keys(ROLES) as Role[];

export const toRole = completing(ROLE_NAMES, (text: string): Role => {
  const role = ROLE_NAMES.find((one) => one === text);
  if (role !== undefined) return role;
  throw new InvalidArgumentError(`"${text}" is not a role: one of ${ROLE_NAMES.join(", ")}.`);
});

export const toProjectPattern = completing("project", (text: string): string => {
  if (isPart(text, text)) return text;
  throw new InvalidArgumentError(
    `"${text}" is not a project: 24 lower-case hex digits, or fewer with * for any of them.`,
  );
});

/** Of workspaces by their names, in whichever projects. */
export function toWorkspacePattern(text: string): string {
  if (isPart(text, `*/${text}`)) return text;
  throw new InvalidArgumentError(
    `"${text}" is not the name of a workspace, without its project, where * stands for any text: orders, or prod-*.`,
  );
}

function isPart(text: string, selector: string): boolean {
  return !text.includes("/") && parseSelector(selector) !== undefined;
}
