// What a parser of the command line takes, said beside the parser: so the completion of shells knows no list of its
// own.

/** Names that Postgres knows; a selector is completed as the processor it may become. */
export type NameKind = "project" | "workspace" | "processor" | "selector";
export type Completes = NameKind | readonly string[];
export type Completed<Parse> = Parse & { readonly completes: Completes };

export function completing<Parse extends (text: string, ...before: never[]) => unknown>(
  completes: Completes,
  parse: Parse,
): Completed<Parse> {
  return Object.assign(parse, { completes });
}

/** Undefined where nothing is known of what it takes. */
export function toCompletes(parse: unknown): Completes | undefined {
  return typeof parse === "function" && "completes" in parse ? (parse.completes as Completes) : undefined;
}
