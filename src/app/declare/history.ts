// The versions of one policy for people, and the way back to one of them: a rollback is a new version that equals an
// old one and takes the way of every other write.
import { findNearest } from "../../domain/nearest.js";
import type { Policy } from "../../domain/policy.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { AppError } from "../../base/errors.js";
import { policyChanges, policyFields } from "../../policy-file/diff.js";
import type { PolicyFieldChange } from "../../policy-file/diff.js";
import { toPolicy } from "../../policy-file/merge.js";
import { findOneOff, formatOptions } from "../../domain/tell/one-offs.js";
import { listChanges } from "../../store/people/listings/listings.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import { listPolicies } from "../../store/people/policies.js";
import { findVersion, listVersionedRefs, listVersions } from "../../store/people/versions.js";
import type { VersionRow } from "../../store/people/versions.js";
import { planWrites } from "./apply.js";
import type { ApplyPlan } from "./apply.js";
import type { AppDeps } from "../deps.js";

export interface PolicyVersion {
  readonly version: number;
  readonly kind: "created" | "changed" | "deleted";
  readonly author: string;
  readonly at: number;
  /** The newest older version that declared the same. */
  readonly sameAs: number | null;
  /** Of a created one: its state and mode, and what is not Headgate's default. */
  readonly changes: readonly PolicyFieldChange[];
  /** Starts under this version with other options than it declares, newest first. */
  readonly oneOffs: readonly OneOffStart[];
}

interface OneOffStart {
  readonly at: number;
  readonly actor: string;
  readonly why: string;
  readonly text: string;
}

/** Of the newest changes of a processor, for one-offs: more than a year of nightly restarts. */
const CHANGES_SEARCHED = 500;

/** Newest first. Throws `request.unknown` where the policy was never declared. */
export async function getHistory(
  { store }: Pick<AppDeps, "store">,
  ref: ProcessorRef,
  limit: number,
): Promise<readonly PolicyVersion[]> {
  const rows = await listVersions(store, ref, limit);
  if (rows.length === 0) throw await neverDeclared({ store }, ref);
  const changes = await listChanges(store, { ...ref, limit: CHANGES_SEARCHED });
  return rows.map((row) => toVersion(row, changes));
}

function toVersion(row: VersionRow, all: readonly ChangeListing[]): PolicyVersion {
  const { version, author, at, before, after, sameAs } = row;
  const told = { version, author, at, sameAs, oneOffs: findOneOffs(row, all) };
  if (after === null) return { ...told, kind: "deleted", changes: [] };
  return before === null
    ? { ...told, kind: "created", changes: toCreation(after) }
    : { ...told, kind: "changed", changes: policyChanges(before, after) };
}

function findOneOffs({ version, after }: VersionRow, all: readonly ChangeListing[]): readonly OneOffStart[] {
  return all.flatMap(({ policyVersion, outcome, options, kind, openedAt, actor, why }) => {
    if (policyVersion !== version || outcome !== "succeeded" || after === null) return [];
    const other = findOneOff(options, after.start);
    if (other === undefined) return [];
    return [{ at: openedAt, actor, why, text: `${kind} with ${formatOptions(other)}` }];
  });
}

/** A version that says nothing but defaults still shows what it declares. */
const ALWAYS_TOLD: readonly string[] = ["state", "mode"];

function toCreation(policy: Policy): readonly PolicyFieldChange[] {
  const byDefault = policyFields(toPolicy({}, {}));
  return policyChanges(undefined, policy).filter(
    ({ path, after }) => ALWAYS_TOLD.includes(path) || byDefault.get(path) !== after,
  );
}

/**
 * What going back to that version would write and do; no writes where the policy stands so already. Throws
 * `request.unknown` where there is no such version, naming those there are.
 */
export async function planRollback(
  deps: Pick<AppDeps, "store" | "settings">,
  ref: ProcessorRef,
  to: number,
): Promise<ApplyPlan> {
  const { newest, found } = await findVersion(deps.store, ref, to);
  if (newest === 0) throw await neverDeclared(deps, ref);
  if (found === undefined) {
    const range = newest === 1 ? "version 1 only" : `versions 1 to ${String(newest)}`;
    const text = `the policy of ${formatProcessorRef(ref)} has no version ${String(to)}: it has ${range}`;
    throw new AppError("request.unknown", text);
  }
  // The policy that stands now, if any: a rollback of a deleted one writes it anew.
  const stored = await listPolicies(deps.store, [ref]);
  const before = stored.find((one) => one.ref.processor === ref.processor)?.declared;
  const { project, workspace } = ref;
  // The same plan as for a file, so that a rollback is asked about, braked and journalled as an apply is.
  return planWrites(deps, {
    candidates: [{ ref, before, after: found.after }],
    workspaces: [{ project, workspace }],
  });
}

async function neverDeclared({ store }: Pick<AppDeps, "store">, ref: ProcessorRef): Promise<AppError> {
  const name = formatProcessorRef(ref);
  const nearest = findNearest(name, (await listVersionedRefs(store)).map(formatProcessorRef));
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return new AppError("request.unknown", `no policy of ${name} was ever declared${hint}`);
}
