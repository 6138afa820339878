// A mail server of a test's own: real SMTP on a port of its own, which keeps what it is sent. Judges nothing.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: headers, an empty line, the text. */
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** What the next messages are answered, in order; then they are taken. */
  readonly refusals: { readonly code: number; readonly words: string }[];
}

export interface MailServerOptions {
  readonly host?: string;
  /** Asked of whoever sends; absent: nothing is. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Absent: it offers no TLS. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer; readonly fromTheBeginning: boolean };
}

/** Ends with the test. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { host = "127.0.0.1", login, tls } = options;
  const mails: Mail[] = [];
  const refusals: MailServer["refusals"] = [];
  const server = new SMTPServer({
    logger: false,
    authOptional: login === undefined,
    allowInsecureAuth: true,
    ...(tls === undefined
      ? { disabledCommands: ["STARTTLS"] }
      : { key: tls.key, cert: tls.cert, secure: tls.fromTheBeginning }),
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === login?.user && password === login?.password;
      if (isRight) done(null, { user: username });
      else done(new Error("no such login"));
    },
    onData: (stream, { envelope }, done) => {
      void text(stream).then((raw) => {
        const refusal = refusals.shift();
        if (refusal !== undefined) {
          done(Object.assign(new Error(refusal.words), { responseCode: refusal.code }));
          return;
        }
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw });
        done();
      });
    },
  });
  server.on("error", () => undefined);
  const listening = server.listen(0, host);
  await once(listening, "listening");
  onTestFinished(async () => {
    await new Promise<void>((resolve) => {
      server.close(resolve);
    });
  });
  return { port: (listening.address() as AddressInfo).port, mails, refusals };
}
