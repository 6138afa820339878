// The project events of stream processors: what happened, to whom, and who did it (docs/atlas.md 4). Pure; each project
// keeps the newest few thousand, because nothing else in the world grows with the number of requests.
import { drawHex } from "./random.js";
import type { ProcessorAddress, SimEvent, SimProcessor, World } from "./world-model.js";

export interface EventNote {
  readonly type: string;
  readonly at: number;
  readonly modifiedBy?: string;
  readonly fromTier?: string;
  readonly toTier?: string;
  readonly reason?: string;
}

/** Appends an event about the processor as it now is. */
export function recordEvent(
  world: World,
  about: { readonly address: ProcessorAddress; readonly processor: SimProcessor },
  note: EventNote,
): void {
  const project = world.projects.get(about.address.project);
  if (project === undefined) return;
  const { type, at, modifiedBy, ...rest } = note;
  const isNamed = modifiedBy !== undefined && world.settings["events.moverShown"];
  const event: SimEvent = {
    id: drawHex(world.random, 24),
    at,
    eventTypeName: type,
    instanceName: about.address.workspace,
    processorName: about.address.processor,
    processorState: about.processor.state,
    ...(about.processor.errorMsg === null ? {} : { processorErrorMsg: about.processor.errorMsg }),
    ...(isNamed ? { modifiedBy } : {}),
    ...rest,
  };
  project.events.push(event);
  // A fifth more than is kept before any is dropped: dropping one per event would copy the whole list each time.
  const kept = world.settings["events.kept"];
  if (project.events.length > kept * 1.2) project.events.splice(0, project.events.length - kept);
}
