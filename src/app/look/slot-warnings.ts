// What restart schedules ask for together and cannot get, of workspaces that were planned: the warnings of `lint`,
// under the settings of this installation. Changes nothing and decides nothing. It sees only what was planned: other
// workspaces of the project, and others with the same concurrency key, are not counted.
import { createScheduler } from "../../domain/decide/schedule.js";
import { createSlotFinder } from "../../domain/tell/coming-slots.js";
import {
  LATE_SLOT_REMEDY,
  SPLIT_TRAIN_REMEDY,
  findLateSlots,
  findSplitTrains,
  findWorstSlots,
  formatLateSlot,
  formatSplitTrain,
  toRestartGroups,
} from "../../domain/tell/late-slots.js";
import { readClock } from "../../store/postgres/clock.js";
import type { AppDeps } from "../deps.js";
import type { PlannedWorkspace } from "./plan.js";

/** One statement, and none where no schedule is declared. */
export async function findSlotWarnings(
  { store, settings }: Pick<AppDeps, "store" | "settings">,
  planned: readonly PlannedWorkspace[],
): Promise<readonly string[]> {
  const groups = toRestartGroups(
    planned
      .flatMap(({ processors }) => processors)
      .flatMap(({ ref, declared }) => (declared === undefined ? [] : [{ ref, policy: declared.policy }])),
  );
  if (groups.length === 0) return [];
  const slotsOf = createSlotFinder(createScheduler(), await readClock(store));
  return [
    ...findSplitTrains(groups).map((train) => `${formatSplitTrain(train)}; ${SPLIT_TRAIN_REMEDY}`),
    ...findWorstSlots(findLateSlots(groups, settings, slotsOf)).map(
      (slot) => `${formatLateSlot(slot)}; ${LATE_SLOT_REMEDY}`,
    ),
  ];
}
