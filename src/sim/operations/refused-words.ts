// What the simulator says of a field it refuses. Every text is a guess: of Atlas's VALIDATION_ERROR only the beginning
// was seen (docs/atlas.md 1e). They must be no library's words, which would change with its version and which clients
// would then be written against. Pure.
import type { z } from "zod";

type Issue = z.core.$ZodIssue;
type IssueOf<C extends Issue["code"]> = Extract<Issue, { code: C }>;

/** JSON's names of its types; `record` is zod's own name for an object. */
const TYPES: Readonly<Partial<Record<string, string>>> = {
  string: "a string",
  boolean: "a boolean",
  array: "an array",
  object: "an object",
  record: "an object",
};

/** One text for each kind of fault that the schemas of this folder can find. */
const WORDS: { readonly [C in Issue["code"]]?: (issue: IssueOf<C>) => string } = {
  invalid_type: ({ expected }) => `must be ${TYPES[expected] ?? expected}`,
  invalid_value: ({ values }) => `must be one of ${values.map(String).join(", ")}`,
  // Times are the only texts of a form.
  invalid_format: () => "must be a time in ISO 8601 with its zone, such as 2026-01-31T06:00:00Z",
  unrecognized_keys: ({ keys }) => `has no field ${keys.join(", ")}`,
  too_small: () => "must not be empty",
  too_big: ({ maximum }) => `must have at most ${String(maximum)} elements`,
};

/** The description of a refused field, by the first fault that was found in it. */
export function wordsOf(issue: Issue | undefined): string {
  // The table is keyed by the fault's own code, which the type checker cannot follow through the look-up.
  const words = issue === undefined ? undefined : (WORDS[issue.code] as ((of: Issue) => string) | undefined);
  return issue === undefined || words === undefined ? "is not valid" : words(issue);
}
