// An explanation of one processor as a schema, for the OpenAPI document: what `headgate explain -o json` prints.
// Nothing is checked by it while an answer is sent: tests hold the answers to it.
import { z } from "zod";
import { judgedFailure } from "./failures.js";
import { processorRef, sourcePosition, time } from "./names.js";
import { changeRow, processorCondition } from "./rows.js";

const text = z.string();
const since = time.nullable();
const count = z.number();

const observation = z.object({
  atlasId: text,
  processor: text,
  state: text,
  tier: text.optional(),
  effectiveTier: text.optional(),
  autoscaled: z.boolean(),
  errorMessage: text.optional(),
});

/** What Atlas leaves out is absent. */
const live = z
  .object({
    ...observation.shape,
    autoscaling: z.object({ minTier: text.optional(), maxTier: text.optional() }).optional(),
    deadLetters: z
      .object({ connection: text.optional(), db: text.optional(), coll: text.optional() })
      .optional(),
    failoverEnabled: z.boolean(),
    stats: z
      .object({
        messagesIn: count.optional(),
        messagesOut: count.optional(),
        deadLetterMessages: count.optional(),
        stateBytes: count.optional(),
        memoryBytes: count.optional(),
        lastMessageAt: time.optional(),
        watermarkAt: time.optional(),
        lagSeconds: count.optional(),
        positionAt: time.optional(),
        kafkaLag: count.optional(),
      })
      .optional(),
  })
  .meta({ id: "LiveProcessor", description: "What Atlas says at this moment." });

export const explanationSchema = z
  .object({
    ref: processorRef,
    now: time.meta({ description: "The database's time: what ages are measured from." }),
    policy: z
      .object({
        version: z.int(),
        author: text.nullable(),
        declaredAt: time,
        fields: z.array(
          z.object({
            path: text,
            value: text,
            from: z.enum(["processor", "defaults", "headgate", "unknown"]),
          }),
        ),
      })
      .nullable()
      .meta({ description: "null: unmanaged." }),
    observed: z.object({
      at: since,
      processor: observation.nullable(),
      isAbsent: z.boolean(),
      stateSince: since,
      stateCause: z.enum(["first", "elsewhere", "headgate"]),
      stateBy: text.nullable().meta({ description: "Who brought it there, where somebody is named." }),
      driftSince: since,
      position: sourcePosition,
      failure: z.object({ at: since, why: text }).nullable(),
    }),
    decision: z.object({
      row: z
        .int()
        .meta({ description: "Its place in the decision table, which may change; rowId does not." }),
      rowId: text,
      meaning: text,
      code: text,
      why: text,
      since,
    }),
    conditions: z.array(processorCondition),
    failure: judgedFailure.nullable().meta({ description: "null: nothing has failed." }),
    zoneRules: text.nullable(),
    next: z.array(z.object({ code: text, at: since, text })),
    running: changeRow.nullable(),
    changes: z.array(changeRow).meta({ description: "The newest first." }),
    past: z
      .object({
        askedAt: time.meta({ description: "The database's time of the question; now is the moment of at." }),
        notKept: z.array(text).meta({ description: "What cannot be told of then." }),
      })
      .optional(),
    live: live.optional(),
  })
  .meta({ id: "Explanation" });
