// The only reader of this process's environment. What it means is said by config.ts; this loads nothing.

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(): Environment {
  return process.env;
}

/** NO_COLOR, whatever its value (https://no-color.org), and a terminal that says it can do nothing. */
export function wantsNoColour(env: Environment): boolean {
  return (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
}
