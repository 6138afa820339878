// The Schedule of a loop's namespace, as Temporal has it.
import type { ScheduleHandle } from "@temporalio/client";
import type { TestLoop } from "./loop.js";

export function scheduleOf({ client }: TestLoop): ScheduleHandle {
  return client.schedule.getHandle("headgate-reconcile");
}

/** No tick but those the test asks for, also when an hour ends meanwhile. A worker must have started. */
export async function pauseSchedule(loop: TestLoop): Promise<void> {
  await scheduleOf(loop).pause("the test counts");
}
