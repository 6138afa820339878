// The HTTP server, as a load balancer sees it: whether it answers, and whether it says that it can do its work. It is
// asked without a credential.
import { z } from "zod";
import type { Check, Found } from "./checks.js";

export interface ServerContext {
  /** Undefined: nobody said where it is. */
  readonly url: string | undefined;
}

/** The server itself gives up on its parts after three seconds. */
const PATIENCE_MS = 5_000;
const readiness = z.object({ unready: z.record(z.string(), z.string()) });

export const SERVER_CHECKS: readonly Check<ServerContext>[] = [
  {
    name: "server",
    remedy: "start headgate serve, or set HEADGATE_SERVER_URL to where it answers",
    examine: async ({ url }: ServerContext): Promise<Found> => {
      if (url === undefined) {
        return { verdict: "skipped", found: "not looked at: HEADGATE_SERVER_URL does not say where it is" };
      }
      const answer = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(PATIENCE_MS) });
      const said = readiness.safeParse(await answer.json().catch(() => undefined));
      if (!said.success) throw new Error(`what answers at ${url} is not headgate serve`);
      const why = Object.values(said.data.unready);
      if (why.length === 0) return { found: `ready at ${url}` };
      const remedy = "its log says more; what it stands on is examined above";
      return { verdict: "wrong", found: `not ready at ${url}: ${why.join("; ")}`, remedy };
    },
  },
];
