// What Atlas runs, written as policies: one document per workspace, in mode observe, so that applying it changes
// nothing. What no policy can say is kept as a comment beside the processor. It must never write what the parser
// refuses: names and texts come from Atlas and may hold anything. No position is ever written: what runs has a
// checkpoint, and a start from it loses nothing.
import { stringify } from "yaml";
import { toObservedState } from "../domain/observation.js";
import type { ProcessorDetails } from "../domain/observation.js";
import { isTier } from "../domain/start-options.js";
import type { Policy } from "../domain/policy.js";
import type { Tier } from "../domain/start-options.js";
import { NAME_RULE, isName } from "../domain/refs.js";
import type { WorkspaceRef } from "../domain/refs.js";

export interface LiveWorkspace {
  readonly ref: WorkspaceRef;
  readonly processors: readonly ProcessorDetails[];
}

const HEAD = `#
# What Atlas ran when this was written, as policies in mode observe: applied, they change nothing and Headgate only says
# what it would do. Comments keep what no policy declares. When you like what \`headgate plan\` shows, write mode: enforce.
`;

/** All documents as one file. `schemaPath`: where editors find the JSON Schema, as seen from the file. */
export function formatLiveWorkspaces(workspaces: readonly LiveWorkspace[], schemaPath: string): string {
  const documents = workspaces.map((one) => formatWorkspace(one)).join("---\n");
  return `# yaml-language-server: $schema=${schemaPath}\n${HEAD}\n${documents}`;
}

function formatWorkspace({ ref, processors }: LiveWorkspace): string {
  const common = findCommonTier(processors);
  const named = processors.filter(({ processor }) => isName(processor));
  const lines = [
    `project: ${quote(ref.project)}`,
    `workspace: ${quote(ref.workspace)}`,
    "defaults:",
    "  mode: observe",
    ...(common === undefined ? [] : [`  start: { tier: ${common} }`]),
    // A key without a value would be null, which the schema refuses.
    named.length === 0 ? "processors: {}" : "processors:",
    ...named.flatMap((one) => formatProcessor(one, common)),
    ...processors.filter(({ processor }) => !isName(processor)).flatMap(formatUnnamed),
  ];
  return `${lines.join("\n")}\n`;
}

/** The tier every processor declares, where they all do: one without a tier cannot take back a default. */
function findCommonTier(processors: readonly ProcessorDetails[]): Tier | undefined {
  // Undefined is one of them: then there is no common tier.
  const tiers = new Set(processors.map(toDeclaredTier));
  const [tier] = tiers;
  return tiers.size === 1 ? tier : undefined;
}

/** None where Atlas chooses it, or where the parser would refuse it. */
function toDeclaredTier({ autoscaled, tier }: ProcessorDetails): Tier | undefined {
  return autoscaled || tier === undefined || !isTier(tier) ? undefined : tier;
}

function formatProcessor(processor: ProcessorDetails, common: Tier | undefined): readonly string[] {
  const tier = toDeclaredTier(processor);
  return [
    ...findRemarks(processor).flatMap((remark) => toComment(remark)),
    `  ${quote(processor.processor)}:`,
    `    state: ${toDeclaredState(processor)}`,
    ...(tier === undefined || tier === common ? [] : [`    start: { tier: ${tier} }`]),
  ];
}

/** One that runs, or would if it could: what was never started, or was stopped, stays so. */
function toDeclaredState({ state }: ProcessorDetails): Policy["state"] {
  const seen = toObservedState(state);
  return seen === "STOPPED" || seen === "CREATED" ? "STOPPED" : "STARTED";
}

/** What a reader should know before enforcing this: one sentence each. */
function findRemarks(processor: ProcessorDetails): readonly string[] {
  const { deadLetters, failoverEnabled } = processor;
  return [
    toStateRemark(processor),
    toTierRemark(processor),
    deadLetters && toDeadLetterRemark(deadLetters),
    failoverEnabled ? "Failover is enabled." : undefined,
  ].filter((remark) => remark !== undefined);
}

function toStateRemark({ state, errorMessage }: ProcessorDetails): string | undefined {
  switch (toObservedState(state)) {
    case "STARTED":
    case "STOPPED":
      return undefined;
    case "CREATED":
      return "CREATED, never started: declared STOPPED.";
    case "FAILED":
      return `FAILED, declared STARTED: ${errorMessage ?? "Atlas does not say why"}`;
    case "TRANSITIONAL":
      return `${state} when this was written: declared STARTED.`;
    case "UNKNOWN":
      return `In the state ${state}, which Headgate does not know: declared STARTED.`;
  }
}

function toTierRemark({
  autoscaled,
  autoscaling,
  tier,
  effectiveTier,
}: ProcessorDetails): string | undefined {
  // A tier that Headgate does not know would be refused by its own parser.
  if (!autoscaled) {
    const isUnknown = tier !== undefined && !isTier(tier);
    return isUnknown ? `On the tier ${tier}, which Headgate does not know: no tier is declared.` : undefined;
  }
  const { minTier, maxTier } = autoscaling ?? {};
  const parts = [
    minTier === undefined ? "" : ` from ${minTier}`,
    maxTier === undefined ? "" : ` up to ${maxTier}`,
    tier === undefined ? "" : `, set to ${tier}`,
    effectiveTier === undefined ? "" : `, now on ${effectiveTier}`,
  ];
  return `Autoscaled${parts.join("")}: Atlas chooses the tier, none is declared.`;
}

function toDeadLetterRemark({
  connection = "",
  db = "",
  coll = "",
}: NonNullable<ProcessorDetails["deadLetters"]>): string {
  const name = [db, coll].filter((part) => part !== "").join(".");
  const places = [name, connection === "" ? "" : `connection ${connection}`].filter((part) => part !== "");
  return places.length === 0 ? "It has a dead letter queue." : `Dead letters go to ${places.join(" of ")}.`;
}

function formatUnnamed({ processor, state, tier }: ProcessorDetails): readonly string[] {
  const shown = [state, tier].filter((part) => part !== undefined).join(" ");
  return toComment(`Left out: ${JSON.stringify(processor)}, ${shown}. Headgate takes ${NAME_RULE}.`);
}

/** Of a comment, without its indentation. */
const WIDTH = 112;

/** Wrapped between words; whatever a text holds, every line of it is a comment. */
function toComment(text: string): readonly string[] {
  // Also what YAML takes for the end of a line, and what it does not allow at all.
  const words = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\uFEFF\uFFFE\uFFFF]/gu, " ").split(/ +/);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `  # ${line}`);
}

/** In quotes where it would be read as something else, also by readers of YAML 1.1. */
function quote(text: string): string {
  return stringify(text, { schema: "core", compat: "yaml-1.1", lineWidth: 0 }).trimEnd();
}
