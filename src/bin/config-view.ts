// The wiring of `headgate config view`: Headgate's variables and Temporal's, from all the places that may set them.
// It must work while the configuration is wrong: that is when people ask. So nothing here throws for a setting; what is
// wrong is listed beside them.
import { CONFIG_VARIABLES } from "../config/variables.js";
import { findConfigFaults, toUserAtHost } from "../config/config.js";
import { viewSettings } from "../app/look/config-view.js";
import type { ConfigView, Layer } from "../app/look/config-view.js";
import { STACK_FILE, readStackVariables } from "../dev/stack-folder.js";
import type { Environment } from "../config/environment.js";
import { TEMPORAL_VARIABLES, readProfileVariables } from "../temporal/profile.js";
import { readTextFile } from "./wiring.js";

export function readConfigView(env: Environment): ConfigView {
  const stack = readStackVariables(process.cwd());
  // The environment wins, as for every other verb. An empty variable wins too and so unsets what the stack says.
  const all = { ...stack, ...env };
  const layers: readonly Layer[] = [
    { source: "environment", variables: env },
    { source: STACK_FILE, variables: stack },
  ];
  const { profile, faults } = readProfile(all);
  return {
    settings: [...viewSettings(VARIABLES, layers), ...viewSettings(TEMPORAL_VARIABLES, [...layers, profile])],
    faults: [...findConfigFaults({ env: all, readFile: readTextFile }), ...faults],
  };
}

// The list is static; only here is the default what it is on this machine.
const VARIABLES = CONFIG_VARIABLES.map((one) =>
  one.name === "HEADGATE_ACTOR" ? { ...one, default: toUserAtHost() } : one,
);

function readProfile(all: Environment): { readonly profile: Layer; readonly faults: readonly string[] } {
  const name = all["TEMPORAL_PROFILE"] ?? "default";
  const source = `profile ${name} of ${all["TEMPORAL_CONFIG_FILE"] ?? "Temporal's own file"}`;
  try {
    return { profile: { source, variables: readProfileVariables(all) }, faults: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { profile: { source, variables: {} }, faults: [`${source}: ${reason}`] };
  }
}
