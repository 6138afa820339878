// `.headgate/`: one stack at a time, readable by its owner alone, and data that belong together or not at all.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { isAlive } from "../../../src/dev/process-record.js";
import {
  checkData,
  dropData,
  endStaleChildren,
  forgetStackVariables,
  lockFolder,
  markWhole,
  readStackVariables,
  rememberChildren,
  toStackPaths,
  unlockFolder,
  writeStackVariables,
} from "../../../src/dev/stack-folder.js";
import type { Part, StackPaths } from "../../../src/dev/stack-folder.js";
import { makeFolder, startSleeper } from "./sleepers.js";

const readMode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it("says where the stack listens, to its owner alone, until it is forgotten", () => {
  const folder = makeFolder();
  expect(readStackVariables(folder)).toEqual({});
  lockFolder(toStackPaths(folder).root);
  writeStackVariables(folder, { DATABASE_URL: "postgres://headgate:secret@127.0.0.1:5432/headgate" });
  const file = join(folder, ".headgate", "stack.json");
  expect(readMode(file)).toBe("600");
  expect(readMode(dirname(file))).toBe("700");
  expect(readStackVariables(folder)).toEqual({
    DATABASE_URL: "postgres://headgate:secret@127.0.0.1:5432/headgate",
  });
  writeFileSync(file, '{ "DATABASE_URL": ');
  expect(readStackVariables(folder)).toEqual({});
  forgetStackVariables(folder);
  forgetStackVariables(folder);
  expect(existsSync(file)).toBe(false);
});

it("refuses a folder whose stack lives, naming its process, and takes over when that has gone", async () => {
  const { root } = toStackPaths(makeFolder());
  const other = await startSleeper();
  lockFolder(root);
  unlockFolder(root);
  const lock = join(root, "lock.json");
  writeFileSync(lock, JSON.stringify(other.record));
  const { pid } = other.record;
  expect(() => {
    lockFolder(root);
  }).toThrow(`a stack runs in this folder already (process ${String(pid)})`);
  expect(JSON.parse(readFileSync(lock, "utf8"))).toEqual(other.record);
  await other.end();
  lockFolder(root);
  expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
  expect(readMode(lock)).toBe("600");
});

it("takes over a lock whose number belongs to another process by now", async () => {
  const { root } = toStackPaths(makeFolder());
  const other = await startSleeper();
  mkdirSync(root);
  writeFileSync(join(root, "lock.json"), JSON.stringify({ ...other.record, began: "long ago" }));
  lockFolder(root);
  expect(isAlive(other.record)).toBe(true);
  unlockFolder(root);
  unlockFolder(root);
  expect(existsSync(join(root, "lock.json"))).toBe(false);
});

it("ends what a killed stack left running, and nothing else", async () => {
  const { root } = toStackPaths(makeFolder());
  mkdirSync(root);
  expect(await endStaleChildren(root)).toEqual([]);
  const [left, stranger] = [await startSleeper(), await startSleeper()];
  rememberChildren(root, [
    { ...left.record, name: "temporal" },
    { ...stranger.record, name: "postgres", began: "long ago" },
  ]);
  expect(await endStaleChildren(root)).toEqual(["temporal"]);
  expect(await left.ended).toBe("SIGINT");
  expect(isAlive(stranger.record)).toBe(true);
  expect(await endStaleChildren(root)).toEqual([]);
});

const PARTS: readonly Part[] = ["postgres", "temporal", "simulator"];

function toFiles(paths: StackPaths): Readonly<Record<Part, string>> {
  return {
    postgres: join(paths.postgres, "password"),
    temporal: paths.temporalFile,
    simulator: paths.worldFile,
  };
}

/** A stack's folder in which these parts have data. */
function aStackOf(parts: readonly Part[]): StackPaths {
  const paths = toStackPaths(makeFolder());
  mkdirSync(paths.root);
  for (const part of parts) {
    mkdirSync(dirname(toFiles(paths)[part]), { recursive: true });
    writeFileSync(toFiles(paths)[part], "data");
  }
  return paths;
}

function findData(paths: StackPaths): readonly Part[] {
  return PARTS.filter((part) => existsSync(toFiles(paths)[part]));
}

it("drops what a first start left that never came up", () => {
  const paths = aStackOf(["postgres", "temporal"]);
  checkData(paths, PARTS);
  expect(findData(paths)).toEqual([]);
});

interface DataCase {
  readonly has: readonly Part[];
  readonly wanted: readonly Part[];
  readonly says?: string;
}

const DATA_CASES: readonly DataCase[] = [
  { has: PARTS, wanted: PARTS },
  { has: [], wanted: PARTS },
  { has: ["postgres"], wanted: ["postgres"] },
  {
    has: ["postgres", "simulator"],
    wanted: PARTS,
    says: "holds data of postgres and simulator, but those of temporal are missing",
  },
  {
    has: ["temporal"],
    wanted: PARTS,
    says: "holds data of temporal, but those of postgres and simulator are missing",
  },
  {
    has: ["postgres"],
    wanted: ["postgres", "simulator"],
    says: "holds data of postgres, but those of simulator are missing",
  },
];

it.each(DATA_CASES)("finds $has where $wanted belong together: $says", ({ has, wanted, says }) => {
  const paths = aStackOf(has);
  markWhole(paths.root);
  const check = (): void => {
    checkData(paths, wanted);
  };
  if (says === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(says);
  expect(findData(paths)).toEqual(has);
});

it("says what to do about a missing part, and drops all of them together", () => {
  const paths = aStackOf(["postgres"]);
  markWhole(paths.root);
  expect(() => {
    checkData(paths, PARTS);
  }).toThrow(/Put them back, or start over with --fresh, which drops them all\.$/);
  dropData(paths);
  expect(findData(paths)).toEqual([]);
  expect(() => {
    checkData(paths, PARTS);
  }).not.toThrow();
});
