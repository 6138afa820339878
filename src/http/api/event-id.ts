// Where a client was in the story of a change, as the id of an event: what it had been told, so that it goes on from
// there on any server. A forged one only changes what its sender is told again.
import { z } from "zod";
import type { ToldSoFar } from "../../domain/tell/story.js";
import { Problem } from "./problems.js";

const content = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        step: z.enum(["stop", "start", "fallback"]),
        attempt: z.int(),
        fate: z.enum(["applied", "refused", "limited", "unsent", "unknown"]).nullable(),
      }),
    )
    .max(3),
  cancelRequestedBy: z.string().max(200).nullable(),
  waiting: z.string().max(500).nullable(),
});

export function formatEventId(told: ToldSoFar): string {
  return Buffer.from(JSON.stringify(told)).toString("base64url");
}

/** Throws the problem `invalid-request`. */
export function parseEventId(id: string): ToldSoFar {
  const { success, data } = content.safeParse(readId(id));
  if (success) return data;
  const errors = [{ field: "header.last-event-id", allowed: "the id of an event of this stream" }];
  throw new Problem("invalid-request", "Last-Event-ID is none of this stream", { errors });
}

function readId(id: string): unknown {
  try {
    return JSON.parse(Buffer.from(id, "base64url").toString()) as unknown;
  } catch {
    return undefined;
  }
}
