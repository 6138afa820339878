// Credentials by project, for installations that need more than one: a YAML list that HEADGATE_CREDENTIALS_FILE names.
// Every fault is told at once; no value of a secret is ever part of a fault. So no message of the YAML parser, of zod
// or of the file system is passed on: each may quote what it read. Entries are named by their number instead.
import { parseDocument, visit } from "yaml";
import { z } from "zod";
import { PROJECT_RULE, isProjectId } from "../domain/refs.js";
import { Secret } from "../base/secret.js";
import { keepAsWritten } from "../base/yaml-names.js";

const text = z.string().min(1);
const projects = z
  .array(z.string().refine(isProjectId, { error: `not a project: ${PROJECT_RULE}` }))
  .min(1, { error: "names no project" });
// Strict: a misspelt field must not make an entry of another kind.
const entry = z.union(
  [
    z.strictObject({ projects, clientId: text, clientSecret: text }),
    z.strictObject({ projects, clientId: text, clientSecretFile: text }),
    z.strictObject({ projects, publicKey: text, privateKey: text }),
    z.strictObject({ projects, publicKey: text, privateKeyFile: text }),
  ],
  {
    error:
      "an entry is projects (24 hex digits each) with clientId and clientSecret or clientSecretFile, or publicKey and privateKey or privateKeyFile",
  },
);
const entries = z.array(entry, { error: "the file is a list of entries" });

/** What a client signs in with. Ids are no secrets: they may be shown. */
export type StoredCredentials =
  | { readonly kind: "service-account"; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: "api-key"; readonly publicKey: string; readonly privateKey: Secret };

export interface CredentialsText {
  readonly text: string;
  /** Reads a file that an entry names; throws where it cannot. */
  readonly readFile: (path: string) => string;
}

/** Project -> its credentials; equal entries share one object. Adds what is wrong to `faults`. */
export function parseCredentials(
  source: CredentialsText,
  faults: string[],
): ReadonlyMap<string, StoredCredentials> {
  const parsed = entries.safeParse(parseYaml(source.text));
  if (!parsed.success) {
    faults.push(...parsed.error.issues.map(({ path, message }) => `entry ${path.join(".")}: ${message}`));
    return new Map();
  }
  const byProject = new Map<string, StoredCredentials>();
  for (const one of parsed.data) {
    const access = toAccess(one, source, faults);
    for (const project of one.projects) {
      // Which of the two is meant nobody knows, and the wrong one may belong to somebody else.
      if (byProject.has(project)) faults.push(`project ${project} is named by two entries`);
      if (access !== undefined) byProject.set(project, access);
    }
  }
  return byProject;
}

/**
 * Every scalar of it is a text, also a project or a key of digits alone. Not YAML is no list either: the parser's own
 * message would quote the text.
 */
function parseYaml(yaml: string): unknown {
  try {
    const document = parseDocument(yaml, { logLevel: "error" });
    visit(document, {
      Scalar: (_key, node) => {
        keepAsWritten(node);
      },
    });
    return document.errors.length > 0 ? undefined : document.toJS();
  } catch {
    return undefined;
  }
}

function toAccess(
  one: z.infer<typeof entry>,
  { readFile }: CredentialsText,
  faults: string[],
): StoredCredentials | undefined {
  const read = (path: string): Secret | undefined => {
    try {
      // Without the line break at the end of the file.
      const secret = readFile(path).trim();
      if (secret !== "") return new Secret(secret);
      faults.push(`${path} is empty`);
    } catch {
      faults.push(`cannot read ${path}`);
    }
    return undefined;
  };
  if ("clientId" in one) {
    const { clientId } = one;
    const secret = "clientSecret" in one ? new Secret(one.clientSecret) : read(one.clientSecretFile);
    return secret && { kind: "service-account", clientId, clientSecret: secret };
  }
  const { publicKey } = one;
  const secret = "privateKey" in one ? new Secret(one.privateKey) : read(one.privateKeyFile);
  return secret && { kind: "api-key", publicKey, privateKey: secret };
}
