// What the embedded stack is started with, and what may not be asked of it.
import { AppError } from "../base/errors.js";
import type { Part } from "./stack-folder.js";

export type Variables = Readonly<Record<string, string>>;

export interface StackOptions {
  /** Where `.headgate/` is. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Set where the part stands outside. */
  readonly external: { readonly databaseUrl?: string; readonly temporal: boolean; readonly atlas: boolean };
  /** What the data remember: which Atlas they belong to. */
  readonly atlasName: string;
  readonly fresh: boolean;
  /** 0: a free one. */
  readonly ports: Readonly<Record<Part | "ui" | "server", number>>;
  /** For the simulator, behind those of the sample. With any, its request log is kept in a file. */
  readonly faults: readonly unknown[];
  /** Variables for the worker and the other verbs where the simulator stands in for Atlas. */
  readonly simulatorVariables: Variables;
  /** This program, to which a verb is added. */
  readonly program: readonly string[];
  readonly migrationsFolder: string;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

export function isEmbedded({ external }: StackOptions, part: Part): boolean {
  if (part === "postgres") return external.databaseUrl === undefined;
  return part === "temporal" ? !external.temporal : !external.atlas;
}

/** Throws where `--fresh` would drop one half of data whose other half stands outside. */
export function refuseFreshWithExternal({ external, fresh }: Pick<StackOptions, "external" | "fresh">): void {
  const outside = [
    external.databaseUrl !== undefined && "DATABASE_URL",
    external.temporal && "TEMPORAL_ADDRESS",
    external.atlas && "MONGODB_ATLAS_*",
  ].filter((name) => name !== false);
  if (!fresh || outside.length === 0) return;
  throw new AppError(
    "config.invalid",
    `--fresh drops the data of the whole stack, but parts of it are named outside: unset ${outside.join(", ")}, or leave out --fresh`,
  );
}
