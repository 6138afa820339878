// One `headgate serve` of a bench, beside its worker on one stack: how it is started, logged in to and reported on.
// Nothing here measures.
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { HeadgateSide } from "./contenders/headgate.js";
import type { BenchStack } from "./stack.js";

/** Of its database and its namespace. */
export const BENCH_ID = "headgate";

export interface Served {
  readonly stack: BenchStack;
  readonly side: HeadgateSide;
  readonly url: string;
  readonly authorization: string;
}

export async function serve(stack: BenchStack, { program, env }: HeadgateSide): Promise<string> {
  const line = await startPrinting(stack, { args: [program, "serve", "--port", "0"], env, input: "" });
  return (JSON.parse(line) as { readonly url: string }).url;
}

interface Printing {
  readonly args: readonly string[];
  readonly env: HeadgateSide["env"];
  readonly input: string;
}

/** Its first line. */
export async function startPrinting(stack: BenchStack, { args, env, input }: Printing): Promise<string> {
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  stack.onStop(() => end(child));
  child.stdin.end(input);
  let printed = "";
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    printed += String(text);
    if (printed.includes("\n")) break;
  }
  if (!printed.includes("\n")) throw new Error(`${args.join(" ")} ended`);
  return printed;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** The value of an Authorization header. */
export async function logIn({ program, env }: HeadgateSide, url: string): Promise<string> {
  const made = execFileSync(
    process.execPath,
    [program, "keys", "create", "bench", "--role", "admin", "-o", "json"],
    {
      env,
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    },
  );
  const { clientId, clientSecret } = JSON.parse(made) as {
    readonly clientId: string;
    readonly clientSecret: string;
  };
  const reply = await fetch(`${url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await reply.json()) as { readonly access_token: string };
  return `Bearer ${token}`;
}

export function judgeServed(isReached: boolean, target: string): void {
  sayServed(`  ${isReached ? "reached" : "MISSED"}: ${target}`);
  if (!isReached) process.exitCode = 1;
}

export function sayServed(text: string): void {
  process.stdout.write(`${text}\n`);
}
