// The program around its verbs, as a process: where it finds its stack, how it migrates, and what it says of a wrong
// command line or a wrong variable. The whole table of command lines is in test/unit/cli.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openStore } from "../../src/store/postgres/pool.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { takeNumber } from "../support/database.js";

let cli: Cli;
let admin: Store;
let name: string;
let databaseUrl: string;
beforeAll(async () => {
  cli = openCli({});
  admin = openStore({ databaseUrl: inject("databaseUrl"), max: 1 });
  name = `cli_${String(await takeNumber())}`;
  await admin.query(`create database ${name}`);
  const url = new URL(inject("databaseUrl"));
  url.pathname = `/${name}`;
  databaseUrl = url.href;
});
afterAll(async () => {
  cli.remove();
  await admin.query(`drop database ${name} with (force)`);
  await admin.close();
});

it("migrates an empty database once, also where two do it at once", async () => {
  const call = { variables: { DATABASE_URL: databaseUrl } };
  const both = await Promise.all([cli.run(["migrate"], call), cli.run(["migrate"], call)]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const texts = both.map(({ stderr }) => stderr).sort();
  expect(texts).toEqual(["Migrated.\n", "The schema is the newest.\n"]);
  expect(both.map(({ stdout }) => stdout).join("")).toMatch(/^(\S+\n)+$/);
  const again = await cli.run(["migrate"], call);
  expect(again).toEqual({ code: 0, stdout: "", stderr: "The schema is the newest.\n" });
});

it("finds the stack of its folder, under what the environment says", async () => {
  cli.write(".headgate/stack.json", JSON.stringify({ DATABASE_URL: databaseUrl }));
  expect(await cli.run(["get", "policies", "-o", "json"])).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
  const elsewhere = { DATABASE_URL: "postgres://127.0.0.1:1/nowhere" };
  const run = await cli.run(["get", "policies"], { variables: elsewhere });
  expect(run).toMatchObject({ code: 1, stdout: "" });
});

it("prints data on stdout, everything else on stderr, and ends with the code that its help promises", async () => {
  const [help, unknown, option, variable] = await Promise.all([
    cli.run(["get", "changes", "--help"]),
    cli.run(["aply"]),
    cli.run(["sim", "--fleet", "five"]),
    cli.run(["plan"], { variables: { DATABASE_URL: databaseUrl, HEADGATE_INTERVAL: "soon" } }),
  ]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("$ headgate get changes --condition running --watch");
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain("Did you mean apply?");
  expect(option).toMatchObject({ code: 2, stdout: "" });
  expect(option.stderr).toBe("headgate: --fleet five: want NxM, as in 100x5\n");
  expect(variable).toMatchObject({ code: 2, stdout: "" });
  expect(variable.stderr).toContain('HEADGATE_INTERVAL: "soon" is not a duration such as 30s');
});

it.runIf(existsSync("/dev/full"))("ends in one line and with 1 where the disk of its output is full", () => {
  const full = openSync("/dev/full", "w");
  const run = (args: readonly string[]): { readonly code: number | null; readonly stderr: string } => {
    const { status, stderr } = spawnSync(process.execPath, [inject("programPath"), ...args], {
      cwd: cli.folder,
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    return { code: status, stderr };
  };
  const told = "headgate: cannot write to standard output: ENOSPC: no space left on device, write\n";
  for (const args of [["version"], ["--help"], ["config", "view", "-o", "json"]]) {
    expect(run(args)).toEqual({ code: 1, stderr: told });
  }
  // What failed before it has written anything says that, and nothing of the disk.
  expect(run(["lint", "-f", "nowhere.yaml"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^headgate: cannot read nowhere\.yaml: .*\nusage: .*\n$/) as string,
  });
  closeSync(full);
});
