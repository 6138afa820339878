// The Schedule of a loop's namespace, as Temporal has it.
import type { ScheduleHandle } from "@temporalio/client";
import { toScheduleId } from "../../src/domain/run-names.js";
import type { TestLoop } from "./loop.js";

export function scheduleOf({ client, installation }: TestLoop): ScheduleHandle {
  return client.schedule.getHandle(toScheduleId(installation.taskQueue));
}

/** No tick but those the test asks for, also when an hour ends meanwhile. A worker must have started. */
export async function pauseSchedule(loop: TestLoop): Promise<void> {
  await scheduleOf(loop).pause("the test counts");
}
