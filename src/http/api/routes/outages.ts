// Outages that are announced, and the end of any incident: `headgate outage begin` and `end` over HTTP. Each is in
// force when it is answered; passes do the rest. No name outside of the key's scope is shown.
import { z } from "zod";
import { beginOutage, endOutage, tellIncident } from "../../../app/act/outage.js";
import type { IncidentStory } from "../../../app/act/outage.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { changeId, processorRef, reasonText } from "../names.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute, Call } from "../route.js";
import { incidentRow } from "../rows.js";

/** Of one request: its body stays well below what the server takes. */
const PROCESSORS_MAX = 2_000;

interface BeginBody {
  readonly processors: readonly ProcessorRef[];
  readonly reason: string;
}

const begun = z
  .object({
    outages: z.array(
      z.object({ id: z.string(), members: z.array(processorRef) }).meta({ description: "One a project." }),
    ),
    leftOut: z.array(processorRef).meta({
      description:
        "Named, and no member: not declared STARTED in mode enforce, suspended, or in another incident.",
    }),
    notAsked: z
      .string()
      .nullable()
      .meta({ description: "Why no pass was asked for: the next tick begins it. null: one was." }),
  })
  .meta({ id: "BegunOutages" });

const beginning = defineRoute<object, object, BeginBody>({
  method: "POST",
  path: "/outages",
  operationId: "beginOutage",
  tag: "fleet",
  summary: "Open incidents by hand: their processors are stopped in waves and rest until the end",
  rights: ["stop"],
  body: z
    .strictObject({ processors: z.array(processorRef).min(1).max(PROCESSORS_MAX), reason: reasonText })
    .meta({ id: "OutageRequest" }),
  isMutation: true,
  answers: [{ status: 201, description: "They are open.", schema: begun }],
  problems: ["conflict"],
  run: async ({ app, demand, accept, body }) => {
    for (const ref of body.processors) demand("stop", ref);
    await accept(toCommonPlace(body.processors));
    return { status: 201, body: await beginOutage(app, { refs: body.processors, why: body.reason }) };
  },
});

interface ById {
  readonly id: string;
}

interface EndBody {
  readonly reason: string;
  readonly atOnce: boolean;
}

const ending = defineRoute<ById, object, EndBody>({
  method: "POST",
  path: "/incidents/:id/end",
  operationId: "endIncident",
  tag: "fleet",
  summary: "End an incident, opened by hand or not: a canary is started now, then the others in waves",
  rights: ["restart"],
  params: z.strictObject({ id: changeId }),
  body: z
    .strictObject({
      reason: reasonText,
      atOnce: z
        .boolean()
        .default(false)
        .meta({ description: "Close it, and leave each processor to its own policy." }),
    })
    .meta({ id: "EndOfIncident" }),
  isMutation: true,
  answers: [{ status: 200, description: "It is closed, or a canary is next.", schema: incidentRow }],
  problems: ["not-found", "conflict"],
  run: async (call) => {
    const { app, accept, params, body } = call;
    const { incident, members } = await findAllowed(call);
    const ended = new Problem("conflict", `incident ${params.id} is closed already`);
    if (incident.closedAt !== null) throw ended;
    await accept(members.length === 0 ? { project: incident.project } : toCommonPlace(members));
    const isEnded = await endOutage(app, { id: params.id, why: body.reason, isAtOnce: body.atOnce });
    if (!isEnded) throw ended;
    return { body: (await tellIncident(app, params.id))?.incident ?? incident };
  },
});

/** All of it has to be inside the key's scope: an end is one for all members. */
async function findAllowed({ app, params, demand }: Call<ById, unknown, unknown>): Promise<IncidentStory> {
  const story = await tellIncident(app, params.id);
  if (story === undefined) throw new Problem("not-found", `no incident has the id ${params.id}`);
  const { incident, members } = story;
  if (members.length === 0) demand("restart", { project: incident.project });
  for (const member of members) demand("restart", member);
  return story;
}

/** What the one line of the journal is about: all that the processors have in common. */
function toCommonPlace(refs: readonly ProcessorRef[]): Partial<ProcessorRef> {
  const [first, ...others] = refs;
  if (first === undefined || others.some(({ project }) => project !== first.project)) return {};
  const { project, workspace } = first;
  if (others.some((ref) => ref.workspace !== workspace)) return { project };
  return others.length === 0 ? first : { project, workspace };
}

export const OUTAGE_ROUTES: readonly ApiRoute[] = [beginning, ending];
