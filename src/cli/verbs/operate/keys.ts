// `keys create`, `list`, `rotate` and `revoke`: who may call `headgate serve`. Secrets are printed once, by the verb
// that made them, and nowhere else.
import { Command } from "commander";
import type { IssuedKey, KeyListing } from "../../../app/access/keys.js";
import { RIGHTS, ROLES } from "../../../domain/access.js";
import type { Role } from "../../../domain/access.js";
import { toFormat, toListFormat } from "../../typed/arguments.js";
import { toKeyName, toProjectPattern, toRole, toWorkspacePattern } from "../../typed/key-arguments.js";
import type { CliContext } from "../../terminal/context.js";
import type { Column, Format, ListFormat } from "../../terminal/output.js";
import { formatAge, formatTime, printDocument, printListing } from "../../terminal/output.js";

export function createKeys(context: CliContext): Command {
  return new Command("keys")
    .description("keys to the HTTP API: who may call headgate serve")
    .addCommand(createCreate(context))
    .addCommand(createList(context))
    .addCommand(createRotate(context))
    .addCommand(createRevoke(context));
}

/** What each role holds beyond the one before it. */
function describeRoles(): string {
  let before: readonly string[] = [];
  const lines = Object.entries(ROLES).map(([role, rights]) => {
    const more = rights.filter((right) => !before.includes(right));
    before = rights;
    return [`  ${role}`, ...more.map((right) => `    ${right.padEnd(13)}${RIGHTS[right]}`)].join("\n");
  });
  return `\nRoles, each with the rights of the one before it:\n${lines.join("\n")}\n`;
}

interface CreateFlags {
  readonly role: Role;
  readonly project: string;
  readonly workspace: string;
  readonly output: Format;
}

function createCreate(context: CliContext): Command {
  return new Command("create")
    .description("create a key; its secrets are shown this once and cannot be shown again")
    .argument("<name>", "as the journal is to name whoever uses it", toKeyName)
    .requiredOption("--role <role>", "what it may do", toRole)
    .option("--project <pattern>", "only in these projects; * stands for any text", toProjectPattern, "*")
    .option("--workspace <pattern>", "only in workspaces of these names", toWorkspacePattern, "*")
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      describeRoles() +
        "\nExamples:\n  $ headgate keys create grafana --role viewer" +
        "\n  $ headgate keys create ci --role operator --project 32b6e34b3d91647abb20e7b8 --workspace 'prod-*' -o json",
    )
    .action(async (name: string, { role, project, workspace, output }: CreateFlags) => {
      const { createKey } = await import("../../../app/access/keys.js");
      const issued = await createKey(await context.app(), { name, role, scope: { project, workspace } });
      await printSecrets(context, output, issued);
    });
}

/** The words beside them go to standard error, so that a file takes the secrets alone. */
async function printSecrets({ terminal }: CliContext, output: Format, issued: IssuedKey): Promise<void> {
  if (output === "table") {
    for (const [title, value] of Object.entries(issued)) terminal.line(`${title.padEnd(14)}${String(value)}`);
  } else {
    await printDocument(terminal, output, issued);
  }
  terminal.note("Keep them now: clientSecret and privateKey are not stored and cannot be shown again.");
}

function createList(context: CliContext): Command {
  return new Command("list")
    .description("list the keys, revoked ones last; never a secret")
    .option("-o, --output <format>", "table, json, yaml or name", toListFormat, "table")
    .addHelpText("after", "\nExamples:\n  $ headgate keys list\n  $ headgate keys list -o json")
    .action(async ({ output }: { readonly output: ListFormat }) => {
      const { pageKeys } = await import("../../../app/access/keys.js");
      const { getClock } = await import("../../../app/look/get.js");
      const app = await context.app();
      await printListing(context.terminal, output, {
        pages: pageKeys(app),
        columns: toColumns(await getClock(app)),
        name: ({ name }) => name,
        empty: "No keys: headgate keys create makes one.",
      });
    });
}

function toColumns(now: number): readonly Column<KeyListing>[] {
  return [
    { title: "NAME", cell: ({ name }) => name },
    { title: "ROLE", cell: ({ role }) => role },
    { title: "PROJECT", cell: ({ project }) => project },
    { title: "WORKSPACE", cell: ({ workspace }) => workspace },
    { title: "CREATED", cell: ({ createdAt }) => formatTime(createdAt) },
    { title: "BY", cell: ({ createdBy }) => createdBy },
    { title: "USED", cell: ({ lastUsedAt }) => formatAge(lastUsedAt === null ? null : now - lastUsedAt) },
    {
      title: "STATE",
      cell: toState,
      tone: ({ revokedAt }) => (revokedAt === null ? undefined : "quiet"),
    },
    { title: "ID", cell: ({ id }) => id },
  ];
}

function toState({ revokedAt, rotatedAt }: KeyListing): string {
  if (revokedAt !== null) return `revoked ${formatTime(revokedAt)}`;
  return rotatedAt === null ? "live" : `live, rotated ${formatTime(rotatedAt)}`;
}

function createRotate(context: CliContext): Command {
  return new Command("rotate")
    .description("give a key new secrets; its old ones, and the tokens made with them, end at once")
    .argument("<name>", "its name or id")
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nIts ids stay the same. To change secrets without a gap, create a second key, move the clients over, then revoke" +
        "\nthe first.\n\nExample:\n  $ headgate keys rotate ci -o json",
    )
    .action(async (nameOrId: string, { output }: { readonly output: Format }) => {
      const { rotateKey } = await import("../../../app/access/keys.js");
      const issued = await rotateKey(await context.app(), nameOrId);
      await printSecrets(context, output, issued);
      context.terminal.note("The old secrets have ended, and so have the tokens that were made with them.");
    });
}

function createRevoke(context: CliContext): Command {
  return new Command("revoke")
    .description("end a key and its tokens, at once and for good")
    .argument("<key>", "its name or id")
    .addHelpText("after", "\nExample:\n  $ headgate keys revoke ci")
    .action(async (nameOrId: string) => {
      const { revokeKey } = await import("../../../app/access/keys.js");
      const { name, isRevokedNow } = await revokeKey(await context.app(), nameOrId);
      context.terminal.note(isRevokedNow ? `${name}: revoked` : `${name}: was revoked already`);
    });
}
