// The ways to a `temporal` program, with programs that only pretend: which is taken, which is passed over, and what is
// said where none is left. The network is closed to the processes here, by a proxy that nothing listens at.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, it } from "vitest";
import { findTemporalProgram } from "../../../src/dev/temporal-program.js";
import type { TemporalProgram } from "../../../src/dev/temporal-program.js";
import { SOURCES, openCli } from "../../support/cli-process.js";
import type { CliRun } from "../../support/cli-process.js";
import { makeFolder } from "./sleepers.js";

const SERVER = `#!/bin/sh
[ "$*" = "server start-dev --help" ] && echo "  --db-filename string"
`;
const CACHED = join("headgate", "temporal-cli-1.5.1", "temporal");
const SLOW_MS = 60_000;

function writeProgram(path: string, text: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function find(folder: string, path: readonly string[]): Promise<TemporalProgram> {
  const env = { PATH: path.join(delimiter), XDG_CACHE_HOME: join(folder, "cache") };
  return findTemporalProgram({ env, home: folder, note: () => undefined });
}

it("takes the first program on PATH that can start a development server", async () => {
  const folder = makeFolder();
  const plain = join(folder, "plain");
  const other = join(folder, "other");
  const good = join(folder, "good");
  const later = join(folder, "later");
  writeProgram(join(plain, "temporal"), SERVER, 0o644);
  writeProgram(join(other, "temporal"), "#!/bin/sh\necho 'a calendar'\n");
  writeProgram(join(later, "temporal"), SERVER);
  writeProgram(join(folder, "cache", CACHED), SERVER);
  const path = writeProgram(join(good, "temporal"), SERVER);
  expect(await find(folder, [join(folder, "nowhere"), plain, "", other, good, later])).toEqual({
    path,
    how: `found on PATH: ${path}`,
  });
});

it("takes the one in the user's cache where PATH has none, by XDG_CACHE_HOME or else in the home folder", async () => {
  const folder = makeFolder();
  const path = writeProgram(join(folder, "cache", CACHED), SERVER);
  expect(await find(folder, [])).toEqual({ path, how: `found in the cache: ${path}` });
  const atHome = writeProgram(join(folder, ".cache", CACHED), SERVER);
  const search = { env: {}, home: folder, note: () => undefined };
  expect(await findTemporalProgram(search)).toEqual({ path: atHome, how: `found in the cache: ${atHome}` });
});

/** `headgate temporal install` with an empty PATH but for these folders, an empty cache, and no network. */
async function install(folder: string, path = ""): Promise<CliRun> {
  const nothing = "http://127.0.0.1:1";
  const variables = {
    PATH: path,
    XDG_CACHE_HOME: join(folder, "cache"),
    HTTPS_PROXY: nothing,
    https_proxy: nothing,
    ALL_PROXY: nothing,
  };
  const cli = openCli(variables, SOURCES);
  try {
    return await cli.run(["temporal", "install"]);
  } finally {
    cli.remove();
  }
}

it(
  "lists every way with its reason where none works, and what to do",
  async () => {
    const folder = makeFolder();
    const { code, stdout, stderr } = await install(folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const lines = stderr.trim().split("\n");
    expect(lines).toEqual([
      "Downloading Temporal 1.5.1 ...",
      "headgate: there is no Temporal server for the embedded stack. Tried:",
      "  - TEMPORAL_ADDRESS: not set",
      "  - a `temporal` program on PATH: none that can start a development server",
      `  - the user's cache folder: nothing usable at ${join(folder, "cache", CACHED)}`,
      expect.stringMatching(/^ {2}- the download of Temporal's SDK: .*\S/),
      "  - `go install`: there is no Go toolchain on PATH",
      expect.stringMatching(/^What to do: install the Temporal CLI .*, or install Go .*TEMPORAL_ADDRESS/),
    ]);
    expect(readdirSync(join(folder, "cache", "headgate"))).toEqual([]);
  },
  SLOW_MS,
);

it(
  "tells why Go could not build it, and leaves nothing half built",
  async () => {
    const folder = makeFolder();
    const go = '#!/bin/sh\n[ "$1" = version ] && exit 0\necho "dial tcp: no route to host" >&2\nexit 1\n';
    writeProgram(join(folder, "bin", "go"), go);
    const { code, stderr } = await install(folder, join(folder, "bin"));
    expect(code).toBe(1);
    expect(stderr).toContain("  - `go install`: it ended with 1: dial tcp: no route to host\n");
    expect(readdirSync(join(folder, "cache", "headgate"))).toEqual([]);
  },
  SLOW_MS,
);

it(
  "keeps what Go built in the cache, under its version",
  async () => {
    const folder = makeFolder();
    const go = `#!/bin/sh
[ "$1" = version ] && exit 0
/bin/mkdir -p "$GOBIN"
echo '#!/bin/sh' > "$GOBIN/temporal"
echo 'echo --db-filename' >> "$GOBIN/temporal"
/bin/chmod 755 "$GOBIN/temporal"
`;
    writeProgram(join(folder, "bin", "go"), go);
    const path = join(folder, "cache", CACHED);
    const { code, stdout, stderr } = await install(folder, join(folder, "bin"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}\n` });
    expect(stderr).toContain(`built with Go: ${path}\n`);
    expect(existsSync(path)).toBe(true);
    expect(readdirSync(join(folder, "cache", "headgate"))).toEqual(["temporal-cli-1.5.1"]);
    expect(await find(folder, [])).toEqual({ path, how: `found in the cache: ${path}` });
  },
  SLOW_MS,
);
