// What nobody knows of Atlas (docs/atlas.md 11), asked of it: one answer per question, so that one run settles the
// list. Against the simulator the answers are those of its switches. A probe asserts nothing; what it sends is
// validated.
import type { Finding, Probe } from "./probe.js";
import { READING_PROBES } from "./probes-reading.js";
import { POSITION_PROBES } from "./probes-position.js";
import { STATE_PROBES } from "./probes-state.js";
import { bring, look } from "./subject.js";
import type { Subject } from "./subject.js";

/** In an order in which each finds what it needs: the first ones want a processor that never ran. */
const PROBES: readonly Probe[] = [...STATE_PROBES, ...POSITION_PROBES, ...READING_PROBES];

/** Number -> what was found. Leaves the processor running or not as it found it. */
export async function askAll(subject: Subject): Promise<ReadonlyMap<Probe, Finding>> {
  const mayWrite = subject.processor !== undefined;
  const before = mayWrite ? await look(subject) : undefined;
  const found = new Map<Probe, Finding>();
  for (const probe of PROBES) {
    const isAllowed = mayWrite || probe.isReading;
    found.set(probe, isAllowed ? await probe.ask(subject) : { answer: "not asked: nothing may be changed" });
  }
  if (before !== undefined) await bring(subject, before.state === "STARTED" ? "STARTED" : "STOPPED");
  return found;
}

/** One line per question. */
export function toTable(name: string, found: ReadonlyMap<Probe, Finding>): string {
  const rows = [...found].sort(([one], [other]) =>
    one.number.localeCompare(other.number, "en", { numeric: true }),
  );
  const width = Math.max(...rows.map(([{ question }]) => question.length));
  const lines = rows.map(
    ([{ number, question }, { answer, measured }]) =>
      `  11.${number.padEnd(4)} ${question.padEnd(width)}  ${answer}${measured === undefined ? "" : ` (${measured})`}`,
  );
  return `docs/atlas.md 11, asked of ${name}:\n${lines.join("\n")}\n`;
}
