// What an examination is made of: checks in turn, each with what is to be done where it fails. A check that throws is
// wrong, and those that stand on it are not looked at: their faults would be its echoes. A check that only finds
// something wrong does not stop the ones behind it.
import { within } from "../../base/deadline.js";
import { AppError } from "../../base/errors.js";

/** `warning`: for a person to see to, and nothing is broken by it. */
export type Verdict = "ok" | "warning" | "wrong" | "skipped";

export interface CheckFinding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export interface Found {
  /** Of a check of several things: which. */
  readonly of?: string;
  readonly verdict?: Verdict;
  readonly found: string;
  readonly remedy?: string;
}

export interface Check<Context> {
  readonly name: string;
  /** Where it throws: what to do then. */
  readonly remedy: string;
  /** Throws where what comes after it cannot be looked at. */
  readonly examine: (context: Context) => Promise<Found | readonly Found[]>;
}

/** No check takes longer, whatever does not answer. */
const PATIENCE_MS = 15_000;

export async function examineInTurn<Context>(
  checks: readonly Check<Context>[],
  context: Context,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const [index, check] of checks.entries()) {
    try {
      const found = await within(
        PATIENCE_MS,
        check.examine(context),
        `no answer within ${String(PATIENCE_MS / 1_000)} s`,
      );
      findings.push(...[found].flat().map((one) => toCheckFinding(check.name, one)));
    } catch (error) {
      findings.push(toCheckFinding(check.name, toFoundFault(error, check.remedy)));
      return [...findings, ...skip(checks.slice(index + 1), `${check.name} is wrong`)];
    }
  }
  return findings;
}

export function skip<Context>(checks: readonly Check<Context>[], why: string): readonly CheckFinding[] {
  return checks.map(({ name }) =>
    toCheckFinding(name, { verdict: "skipped", found: `not looked at: ${why}` }),
  );
}

export function toCheckFinding(name: string, { of, verdict = "ok", found, remedy }: Found): CheckFinding {
  return {
    check: of === undefined ? name : `${name} ${of}`,
    verdict,
    found,
    remedy: remedy ?? null,
  };
}

/** One of ours may know what helps against its cause; `remedy` is for the others. */
export function toFoundFault(error: unknown, remedy: string): Found {
  if (!(error instanceof AppError)) {
    const found = error instanceof Error ? error.message : String(error);
    return { verdict: "wrong", found: `failed: ${found}`, remedy };
  }
  return { verdict: "wrong", found: error.told, remedy: toClause(error.remedy) ?? remedy };
}

/** A sentence as the end of a line. */
function toClause(sentence: string | undefined): string | undefined {
  return sentence === undefined ? undefined : `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}
