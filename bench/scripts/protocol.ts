// What the bench says to the scripts it compares Headgate with, and what they answer. They are processes of their own
// and import nothing of Headgate.

export interface DeclaredWorkspace {
  readonly project: string;
  readonly workspace: string;
  readonly processors: readonly string[];
}

/** Their one argument, as JSON. */
export interface ScriptOptions {
  readonly databaseUrl: string;
  readonly atlas: { readonly url: string; readonly clientId: string; readonly clientSecret: string };
  /** A file with the declared workspaces, as JSON: every processor is to be in the one state, on the one tier. */
  readonly fleetFile: string;
  readonly declared: { readonly state: string; readonly tier: string };
  /** Starts under way at most. */
  readonly startsAtOnce: number;
  readonly startsPerProject: number;
  readonly startsPerWorkspace: number;
  /** Between two looks at a workspace whose starts are waited for. */
  readonly pollMs: number;
}

/** A pass over every workspace; `recover` also starts what is FAILED, and ends when all is as declared. */
export type ScriptOrder = "pass" | "recover";

export type ScriptAnswer =
  | { readonly kind: "ready" }
  /** From the order to the last row, by the script's own clock. */
  | { readonly kind: "done"; readonly wallMs: number }
  | { readonly kind: "failed"; readonly why: string };

/** Serves orders, one at a time, until the bench goes. */
export function serveOrders(obey: (order: ScriptOrder) => Promise<void>): void {
  const say = (answer: ScriptAnswer): void => void process.send?.(answer);
  const serve = async (order: ScriptOrder): Promise<void> => {
    const begun = performance.now();
    await obey(order);
    say({ kind: "done", wallMs: performance.now() - begun });
  };
  process.on("message", (order: ScriptOrder) => {
    serve(order).catch((error: unknown) => {
      say({ kind: "failed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  });
  process.once("disconnect", () => process.exit());
  say({ kind: "ready" });
}
