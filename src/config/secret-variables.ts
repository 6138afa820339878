// A secret of the environment: from its variable, or from the file that a variable of its name and `_FILE` names.
import type { Environment } from "./environment.js";

export interface ConfigSource {
  readonly env: Environment;
  /** Reads a file that a `*_FILE` variable names; throws where it cannot. */
  readonly readFile: (path: string) => string;
}

/** Undefined where neither is set; what is wrong goes to `faults`, which never quote it. */
export function readSecret(
  { env, readFile }: ConfigSource,
  name: string,
  faults: string[],
): string | undefined {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  // The variable wins, and its file is not even read: it may be a leftover.
  if (direct !== undefined && direct !== "") return direct;
  if (file === undefined || file === "") return undefined;
  try {
    // Editors and secret stores end a file with a line break, which no secret has.
    const text = readFile(file).trim();
    if (text !== "") return text;
    // A secret that was never filled in: taken as it is, it would only fail at the first call.
    faults.push(`${name}_FILE: ${file} is empty`);
    return undefined;
  } catch (error) {
    faults.push(
      `${name}_FILE: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
