// `notify test` as people run it: what each channel answered, exit 1 where one did not take it, and no address in what
// it prints. Mail by TLS is tested here, because a process can be given an authority of its own.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { startMailServer } from "../support/mail-server.js";
import { startReceiver } from "../support/receivers.js";

const PATH = "/hooks/canary-40d1";
const KEY = "canary-key-0123456789";

let cli: Cli;
beforeAll(() => {
  cli = openCli({ HEADGATE_ACTOR: "anna" });
});
afterAll(() => {
  cli.remove();
});

interface Tested {
  readonly channel: string;
  readonly outcome: string;
  readonly answer: string;
}

it("sends one test to each channel and says what it answered, without Postgres", async () => {
  const receiver = await startReceiver();
  receiver.answers.push({ status: 200, body: "thanks" });
  const mail = await startMailServer();
  const variables = {
    HEADGATE_NOTIFY_WEBHOOK_URL: `${receiver.origin}${PATH}`,
    HEADGATE_NOTIFY_WEBHOOK_SECRET: KEY,
    HEADGATE_NOTIFY_SMTP_URL: `smtp://127.0.0.1:${String(mail.port)}`,
    HEADGATE_NOTIFY_MAIL_FROM: "headgate@example.com",
    HEADGATE_NOTIFY_MAIL_TO: "ops@example.com",
  };
  const { code, stdout, stderr } = await cli.run(["notify", "test"], { variables });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toEqual([
    "webhook  delivered  200: thanks",
    expect.stringMatching(/^mail {5}delivered {2}250/),
  ]);
  expect(receiver.received[0]?.body).toContain("anna tests this channel; nothing has happened");
  expect(mail.mails).toHaveLength(1);
});

it("one that does not take it is exit 1, and the address is not printed", async () => {
  const receiver = await startReceiver();
  receiver.answers.push({ status: 404, body: `nothing at ${PATH}` });
  const variables = { HEADGATE_NOTIFY_SLACK_URL: `${receiver.origin}${PATH}` };
  const { code, stdout, stderr } = await cli.run(["notify", "test", "--channel", "slack", "-o", "json"], {
    variables,
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(stdout) as readonly Tested[]).toEqual([
    { channel: "slack", outcome: "failed", answer: "404: nothing at [redacted]" },
  ]);
});

it.each([
  {
    args: [],
    says: "no channel is configured: set HEADGATE_NOTIFY_WEBHOOK_URL or HEADGATE_NOTIFY_SLACK_URL or HEADGATE_NOTIFY_SMTP_URL",
  },
  { args: ["--channel", "mail"], says: "not configured: mail: set HEADGATE_NOTIFY_SMTP_URL" },
  { args: ["--channel", "pigeon"], says: '"pigeon" is not a channel: one of webhook, slack, mail' },
])("notify test $args without one is refused: $says", async ({ args, says }) => {
  const { code, stderr } = await cli.run(["notify", "test", ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(says);
});

interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly file: string;
}

/** For 127.0.0.2, which counts as elsewhere; undefined, loudly, if there is no openssl. */
function makeCertificate(folder: string): Certificate | undefined {
  const [keyFile, file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const subject = ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.2"];
  try {
    execFileSync("openssl", [...request, ...subject, "-keyout", keyFile, "-out", file], { stdio: "ignore" });
  } catch {
    process.stderr.write("SKIPPED: openssl is not installed\n");
    return undefined;
  }
  return { key: readFileSync(keyFile), cert: readFileSync(file), file };
}

it.each([
  { scheme: "smtps", fromTheBeginning: true },
  { scheme: "smtp", fromTheBeginning: false },
])("mail by $scheme to another machine is encrypted, and its certificate verified", async (row) => {
  const certificate = makeCertificate(cli.folder);
  if (certificate === undefined) return;
  const login = { user: "me", password: "canary-mail-pass" };
  const tls = { key: certificate.key, cert: certificate.cert, fromTheBeginning: row.fromTheBeginning };
  const mail = await startMailServer({ host: "127.0.0.2", login, tls });
  const variables = {
    HEADGATE_NOTIFY_SMTP_URL: `${row.scheme}://me:canary-mail-pass@127.0.0.2:${String(mail.port)}`,
    HEADGATE_NOTIFY_MAIL_FROM: "headgate@example.com",
    HEADGATE_NOTIFY_MAIL_TO: "ops@example.com",
  };
  const trusted = { ...variables, NODE_EXTRA_CA_CERTS: certificate.file };
  expect(await cli.run(["notify", "test"], { variables: trusted })).toMatchObject({ code: 0, stderr: "" });
  expect(mail.mails).toHaveLength(1);
  const { code, stdout } = await cli.run(["notify", "test"], { variables });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^mail +failed +.*self-signed certificate/);
  expect(mail.mails).toHaveLength(1);
  expect(stdout).not.toContain("canary");
});
