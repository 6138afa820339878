// `serve`: the HTTP server, until it is told to end. Its exit code is the server's own.
import { Command } from "commander";
import type { CliContext, ServeOptions } from "../../terminal/context.js";
import { toPort } from "../../typed/arguments.js";

/** What nobody would find in the options. */
const HELP = `
Serves Atlas's own API for stream processing under /api/ (clients change their base URL and nothing else) and Headgate's
under /v1/. Once it listens it prints one JSON line, {"url": ...}. Every call needs a key: headgate keys create.
An address other than this machine's own needs a key to exist, and TLS: its own, or a proxy's with --behind-proxy.

Examples:
  $ headgate serve --port 8080
  $ headgate serve --host 0.0.0.0 --port 8443 --tls-cert server.pem --tls-key server.key`;

export function createServe(context: CliContext, exit: (code: number) => void): Command {
  return new Command("serve")
    .description("run the HTTP server: Atlas's own API made durable, and Headgate's")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "0 takes a free one", toPort, 8080)
    .option("--tls-cert <file>", "serve https with this certificate (PEM)")
    .option("--tls-key <file>", "and its key (PEM)")
    .option("--behind-proxy", "a proxy in front ends TLS and says in X-Forwarded-For who calls", false)
    .addHelpText("after", HELP)
    .action(async (options: ServeOptions) => {
      exit(await context.programs.serve(options));
    });
}
