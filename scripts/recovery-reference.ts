// docs/recovery.md, from the tables of classes and rules that the program decides by.
import { CLASS_NAMES, OWN_CLASSES, toClassProperties } from "../src/domain/failure-classes.js";
import type { FailureClass } from "../src/domain/failure-classes.js";
import { FAILURE_TABLE } from "../src/domain/recover/failure-table.js";
import type { FailureRow } from "../src/domain/recover/failure-table.js";
import { formatDurationMs } from "../src/domain/duration.js";
import { DEFAULT_LADDER } from "../src/domain/rungs.js";
import type { LadderRule } from "../src/domain/rungs.js";
import { formatDocument } from "./format-document.js";

const POSITIONS: readonly string[] = [
  "## Positions",
  "",
  "Headgate remembers the newest place in its change stream that Atlas showed of each processor: every",
  "`HEADGATE_POSITION_SAMPLE` while it runs, when it was seen to move, and before a stop. It is read out of lists that",
  "are made anyhow. `headgate explain` prints it. A source of Kafka has none.",
  "",
  "- **45 days** of STOPPED make Atlas forget a checkpoint. From the 38th day on the processor is `expiring`.",
  "- **`recovery.oplogWindow: 24h`** says how far back the oplog of its source reaches; Headgate cannot ask. What is",
  "  STOPPED or FAILED at an older position, or where none was seen has been so for longer, cannot resume. It is",
  "  `expiring` from three quarters of the window on.",
  "",
  "Past either end a processor that is declared STARTED is parked, and not started: `headgate start --at TIME` or",
  "`--no-resume` says where it begins. The refill after an incident begins with those whose end is nearest.",
  "",
];

/** The whole document, formatted. */
export function renderRecovery(): Promise<string> {
  return formatDocument([
    "# Recovery",
    "",
    "The tables are generated from the program by `npm run docs`; a test fails if they are out of date.",
    "",
    "FAILED means that Atlas has stopped trying. What helps depends on why. So Headgate tells each failure's class from",
    "what Atlas said, and the class picks the action. `headgate explain` and `headgate plan -o json` name class, rule and",
    "action.",
    "",
    "## Actions",
    "",
    "- **`resume`**: another start from the checkpoint, after the back-off; parked after `maxAttempts`.",
    "- **`climb`**: the next tier up, at most `ceiling`. The tier stands, also over nightly restarts, until the processor",
    "  was STARTED for `stepBackAfter` (24h) or a new version is applied. Then the declared tier is restored by a restart,",
    "  which the brake may hold. There is no climb without a declared tier, with a one-off of a person, or where Atlas",
    "  autoscales. If Atlas refuses the larger tier, the declared one is started, and this version climbs no more.",
    "- **`ladder`**: the next rung of `recovery.ladder`, see below.",
    "- **`wait`**: parked at once. The reason names class, rule and the command that unparks it.",
    "- **`hold`**: the whole project waits, and one call is tried every few minutes. It is not for a policy to choose:",
    "  one processor's owner would stop everybody's.",
    "",
    "A failure counts if it is newer than the policy's version, the last `unpark`, climb and rung. Whoever wrote that",
    "version may have mended the cause, so one start is tried first. So it is where Headgate has never seen the",
    "processor but FAILED: nobody knows since when.",
    "",
    "## Classes",
    "",
    ...CLASS_NAMES.map(toClassLine),
    "",
    "## Rules",
    "",
    "The first that matches. Own rules are tried before these. Codes are the server's own, in the text: `(418)`,",
    "`code 286`, `Location77175`. Words are looked for in the lower-cased text; of `a + b` both. Sources are sections of",
    "[atlas.md](atlas.md).",
    "",
    ...FAILURE_TABLE.map((row, at) => `${String(at + 1)}. ${toRuleText(row)}`),
    "",
    "Atlas documents no list of these texts. A class that parks at once therefore has words that can mean nothing else,",
    "and what no rule knows is `unknown`, which resumes.",
    "",
    ...LADDER,
    "",
    "## In a policy",
    "",
    "```yaml",
    "recovery:",
    "  rules: # tried in this order, before Headgate's own; 20 at most",
    "    - { code: 13, class: connection }",
    '    - { pattern: "(?i)schema registry", class: connection } # RE2 syntax',
    "  classes:",
    "    out-of-memory: { ceiling: SP50, stepBackAfter: 24h } # climbs, because there is a ceiling",
    "    connection: { action: wait }",
    "    unknown: { action: ladder } # as a lost position; needs the ladder below",
    "    invalid-pipeline: { action: resume }",
    "```",
    "",
    "A processor's `rules` replace those of the defaults; `classes` merge field by field. A rule names one of",
    `${OWN_CLASSES.map((name) => `\`${name}\``).join(", ")}.`,
    "",
    ...POSITIONS,
  ]);
}

const LADDER: readonly string[] = [
  "## The ladder",
  "",
  "What may be done where a position is lost, from what loses nothing to what loses most. Each rung is `allow`,",
  "`approve` or `deny`; the values here are those of a block that says nothing of them.",
  "",
  "```yaml",
  "recovery:",
  "  ladder:",
  ...formatLadder(DEFAULT_LADDER),
  "```",
  "",
  "- **`resume`** goes on from the checkpoint. It is left out where the checkpoint itself is lost.",
  "- **`time`** starts where the processor was last seen in its change stream, less `margin`: a checkpoint may be ten",
  "  minutes old. Where `recovery.oplogWindow` is declared it never starts before the oplog. It is left out where no",
  "  position was ever seen: for a source that is no change stream.",
  "- **`fresh`** starts from now on: what happened since the last position is never read.",
  "",
  "A rung that is allowed is taken by itself if what it reads twice is at most `maxReplay` and what it skips at most",
  "`maxGap`. Otherwise, and where it says `approve`, the processor is parked, and its reason says what the rung would",
  "cost and the command that allows it: `headgate approve`. An approval is used once, by the next start, and ends by",
  "itself after four hours or `--for`. `headgate unapprove` takes it back. A rung that did not help is not tried again:",
  "the next failure of its kind takes a higher one.",
  "",
  "The positions are those that passes saw, every ten minutes and at each stop. So a cost is an estimate: `about`.",
];

function formatLadder({ marginMs, maxReplayMs, maxGapMs, ...rungs }: LadderRule): readonly string[] {
  const spans = Object.entries({ margin: marginMs, maxReplay: maxReplayMs, maxGap: maxGapMs });
  const texts = spans.map(([field, ms]) => [field, formatDurationMs(ms)] as const);
  return [...Object.entries(rungs), ...texts].map(([field, value]) => `    ${field}: ${value}`);
}

function toClassLine(name: FailureClass): string {
  const { meaning, action, otherwise, because } = toClassProperties(name);
  const under = action === "climb" ? "a declared ceiling" : "a declared ladder";
  const shown = otherwise === undefined ? action : `${action}\` under ${under}, else \`${otherwise}`;
  return `- **\`${name}\`**: ${meaning}. By itself: \`${shown}\`, because ${because}.`;
}

function toRuleText({ rule, class: name, source, ...matches }: FailureRow): string {
  const { statuses = [], errorCodes = [], codes = [], words = [], memoryShare, afterStartAtTime } = matches;
  const quote = (text: string): string => `\`${text}\``;
  const parts = [
    ...statuses.map((status) => `HTTP ${String(status)}`),
    ...errorCodes.map(quote),
    ...codes.map((code) => `code ${String(code)}`),
    ...words.map((all) => all.map(quote).join(" + ")),
    ...(memoryShare === undefined
      ? []
      : [
          `at least ${String(memoryShare * 100)}% of its tier's memory was in use when it was first seen FAILED`,
        ]),
  ];
  const only = afterStartAtTime === true ? ", where its last start began at a time" : "";
  return `**${rule}** is ${quote(name)}${only}: ${parts.join(", ")}. Source: ${source}.`;
}
