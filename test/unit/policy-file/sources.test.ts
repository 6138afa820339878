// Where the values of an effective policy come from, as the files people write say it.
import { expect, it } from "vitest";
import { policySources } from "../../../src/policy-file/sources.js";
import { HEAD, parseSound } from "./documents.js";

/** Path -> value and source, of the processor `a`. */
function tellSources(own: string, defaults = "{}"): Readonly<Record<string, string>> {
  const text = `${HEAD}defaults: ${defaults}\nprocessors:\n  a: ${own}\n`;
  const [declared] = parseSound(text).set.processors;
  if (declared === undefined) throw new Error("no processor");
  // The way through the database.
  const written = JSON.parse(JSON.stringify(declared.written)) as typeof declared.written;
  const fields = policySources(declared.policy, written);
  return Object.fromEntries(fields.map(({ path, value, from }) => [path, `${value} ${from}`]));
}

it("tells Headgate's own defaults of a bare processor, and what is absent", () => {
  expect(Object.entries(tellSources("{}"))).toEqual([
    ["state", "STARTED headgate"],
    ["mode", "enforce headgate"],
    ["start.tier", "(absent) headgate"],
    ["restart", "(absent) headgate"],
    ["recovery.backoff.initial", "1m headgate"],
    ["recovery.backoff.factor", "2 headgate"],
    ["recovery.backoff.max", "1h headgate"],
    ["recovery.maxAttempts", "30 headgate"],
    ["recovery.stableAfter", "30m headgate"],
    ["recovery.stoppedGrace", "5m headgate"],
    ["gateway.stop", "allow headgate"],
  ]);
});

it("tells the document's defaults and the processor's own apart inside one block", () => {
  const defaults =
    "{ mode: observe, start: { tier: SP10 }, restart: { timezone: Europe/Madrid, spread: 30m }, recovery: { backoff: { initial: 2m } } }";
  const own =
    '{ start: { resumeFromCheckpoint: false }, restart: { cron: "0 3 * * *", spread: 5m }, recovery: { backoff: { factor: 3 }, maxAttempts: 7 } }';
  expect(tellSources(own, defaults)).toMatchObject({
    state: "STARTED headgate",
    mode: "observe defaults",
    "start.tier": "SP10 defaults",
    "start.resumeFromCheckpoint": "false processor",
    "restart.cron": "0 3 * * * processor",
    "restart.timezone": "Europe/Madrid defaults",
    "restart.spread": "5m processor",
    "restart.catchUp": "2h headgate",
    "recovery.backoff.initial": "2m defaults",
    "recovery.backoff.factor": "3 processor",
    "recovery.backoff.max": "1h headgate",
    "recovery.maxAttempts": "7 processor",
  });
});

it.each([
  { defaults: "{ stop: suspend }", own: "{ for: 2h }", told: ["suspend defaults", "2h processor"] },
  { defaults: "{ stop: suspend }", own: "{}", told: ["suspend defaults", "4h headgate"] },
  { defaults: "{ stop: suspend, for: 1h }", own: "{ stop: refuse }", told: ["refuse processor", undefined] },
  { defaults: "{ stop: suspend, for: 1h }", own: "{ stop: allow }", told: ["allow processor", undefined] },
])("says where a gateway rule comes from: $defaults, $own", ({ defaults, own, told }) => {
  const fields = tellSources(`{ gateway: ${own} }`, `{ gateway: ${defaults} }`);
  expect([fields["gateway.stop"], fields["gateway.for"]]).toEqual(told);
});

it("says the processor where it writes what the defaults say too", () => {
  expect(tellSources("{ start: { tier: SP10 } }", "{ start: { tier: SP10 } }")).toMatchObject({
    "start.tier": "SP10 processor",
  });
});

it("says who switched an inherited schedule off", () => {
  const restart = '{ restart: { cron: "0 3 * * *" } }';
  expect(tellSources("{ restart: null }", restart)).toMatchObject({ restart: "(absent) processor" });
  expect(tellSources("{}", "{ restart: null }")).toMatchObject({ restart: "(absent) defaults" });
});

it("says of every value that its source is unknown where no file is recorded", () => {
  const [declared] = parseSound(`${HEAD}processors:\n  a: { mode: observe }\n`).set.processors;
  if (declared === undefined) throw new Error("no processor");
  const fields = policySources(declared.policy, null);
  expect(new Set(fields.map(({ from }) => from))).toEqual(new Set(["unknown"]));
  expect(fields.map(({ path }) => path)).toContain("mode");
});
