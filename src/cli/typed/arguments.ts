// Command-line texts into values, each with a message that names the value and what would be right.
import { InvalidArgumentError } from "commander";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import {
  NAME_RULE,
  PROJECT_RULE,
  isProjectId,
  parseProcessorRef,
  parseWorkspaceRef,
} from "../../domain/refs.js";
import { RUNGS } from "../../domain/rungs.js";
import type { Rung } from "../../domain/rungs.js";
import { TIERS, isTier, isUtcTime } from "../../domain/start-options.js";
import type { Tier } from "../../domain/start-options.js";
import { DURATION_RULE, parseDurationMs } from "../../domain/duration.js";
import { parseSince } from "../../domain/tell/listing.js";
import type { Since } from "../../domain/tell/listing.js";
import { CHANNELS } from "../../domain/tell/notices.js";
import type { ChannelName } from "../../domain/tell/notices.js";
import { cut } from "../../base/text.js";
import { completing } from "../shell/completing.js";
import type { Completed } from "../shell/completing.js";
import { FORMATS, LIST_FORMATS } from "../terminal/output.js";
import type { Format, ListFormat } from "../terminal/output.js";

// Each throws InvalidArgumentError and nothing else: Commander adds the name of the option and the usage, and ends with
// 2. Texts are judged as typed, without trimming: a blank in quotes is a mistake that the person should see.
export const toRef = completing("processor", (text: string): ProcessorRef => {
  const ref = parseProcessorRef(text);
  if (ref !== undefined) return ref;
  throw new InvalidArgumentError(
    `"${text}" is not PROJECT/WORKSPACE/PROCESSOR: PROJECT is ${PROJECT_RULE}, the others ${NAME_RULE}.`,
  );
});

export const toWorkspaceRef = completing("workspace", (text: string): WorkspaceRef => {
  const ref = parseWorkspaceRef(text);
  if (ref !== undefined) return ref;
  throw new InvalidArgumentError(
    `"${text}" is not PROJECT/WORKSPACE: PROJECT is ${PROJECT_RULE}, WORKSPACE ${NAME_RULE}.`,
  );
});

/** Of an option that names workspaces. */
export const WORKSPACES_RULE = "PROJECT/WORKSPACE; absent: every workspace that has policies";

export const toProject = completing("project", (text: string): string => {
  if (isProjectId(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not a project: ${PROJECT_RULE}.`);
});

/**
 * Of an option that may be given several times, or several values at once. Commander hands over what was read so far,
 * and its default first: that list is never changed in place.
 */
export function toEach<Value>(
  toValue: Completed<(text: string) => Value>,
): Completed<(text: string, before?: readonly Value[]) => readonly Value[]> {
  return completing(toValue.completes, (text: string, before: readonly Value[] = []) => [
    ...before,
    toValue(text),
  ]);
}

/** Selectors as they were typed: those of a file are judged with them. */
export const toSelectors = completing("selector", (text: string, before: readonly string[] = []) => [
  ...before,
  text,
]);

export const toChannel = completing(CHANNELS, (text: string): ChannelName => {
  const channel = CHANNELS.find((name) => name === text);
  if (channel !== undefined) return channel;
  throw new InvalidArgumentError(`"${text}" is not a channel: one of ${CHANNELS.join(", ")}.`);
});

export const toTier = completing(TIERS, (text: string): Tier => {
  if (isTier(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not a tier: one of ${TIERS.join(", ")}.`);
});

export const toRung = completing(RUNGS, (text: string): Rung => {
  const rung = RUNGS.find((one) => one === text);
  if (rung !== undefined) return rung;
  throw new InvalidArgumentError(`"${text}" is not a rung: one of ${RUNGS.join(", ")}.`);
});

/** A leap year, as in policy files. Longer is a slip of the unit rather than a wish. */
const YEAR_MS = 366 * 86_400_000;

export function toDurationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0 && ms <= YEAR_MS) return ms;
  throw new InvalidArgumentError(`"${text}" is not ${DURATION_RULE}, more than nothing and a year at most.`);
}

export function toTime(text: string): string {
  if (isUtcTime(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not an ISO 8601 UTC time: for example 2026-05-04T09:42:00Z.`);
}

/** Characters as Postgres counts them: a sentence or two, shown whole in every table. */
const REASON_MAX = 500;

/** What a person writes is kept as it is, so it is refused where it would be too long, or says nothing. */
export function toReason(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError(`"${text}" says nothing: write why in a few words.`);
  if (cut(text, REASON_MAX) === text) return text;
  throw new InvalidArgumentError(
    `"${cut(text, 20)}" is longer than ${String(REASON_MAX)} characters: say it shorter.`,
  );
}

export const toFormat = completing(FORMATS, (text: string): Format => {
  const format = FORMATS.find((one) => one === text);
  if (format !== undefined) return format;
  throw new InvalidArgumentError(`"${text}" is not an output: one of ${FORMATS.join(", ")}.`);
});

export const toListFormat = completing(LIST_FORMATS, (text: string): ListFormat => {
  const format = LIST_FORMATS.find((one) => one === text);
  if (format !== undefined) return format;
  throw new InvalidArgumentError(`"${text}" is not an output: one of ${LIST_FORMATS.join(", ")}.`);
});

/** Six digits: a listing of a million rows is a mistake, and no number above it could be meant. */
export function toCount(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a whole number from 1 to 999999.`);
}

/** Of the simulator's random numbers, which are seeded with 32 bits. */
const LARGEST_SEED = 4_294_967_295;

export function toSeed(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= LARGEST_SEED) return Number(text);
  throw new InvalidArgumentError(
    `"${text}" is not a seed: a whole number from 0 to ${String(LARGEST_SEED)}.`,
  );
}

export function toTimeScale(text: string): number {
  // Number("") is 0, which would be refused with words about 0.
  const scale = text.trim() === "" ? Number.NaN : Number(text);
  if (scale > 0 && Number.isFinite(scale)) return scale;
  throw new InvalidArgumentError(`"${text}" is not a time scale: a number above 0, such as 50 or 0.5.`);
}

export function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a port: a whole number from 0 to 65535.`);
}

/** A moment, said by itself or as a while ago. Throws InvalidArgumentError. */
export function toSince(text: string): Since {
  const since = parseSince(text);
  if (since !== undefined) return since;
  throw new InvalidArgumentError(
    `"${text}" is neither ${DURATION_RULE}, nor an ISO 8601 UTC time: for example 2026-05-04T09:42:00Z.`,
  );
}
