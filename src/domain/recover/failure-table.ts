// How the class of a failure is told: one table, first match wins, each row with the source of its claim. A row
// matches if anything in it does. A class that parks at once is only told by words that can mean nothing else: a wrong
// guess there stops what a later start would have brought back. Pure data; classify.ts reads it.
import type { FailureClass } from "../failure-classes.js";

export interface FailureRow {
  /** How it is named to people. */
  readonly rule: string;
  readonly class: FailureClass;
  /** Of a refused call. */
  readonly statuses?: readonly number[];
  readonly errorCodes?: readonly string[];
  /** The server's own, as the text holds them: `(418)`, `code 286`, `Location77175`. */
  readonly codes?: readonly number[];
  /** Any of these; of one, all its words, in the lower-cased text. */
  readonly words?: readonly (readonly string[])[];
  /** Only of one whose last start began at a time. */
  readonly afterStartAtTime?: true;
  /** When it was first seen FAILED, at least so much of its tier's memory was in use. */
  readonly memoryShare?: number;
  /** A section of docs/atlas.md, and how far it is known. */
  readonly source: string;
}

const HISTORY_LOST = [
  ["changestreamhistorylost"],
  ["changestreamfatalerror"],
  ["resume token was not found"],
  ["resume of change stream was not possible"],
  ["resume point may no longer be in the oplog"],
] as const;

export const FAILURE_TABLE: readonly FailureRow[] = [
  {
    rule: "payment",
    class: "no-billing",
    statuses: [402],
    errorCodes: ["NO_PAYMENT_INFORMATION_FOUND"],
    source: "1e, documented",
  },
  { rule: "access", class: "denied", statuses: [401, 403], source: "1d and 5, documented" },
  {
    rule: "memory",
    class: "out-of-memory",
    codes: [418],
    words: [["streamprocessorworkeroutofmemory"], ["out of memory"]],
    source: "3, documented",
  },
  {
    rule: "partitions",
    class: "partitions-over-tier",
    words: [
      ["partitions", "tier", "limit"],
      ["partitions", "tier", "exceed"],
      ["partitions", "tier", "maximum"],
    ],
    source: "2c and 3, the cause documented, its words a guess",
  },
  {
    // Before the next row: the server has one code for both.
    rule: "start time",
    class: "start-time-outside-oplog",
    words: [
      ["startatoperationtime", "oplog"],
      ["operation time", "oplog"],
      ["start time", "oplog"],
    ],
    source: "2b, the cause documented, its words a guess",
  },
  {
    // In the server's words for a token, though nothing was resumed: the time was too old, and a checkpoint may be
    // left.
    rule: "start at a time",
    class: "start-time-outside-oplog",
    afterStartAtTime: true,
    codes: [280, 286],
    words: HISTORY_LOST,
    source: "2b, the code documented; whether a checkpoint is left is not known",
  },
  {
    rule: "resume point",
    class: "checkpoint-lost",
    codes: [280, 286],
    words: HISTORY_LOST,
    source: "2b and 3, documented; 280 reported",
  },
  {
    rule: "pipeline",
    class: "invalid-pipeline",
    codes: [420],
    words: [
      ["streamprocessorinvalidoptions"],
      ["idlunknownfield"],
      ["idlfailedtoparse"],
      ["badvalue", "pipeline"],
    ],
    source: "1e and 3, documented; the IDL's words in clients",
  },
  {
    rule: "source or sink",
    class: "connection",
    codes: [419, 77175],
    words: [
      ["no partitions found"],
      ["could not connect"],
      ["connection named", "does not exist"],
      ["connection refused"],
      ["authentication failed"],
      ["invalid auth"],
      ["bad auth"],
      ["kafka error"],
    ],
    source: "1e, 3 and 4, documented and seen in CI; the rest common words of drivers",
  },
  {
    rule: "platform",
    class: "transient",
    statuses: [429, 500, 502, 503, 504],
    words: [
      ["tenant lock"],
      ["internal error"],
      ["failed to acquire resources"],
      ["failed to provision"],
      ["could not provision"],
      ["error getting project", "500"],
      ["access of projectid that does not exist"],
    ],
    source: "1e, seen in CI",
  },
  {
    // Behind every text that says something else. Only a climb under a ceiling does more about it than `unknown`.
    rule: "memory in use",
    class: "out-of-memory",
    memoryShare: 0.8,
    source: "3, documented: above 80% of a tier's memory",
  },
];
