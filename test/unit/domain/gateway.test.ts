// What becomes of a client's start or stop, in every combination: what is asked, what is declared, the policy's rule
// for stops, the client's wish to be left alone.
import { describe, expect, it } from "vitest";
import { judgeGateway } from "../../../src/domain/change/gateway.js";
import type { GatewayFacts } from "../../../src/domain/change/gateway.js";
import type { Policy } from "../../../src/domain/policy.js";
import { HOUR_MS, MINUTE_MS, aDeclared } from "../../support/domain-builders.js";

const RULES = {
  allow: {},
  suspend: { gateway: { stop: "suspend", forMs: 4 * HOUR_MS } },
  refuse: { gateway: { stop: "refuse" } },
} as const satisfies Record<string, Pick<Policy, "gateway">>;

type Rule = keyof typeof RULES;
const ALL = Object.keys(RULES) as readonly Rule[];

const DECLARED = ["nothing", "STARTED", "STOPPED", "observed STARTED", "observed STOPPED"] as const;
type Declared = (typeof DECLARED)[number];

interface Row {
  readonly kind: GatewayFacts["kind"];
  readonly declared: Declared;
  readonly rules: readonly Rule[];
  readonly plain: string;
  /** With X-Headgate-Suspend: 30m. */
  readonly suspending: string;
}

const LEFT_ALONE =
  "allowed, suspended 30m by client: Headgate leaves the processor alone for 30m, whatever is declared";
const REFUSED_STOP =
  "refused: policy version 3 declares STARTED with gateway.stop: refuse: declare STOPPED, or change gateway.stop";

const ROWS: readonly Row[] = [
  { kind: "stop", declared: "nothing", rules: ["allow"], plain: "allowed", suspending: LEFT_ALONE },
  { kind: "start", declared: "nothing", rules: ["allow"], plain: "allowed", suspending: LEFT_ALONE },
  {
    kind: "stop",
    declared: "STARTED",
    rules: ["allow"],
    plain: "allowed: policy version 3 declares STARTED: Headgate starts it again after 5m",
    suspending: LEFT_ALONE,
  },
  {
    kind: "stop",
    declared: "STARTED",
    rules: ["suspend"],
    plain:
      "allowed, suspended 4h by policy: policy version 3 declares STARTED: " +
      "Headgate leaves the processor alone for 4h, then starts it again",
    suspending: LEFT_ALONE,
  },
  { kind: "stop", declared: "STARTED", rules: ["refuse"], plain: REFUSED_STOP, suspending: REFUSED_STOP },
  {
    kind: "stop",
    declared: "STOPPED",
    rules: ALL,
    plain: "allowed: policy version 3 declares STOPPED: a start will be refused",
    suspending: LEFT_ALONE,
  },
  { kind: "start", declared: "STARTED", rules: ALL, plain: "allowed", suspending: LEFT_ALONE },
  {
    kind: "start",
    declared: "STOPPED",
    rules: ALL,
    plain:
      "refused: policy version 3 declares STOPPED, so Headgate would stop it again: declare STARTED, " +
      "or send X-Headgate-Suspend with a duration such as 4h",
    suspending: LEFT_ALONE,
  },
  ...(["observed STARTED", "observed STOPPED"] as const).flatMap((declared) =>
    (["start", "stop"] as const).map((kind) => {
      return { kind, declared, rules: ALL, plain: "allowed", suspending: LEFT_ALONE };
    }),
  ),
];

function judge(
  { kind, declared }: Pick<Row, "kind" | "declared">,
  rule: Rule,
  suspendForMs?: number,
): string {
  const [state = "", isObserved] = declared.split(" ").reverse();
  const mode = isObserved === undefined ? "enforce" : "observe";
  const policy = { state: state as Policy["state"], mode, ...RULES[rule] } as const;
  const facts = declared === "nothing" ? undefined : aDeclared({ version: 3, policy });
  const verdict = judgeGateway({ kind, declared: facts, suspendForMs });
  if (verdict.kind === "refused") return `refused: ${verdict.text}`;
  const { suspension, notice } = verdict;
  const time = suspension?.forMs === 4 * HOUR_MS ? "4h" : `${String((suspension?.forMs ?? 0) / MINUTE_MS)}m`;
  const suspended = suspension === undefined ? "" : `, suspended ${time} by ${suspension.by}`;
  return `allowed${suspended}${notice === undefined ? "" : `: ${notice}`}`;
}

describe.each(ROWS)("a $kind of what is declared as $declared", ({ rules, plain, suspending, ...row }) => {
  it.each(rules)("under the rule %s", (rule) => {
    expect(judge(row, rule)).toBe(plain);
    expect(judge(row, rule, 30 * MINUTE_MS)).toBe(suspending);
  });
});

it("stands in the table once in every combination", () => {
  const found = ROWS.flatMap(({ kind, declared, rules }) =>
    rules.map((rule) => `${kind} ${declared} ${rule}`),
  );
  const all = (["start", "stop"] as const).flatMap((kind) =>
    DECLARED.flatMap((declared) =>
      (declared === "nothing" ? (["allow"] as const) : ALL).map((rule) => `${kind} ${declared} ${rule}`),
    ),
  );
  expect([...found].sort()).toEqual([...all].sort());
});
