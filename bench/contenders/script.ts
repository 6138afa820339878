// A contender that is a script under bench/scripts: a process that is told what to do.
import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DECLARED } from "../fleet.js";
import type { ScriptAnswer, ScriptOptions, ScriptOrder } from "../scripts/protocol.js";
import type { BenchStack } from "../stack.js";
import type { Contender } from "./contender.js";

export interface ScriptContender {
  readonly name: string;
  /** Its file under bench/scripts, without its ending. */
  readonly script: string;
  readonly database: string;
}

export type StartLimits = Pick<
  ScriptOptions,
  "startsAtOnce" | "startsPerProject" | "startsPerWorkspace" | "pollMs"
>;

export async function createScriptContender(
  stack: BenchStack,
  { name, script, database: databaseName }: ScriptContender,
  limits: StartLimits,
): Promise<Contender> {
  const database = await stack.createDatabase(databaseName);
  const fleetFile = join(stack.folder, "fleet.json");
  writeFileSync(fleetFile, JSON.stringify(stack.atlas.fleet));
  const { url, clientId, clientSecret } = stack.atlas;
  const options: ScriptOptions = {
    databaseUrl: database.url,
    atlas: { url, clientId, clientSecret },
    fleetFile,
    declared: DECLARED,
    ...limits,
  };
  const program = join(import.meta.dirname, "../../dist/bench/scripts", `${script}.js`);
  const open: Contender["open"] = async () => {
    const log = openSync(join(stack.folder, `${script}.log`), "a");
    // Without the loader that the bench itself runs under.
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: [],
      stdio: ["ignore", log, log, "ipc"],
    });
    const ended = once(child, "exit").then(() => {
      throw new Error(`${name} ended`);
    });
    ended.catch(() => undefined);
    const hear = async (): Promise<ScriptAnswer> => {
      const [answer] = (await Promise.race([once(child, "message"), ended])) as [ScriptAnswer];
      if (answer.kind === "failed") throw new Error(`${name} failed: ${answer.why}`);
      return answer;
    };
    const obey = async (order: ScriptOrder): Promise<number> => {
      child.send(order);
      const answer = await hear();
      return answer.kind === "done" ? answer.wallMs : 0;
    };
    await hear();
    return {
      pid: child.pid ?? 0,
      database: databaseName,
      makeReady: async () => {
        await database.store.query("vacuum analyze");
      },
      pass: () => obey("pass"),
      recover: () => obey("recover"),
      close: async () => {
        child.disconnect();
        await ended.catch(() => undefined);
      },
    };
  };
  return { name, open };
}
