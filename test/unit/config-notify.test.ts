// The channels of notices as the environment says them: what is right, what is wrong and how it is told, and that no
// address or key is quoted or shown.
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { viewSettings } from "../../src/app/look/config-view.js";
import { findConfigFaults, loadConfig } from "../../src/config/config.js";
import type { Environment } from "../../src/config/environment.js";
import { CONFIG_VARIABLES } from "../../src/config/variables.js";
import { NOTICE_KINDS } from "../../src/domain/tell/notices.js";

const CANARY = "canary-77aa";
const KEY = `${CANARY}-0123456789`;
const HOOK = {
  HEADGATE_NOTIFY_WEBHOOK_URL: `https://hooks.example/${CANARY}`,
  HEADGATE_NOTIFY_WEBHOOK_SECRET: KEY,
};
const SLACK = { HEADGATE_NOTIFY_SLACK_URL: `https://hooks.slack.com/services/T0/B0/${CANARY}` };
const MAIL = {
  HEADGATE_NOTIFY_SMTP_URL: `smtps://me:${CANARY}%40@mail.example:465`,
  HEADGATE_NOTIFY_MAIL_FROM: "headgate@example.com",
  HEADGATE_NOTIFY_MAIL_TO: "ops@example.com, night@example.com",
};

const readFile = (path: string): string => {
  if (path === "/run/slack") return `${SLACK.HEADGATE_NOTIFY_SLACK_URL}\n`;
  throw new Error("ENOENT: no such file");
};
const faultsOf = (env: Environment): readonly string[] => findConfigFaults({ env, readFile });

it("without a variable there is no channel, and every event", () => {
  expect(loadConfig({ env: {}, readFile }).notify).toEqual({
    events: NOTICE_KINDS,
    webhook: undefined,
    slack: undefined,
    mail: undefined,
  });
});

it("all channels, their secrets wrapped", () => {
  const env = {
    ...HOOK,
    ...MAIL,
    HEADGATE_NOTIFY_SLACK_URL_FILE: "/run/slack",
    HTTPS_PROXY: "http://proxy:1",
  };
  const { events, webhook, slack, mail } = loadConfig({
    env: { ...env, NO_PROXY: "slack.com", HEADGATE_NOTIFY_EVENTS: "project.held, processor.parked" },
    readFile,
  }).notify;
  expect(events).toEqual(["processor.parked", "project.held"]);
  expect([webhook?.url.reveal(), webhook?.key.reveal(), webhook?.proxy?.reveal()]).toEqual([
    HOOK.HEADGATE_NOTIFY_WEBHOOK_URL,
    KEY,
    "http://proxy:1",
  ]);
  expect([slack?.url.reveal(), slack?.proxy]).toEqual([SLACK.HEADGATE_NOTIFY_SLACK_URL, undefined]);
  expect(mail).toMatchObject({
    from: "headgate@example.com",
    to: ["ops@example.com", "night@example.com"],
    isHere: false,
  });
  expect(inspect({ webhook, slack, mail }, { depth: 9 })).not.toContain(CANARY);
});

it.each([
  { env: { HEADGATE_NOTIFY_EVENTS: "all" }, fault: undefined },
  {
    env: { HEADGATE_NOTIFY_EVENTS: "processor.parked, parked" },
    fault: `HEADGATE_NOTIFY_EVENTS: "parked" is not all or any of ${NOTICE_KINDS.join(", ")}`,
  },
  {
    env: { HEADGATE_NOTIFY_WEBHOOK_URL: HOOK.HEADGATE_NOTIFY_WEBHOOK_URL },
    fault:
      "HEADGATE_NOTIFY_WEBHOOK_URL and HEADGATE_NOTIFY_WEBHOOK_SECRET go together: one of them is missing",
  },
  {
    env: { ...HOOK, HEADGATE_NOTIFY_WEBHOOK_SECRET: "canary-77aa-sho" },
    fault: "HEADGATE_NOTIFY_WEBHOOK_SECRET: it is shorter than 16 characters",
  },
  {
    env: { HEADGATE_NOTIFY_SLACK_URL: `http://hooks.example/${CANARY}` },
    fault: "HEADGATE_NOTIFY_SLACK_URL: it is not an https URL (plain http only to this machine)",
  },
  { env: { HEADGATE_NOTIFY_SLACK_URL: "http://127.0.0.1:9/x" }, fault: undefined },
  {
    env: { HEADGATE_NOTIFY_SLACK_URL: `https://me:${CANARY}@hooks.example` },
    fault: "HEADGATE_NOTIFY_SLACK_URL: it holds a user or a password, which are not sent: leave them out",
  },
  {
    env: { ...SLACK, HTTPS_PROXY: `socks://me:${CANARY}@proxy` },
    fault: "HTTPS_PROXY: not an http or https URL",
  },
  {
    env: { ...MAIL, HEADGATE_NOTIFY_MAIL_TO: "" },
    fault:
      "HEADGATE_NOTIFY_SMTP_URL, HEADGATE_NOTIFY_MAIL_FROM and HEADGATE_NOTIFY_MAIL_TO go together: one of them is missing",
  },
  {
    env: { ...MAIL, HEADGATE_NOTIFY_MAIL_FROM: "Headgate <h@example.com>\r\nBcc: x@example.com" },
    fault:
      'HEADGATE_NOTIFY_MAIL_FROM: "Headgate <h@example.com>\\r\\nBcc: x@example.com" is not an address, such as ops@example.com',
  },
  {
    env: { ...MAIL, HEADGATE_NOTIFY_MAIL_TO: "ops@example.com,night" },
    fault: 'HEADGATE_NOTIFY_MAIL_TO: "night" is not an address, such as ops@example.com',
  },
  {
    env: { ...MAIL, HEADGATE_NOTIFY_MAIL_TO: Array.from({ length: 21 }, () => "a@b").join() },
    fault: "HEADGATE_NOTIFY_MAIL_TO: it names 21 addresses, and takes 20",
  },
  ...[
    `https://${CANARY}`,
    `smtp://h/${CANARY}`,
    `smtp://h?tls=${CANARY}`,
    `smtp://u:${CANARY}%zz@h`,
    "smtp://",
  ].map((url) => ({
    env: { ...MAIL, HEADGATE_NOTIFY_SMTP_URL: url },
    fault:
      "HEADGATE_NOTIFY_SMTP_URL: it is not smtps://USER:PASSWORD@HOST:PORT or smtp://, with a password written as in a URL",
  })),
])("of $env it says: $fault", ({ env, fault }) => {
  expect(faultsOf(env)).toEqual(fault === undefined ? [] : [fault]);
  expect(fault ?? "").not.toContain(CANARY);
});

it("config view shows where a channel leads, and nothing that would let somebody send to it", () => {
  const variables = { ...HOOK, ...SLACK, ...MAIL };
  const view = viewSettings(CONFIG_VARIABLES, [{ source: "environment", variables }]);
  const shown = view.filter(({ name }) => name.startsWith("HEADGATE_NOTIFY_") && name.endsWith("_URL"));
  expect(shown.map(({ value }) => value)).toEqual([
    "https://hooks.example/[redacted]",
    "https://hooks.slack.com/[redacted]",
    "smtps://[redacted]@mail.example:465",
  ]);
  expect(JSON.stringify(view)).not.toContain(CANARY);
});
