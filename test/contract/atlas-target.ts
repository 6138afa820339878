// Atlas itself as the suite's subject, where the environment names it: read only, unless one processor is given up to
// be written to. Decides from the environment alone; sends nothing by itself.
import { createAtlasClient } from "../../src/atlas/client.js";
import { readConfig } from "../../src/bin/wiring.js";
import type { Environment } from "../../src/config/environment.js";
import { isName, isProjectId } from "../../src/domain/refs.js";
import { startRecorder } from "./recorder.js";
import { USER_AGENT } from "./subject.js";
import type { Subject } from "./subject.js";

export interface AtlasTarget {
  readonly project: string;
  readonly workspace: string;
  readonly processor: string | undefined;
}

const NAMES = ["ATLAS_CONTRACT_PROJECT", "ATLAS_CONTRACT_WORKSPACE"] as const;

/** Undefined where Atlas is not to be asked. @throws Error where the variables are half of what is needed */
export function readAtlasTarget(env: Environment): AtlasTarget | undefined {
  const [project = "", workspace = ""] = NAMES.map((name) => env[name]);
  const processor = env["ATLAS_CONTRACT_PROCESSOR"] ?? "";
  const mayWrite = env["ATLAS_CONTRACT_WRITE"] === "1";
  if (project === "" && workspace === "" && !mayWrite) return undefined;
  if (!isProjectId(project) || !isName(workspace)) throw new Error(`set both ${NAMES.join(" and ")}`);
  if (mayWrite && !isName(processor)) {
    throw new Error(
      "ATLAS_CONTRACT_WRITE=1 needs ATLAS_CONTRACT_PROCESSOR: one that may lose its checkpoint",
    );
  }
  return { project, workspace, processor: mayWrite ? processor : undefined };
}

export interface OpenSubject {
  readonly subject: Subject;
  readonly close: () => Promise<void>;
}

/** With the credentials, the base URL and the proxy that Headgate itself would use. */
export async function openAtlasSubject(target: AtlasTarget, env: Environment): Promise<OpenSubject> {
  const { baseUrl, credentials, byProject, proxy } = readConfig(env).atlas;
  const chosen = byProject.get(target.project) ?? credentials;
  if (chosen === undefined) throw new Error(`no MONGODB_ATLAS_* credentials are set for ${target.project}`);
  const recorder = await startRecorder({ origin: new URL(baseUrl).origin, proxy });
  const client = createAtlasClient({ baseUrl: recorder.url, credentials: chosen, userAgent: USER_AGENT });
  return {
    subject: { client, recorder, ...target, pollMs: 3_000, stateMs: 330_000 },
    close: async () => {
      await client.close();
      await recorder.close();
    },
  };
}
