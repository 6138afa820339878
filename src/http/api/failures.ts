// A judged failure as a schema, for the OpenAPI document: what `explain` and `plan` say of why a processor is down.
import { z } from "zod";
import { CLASS_NAMES } from "../../domain/failure-classes.js";
import { TIERS } from "../../domain/start-options.js";

export const judgedFailure = z
  .object({
    class: z.enum(CLASS_NAMES),
    rule: z
      .string()
      .meta({ description: "Which rule told the class; docs/recovery.md lists the shipped ones." }),
    why: z.string().meta({ description: "What the rule found." }),
    source: z.string().nullable().meta({ description: "Where a shipped rule's claim comes from." }),
    action: z.enum(["resume", "climb", "ladder", "wait", "hold"]),
    climbsTo: z.object({ tier: z.enum(TIERS), stepBackAfterMs: z.number() }).optional(),
    isNews: z.boolean().meta({ description: "false: one start is tried before a wait or a climb." }),
  })
  .meta({ id: "JudgedFailure" });
