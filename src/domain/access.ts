// Who may do what over HTTP: rights, the roles that hold them, and the part of the fleet a key is for. Pure. Nobody
// else compares a role: whoever asks, asks for a right at a place.
import { matchesPattern } from "./tell/selector.js";

/** What each allows. */
export const RIGHTS = {
  read: "look at everything inside the key's scope",
  plan: "ask what would be done",
  restart: "start and restart processors",
  stop: "stop processors and cancel changes",
  suspend: "suspend processors, and end it",
  "start-fresh": "start at a time or without the checkpoint: whatever discards it",
  "edit-policy": "write, delete and roll back policies, release what Headgate holds back",
  passthrough: "send other calls to Atlas with Headgate's own credentials",
  "manage-keys": "create, rotate and revoke keys",
} as const;

export type Right = keyof typeof RIGHTS;

/** Each role holds what the one before it holds. */
export const ROLES = {
  viewer: ["read", "plan"],
  operator: ["read", "plan", "restart", "stop", "suspend"],
  admin: [
    "read",
    "plan",
    "restart",
    "stop",
    "suspend",
    "start-fresh",
    "edit-policy",
    "passthrough",
    "manage-keys",
  ],
} as const satisfies Record<string, readonly Right[]>;

export type Role = keyof typeof ROLES;

/** Patterns in which `*` stands for any text. */
interface Scope {
  readonly project: string;
  readonly workspace: string;
}

/** Whose key a request carries. */
export interface KeyHolder {
  readonly keyId: string;
  /** As the journal names them. */
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
}

const KEY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Its length is counted in code points, as Postgres does. */
const KEY_NAME = /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,200}(?<! )$/u;

export const KEY_NAME_RULE =
  "1 to 200 printable characters without a blank at either end, and not of the shape of an id";

export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** It stands as the actor in the journal. None has the shape of an id: either of them names a key. */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text) && !isKeyId(text);
}

/** Where something is done. Without a workspace: in the project as a whole; without a project: everywhere. */
export interface Place {
  readonly project?: string;
  readonly workspace?: string;
}

export function hasRight({ role }: KeyHolder, right: Right): boolean {
  return ROLES[role].some((held) => held === right);
}

/** What concerns more than one part is only for a key whose pattern there is `*` alone. */
export function isInScope({ scope }: KeyHolder, { project, workspace }: Place): boolean {
  return isPartInScope(scope.project, project) && isPartInScope(scope.workspace, workspace);
}

function isPartInScope(pattern: string, part: string | undefined): boolean {
  return part === undefined ? pattern === "*" : matchesPattern(pattern, part);
}

export function may(caller: KeyHolder, right: Right, place: Place): boolean {
  return hasRight(caller, right) && isInScope(caller, place);
}

/** Whether a key may look at any of a project's workspaces: what it sees of them is for whoever asks to narrow. */
export function touchesProject(holder: KeyHolder, project: string): boolean {
  return hasRight(holder, "read") && matchesPattern(holder.scope.project, project);
}
