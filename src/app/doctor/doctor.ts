// `doctor`: what Headgate stands on, examined from here. Reads only; what does not depend on each other is looked at
// side by side. The findings come in the order in which they are to be mended: a broken configuration makes everything
// behind it look broken.
import { ZONE_RULES } from "../../domain/decide/zone-rules.js";
import type { LoopSettings } from "../../domain/settings.js";
import { AppError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import { listProjectNames } from "../../store/checkup.js";
import { readInstallation } from "../../store/installation.js";
import type { Store } from "../../store/postgres/pool.js";
import type { TemporalClient } from "../../temporal/connection.js";
import type { AtlasAccess } from "../deps.js";
import { ATLAS_CHECKS } from "./atlas.js";
import type { CheckFinding } from "./checks.js";
import { examineInTurn, skip, toFoundFault, toCheckFinding } from "./checks.js";
import { POSTGRES_CHECKS } from "./postgres.js";
import { judgeRules } from "./zones.js";
import { SERVER_CHECKS } from "./server.js";
import type { ServerContext } from "./server.js";
import { TEMPORAL_CHECKS } from "./temporal.js";

export interface Patient {
  readonly node: { readonly version: string; readonly wanted: string };
  /** Throws `config.invalid` with every fault of the configuration. */
  readonly open: () => OpenPatient;
}

/** What a sound configuration opens; nothing is connected to before it is asked for. */
export interface OpenPatient {
  readonly settings: LoopSettings;
  readonly log: Logger;
  readonly database: { readonly address: string; readonly migrations: readonly string[] };
  /** Throws `config.invalid` where Postgres is not named. */
  readonly store: () => Store;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly connect: () => Promise<TemporalClient>;
  };
  readonly atlas: {
    readonly address: string;
    readonly name: string;
    readonly projects: readonly string[];
    /** Claims nothing. Throws `config.invalid` without credentials. */
    readonly access: () => Promise<AtlasAccess>;
  };
  readonly server: ServerContext;
}

/**
 * In the order they are to be mended. Every check has its line, also one that was not looked at. Never throws for what
 * it looks for; another error than one of ours while the configuration is opened is a bug and comes through.
 */
export async function examine({ node, open }: Patient): Promise<readonly CheckFinding[]> {
  const ofProgram = [examineNode(node), toCheckFinding("rules", judgeRules(ZONE_RULES, Date.now()))];
  let patient: OpenPatient;
  try {
    patient = open();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const broken = toCheckFinding(
      "configuration",
      toFoundFault(error, "headgate config view shows every setting"),
    );
    const why = "configuration is wrong";
    return [
      ...ofProgram,
      broken,
      ...[...skip(POSTGRES_CHECKS, why), ...skip(TEMPORAL_CHECKS, why), ...skip(ATLAS_CHECKS, why)],
      ...skip(SERVER_CHECKS, why),
    ];
  }
  const whole = toCheckFinding("configuration", { found: "every setting is valid" });
  const [stored, temporal, server] = await Promise.all([
    examineStored(patient),
    examineTemporal(patient),
    examineInTurn(SERVER_CHECKS, patient.server),
  ]);
  return [...ofProgram, whole, ...stored.postgres, ...temporal, ...stored.atlas, ...server];
}

function examineNode({ version, wanted }: Patient["node"]): CheckFinding {
  const [least = 0, leastMinor = 0] = toNumbers(wanted);
  const [major = 0, minor = 0] = toNumbers(version);
  // By major and minor alone: engines names no patch.
  const isEnough = major > least || (major === least && minor >= leastMinor);
  return toCheckFinding(
    "node",
    isEnough
      ? { found: `Node.js ${version}` }
      : {
          verdict: "wrong",
          found: `Node.js ${version}, but ${wanted} is needed`,
          remedy: "install a newer Node.js",
        },
  );
}

function toNumbers(version: string): readonly number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

function examineTemporal({ temporal, settings, store }: OpenPatient): Promise<readonly CheckFinding[]> {
  return examineInTurn(TEMPORAL_CHECKS, {
    ...temporal,
    // Also what is thrown before it is waited for.
    installation: async () => readInstallation(store()),
    intervalMs: settings.intervalMs,
  });
}

/** Postgres, and then Atlas: every call to it is paid from a budget that stands in Postgres. */
async function examineStored(patient: OpenPatient): Promise<{
  readonly postgres: readonly CheckFinding[];
  readonly atlas: readonly CheckFinding[];
}> {
  const { database, store, settings, log, atlas } = patient;
  const postgres = await examineInTurn(POSTGRES_CHECKS, { ...database, store, atlasName: atlas.name });
  const obstacle = postgres.find(({ check, verdict }) => BEFORE_ATLAS.includes(check) && verdict !== "ok");
  if (obstacle !== undefined) {
    return {
      postgres,
      atlas: skip(ATLAS_CHECKS, `its budget is in Postgres, and ${obstacle.check} is wrong`),
    };
  }
  const declared = await listProjectNames(store());
  // A declared project has no credentials of its own as a rule; the common ones are tried on it.
  const projects = [...new Set([...atlas.projects, ...declared])].sort();
  const hasty = { ...settings, readTimeoutMs: Math.min(settings.readTimeoutMs, READ_PATIENCE_MS) };
  const deps = { store: store(), settings: hasty, log, atlas: atlas.access };
  return { postgres, atlas: await examineInTurn(ATLAS_CHECKS, { address: atlas.address, projects, deps }) };
}

/** Of one call: two of them, and their waits for the budget, are to end before the whole check is given up. */
const READ_PATIENCE_MS = 5_000;

/** Without these there is no budget to pay a call from, or it is another Atlas's. */
const BEFORE_ATLAS: readonly string[] = ["postgres", "migrations", "owner"];
