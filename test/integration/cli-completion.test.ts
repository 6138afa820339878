// Completion in real shells, from real names: what Tab would show after a line.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";

const OTHER = "42b6e34b3d91647abb20e7b8";
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

let database: TestDatabase;
let folder: string;
let env: Readonly<Record<string, string | undefined>>;
beforeAll(async () => {
  database = await createTestDatabase();
  const names = [
    [PROJECT, "orders", "clicks"],
    [PROJECT, "orders", "clicks:old"],
    [PROJECT, "orders", "views"],
    [PROJECT, "quiet one", "a"],
    [OTHER, "lake", "z"],
  ];
  for (const [project, workspace, processor] of names) {
    await database.store.query("insert into projects values ($1) on conflict do nothing", [project]);
    await database.store.query(
      "insert into workspaces (project, workspace, interval_ms, due_at) values ($1, $2, 1, now()) on conflict do nothing",
      [project, workspace],
    );
    await database.store.query(
      "insert into processor_status (project, workspace, processor) values ($1, $2, $3)",
      [project, workspace, processor],
    );
  }
  folder = mkdtempSync(join(tmpdir(), "headgate-completion-"));
  const program = join(folder, "headgate");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${inject("programPath")}" "$@"\n`);
  chmodSync(program, 0o755);
  const { PATH = "" } = readEnvironment();
  env = { HOME: folder, PATH: `${folder}${delimiter}${PATH}`, DATABASE_URL: database.databaseUrl };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

function run(shell: Shell, script: string): string {
  const { stdout, stderr, error } = spawnSync(shell, ["-c", script], { cwd: folder, env, encoding: "utf8" });
  expect({ stderr, error }).toEqual({ stderr: "", error: undefined });
  return stdout;
}

const isThere = (shell: Shell): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** What each shell's own machinery would offer after the line. */
const ASKING: Readonly<Record<Shell, (line: string) => string>> = {
  bash: (line) => `
    source <(headgate completion bash)
    COMP_LINE=${quote(line)} COMP_POINT=${String(line.length)}
    compopt() { printf '(%s %s)\\n' "$1" "$2"; }
    _headgate
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Zsh completes at a terminal only: its words are given, and what is added is printed.
  zsh: (line) => `
    compdef() { :; }
    source <(headgate completion zsh)
    _files() { echo '(files)' }
    compadd() { [[ $1 == -S ]] && shift 2; shift; (( $# )) && printf '%s\\n' "$@" }
    words=(\${(z)$(printf '%s' ${quote(line)})})
    [[ ${quote(line)} == *' ' ]] && words+=('')
    CURRENT=\${#words}
    _headgate`,
  fish: (line) => `
    headgate completion fish | source
    complete -C ${quote(line)}`,
};

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** In the order of the alphabet. Fish tells a description behind a tab. */
function offer(shell: Shell, line: string): readonly string[] {
  const lines = run(shell, ASKING[shell](line)).split("\n");
  return lines
    .map((one) => one.replace(/\t.*/, ""))
    .filter((one) => one !== "" && !one.startsWith("("))
    .sort();
}

describe.each(SHELLS)("%s", (shell) => {
  const test = isThere(shell) ? it : it.skip;
  if (!isThere(shell))
    process.stderr.write(`${shell} is not on this machine: its completion is not tested\n`);

  test("completes verbs, nouns, options and their values", () => {
    expect(offer(shell, "headgate do")).toEqual(["doctor"]);
    expect(offer(shell, "headgate get p")).toEqual(["policies", "processors", "projects"]);
    expect(offer(shell, "headgate get budgets -o ")).toEqual(["json", "name", "table", "yaml"]);
    expect(offer(shell, "headgate start --ti")).toEqual(["--tier"]);
  });

  test("completes names part by part, also those with a blank", () => {
    expect(offer(shell, "headgate explain ")).toEqual([`${PROJECT}/`, `${OTHER}/`]);
    expect(offer(shell, `headgate explain ${PROJECT}/o`)).toEqual([`${PROJECT}/orders/`]);
    expect(offer(shell, `headgate explain ${PROJECT}/orders/v`)).toEqual([`${PROJECT}/orders/views`]);
    expect(offer(shell, `headgate release-brake ${OTHER}/`)).toEqual([`${OTHER}/lake`]);
    const [blank = ""] = offer(shell, `headgate suspend ${PROJECT}/q`);
    expect(blank.replaceAll("\\", "")).toBe(`${PROJECT}/quiet one/`);
  });

  test("says nothing where Postgres does not answer", () => {
    const before = env;
    env = { ...env, DATABASE_URL: "postgres://nobody:hidden@127.0.0.1:1/none" };
    expect(offer(shell, "headgate explain ")).toEqual([]);
    env = { ...env, DATABASE_URL: undefined };
    expect(offer(shell, "headgate explain ")).toEqual([]);
    env = before;
  });
});

it("replaces in bash only what comes after a colon, as bash does", () => {
  expect(offer("bash", `headgate explain ${PROJECT}/orders/clicks:`)).toEqual(["old"]);
});

it("leaves files to bash, and sets no blank behind a part", () => {
  expect(run("bash", ASKING.bash("headgate apply -f "))).toBe("(-o default)\n\n");
  expect(run("bash", ASKING.bash(`headgate explain ${OTHER}`))).toBe(`(-o nospace)\n${OTHER}/\n`);
});
