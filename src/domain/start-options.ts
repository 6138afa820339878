// What a start may be given, in one table. Every room maps over START_OPTIONS or names each option in a Record, so an
// option that some room forgot does not compile. The table is plain data: the domain imports only itself, so the zod
// schema, the SQL and the flags are made from it in their own rooms.
//
// An option's name is Atlas's own, because owners copy it from Atlas's documentation. The same name is the key in
// policy files, the field of the request body and the field of what runs are started with. It is stored in histories:
// never rename one.

export const TIERS = ["SP2", "SP5", "SP10", "SP30", "SP50"] as const;
export type Tier = (typeof TIERS)[number];

export interface StartOptions {
  readonly tier?: Tier;
  /** Absent and true both mean: from the last checkpoint. */
  readonly resumeFromCheckpoint?: boolean;
  /** ISO 8601 UTC, as the owner wrote it. */
  readonly startAtOperationTime?: string;
}

export type StartOptionName = keyof StartOptions;
export type StartValue = NonNullable<StartOptions[StartOptionName]>;

/** The kinds of values. The policy file and the command line have one reader per kind. */
export interface StartValueKinds {
  readonly tier: Tier;
  readonly switch: boolean;
  readonly time: string;
}

interface StartOption<Value> {
  readonly kind: {
    [Kind in keyof StartValueKinds]: StartValueKinds[Kind] extends Value ? Kind : never;
  }[keyof StartValueKinds];
  /** `once`: part of a position, so only a start from rest is sent it, and each value is spent by that start. */
  readonly sent: "every-start" | "once";
  /** In start_policies. */
  readonly column: string;
  /** Of `start` and `restart`. The value of a switch is what its flag sets it to: --no-x says false. */
  readonly flag: { readonly flags: string; readonly help: string };
  /**
   * In a sentence about a start: `given` comes before a value, `absent` stands alone. A position has words of its own.
   */
  readonly words: { readonly given: string; readonly absent: string | null } | null;
}

/** In the order of policy files, columns, request bodies and help. */
export const START_OPTIONS = {
  tier: {
    kind: "tier",
    sent: "every-start",
    column: "tier",
    flag: {
      flags: "--tier <tier>",
      help: "SP2, SP5, SP10, SP30 or SP50; it stands until a new policy version or the next slot",
    },
    words: { given: "tier", absent: "Atlas's default tier" },
  },
  resumeFromCheckpoint: {
    kind: "switch",
    sent: "once",
    column: "resume_from_checkpoint",
    flag: { flags: "--no-resume", help: "start fresh: discards the checkpoint" },
    words: null,
  },
  startAtOperationTime: {
    kind: "time",
    sent: "once",
    column: "start_at_operation_time",
    flag: {
      flags: "--at <time>",
      help: "ISO 8601 UTC: change streams report from there; discards the checkpoint",
    },
    words: null,
  },
} as const satisfies {
  readonly [Name in StartOptionName]-?: StartOption<NonNullable<StartOptions[Name]>>;
};

type StartOptionTable = typeof START_OPTIONS;

/** The options that make up a position. */
export type PositionName = {
  [Name in StartOptionName]: StartOptionTable[Name]["sent"] extends "once" ? Name : never;
}[StartOptionName];

export const START_OPTION_NAMES = Object.keys(START_OPTIONS) as readonly StartOptionName[];

/**
 * Options from wherever they stand, read one by one. What is undefined or null is left out: Atlas and a policy's
 * canonical text take an absent field and an empty one for different things.
 */
export function collectStartOptions(
  read: (name: StartOptionName) => StartValue | null | undefined,
): StartOptions {
  const fields = START_OPTION_NAMES.flatMap((name) => {
    const value = read(name) ?? undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(fields);
}

/** Whether a start would begin at a time that has not come: Atlas reads from its oplog, which ends now. */
export function isToCome({ startAtOperationTime: time }: StartOptions, now: number): boolean {
  return time !== undefined && Date.parse(time) > now;
}

/** Without a position: what every start is sent, and what stands after a start that a person gave options to. */
export function withoutPosition(start: StartOptions): StartOptions {
  return collectStartOptions((name) =>
    START_OPTIONS[name].sent === "every-start" ? start[name] : undefined,
  );
}

export function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}

/** Whether the first tier is larger than the second. */
export function isLargerTier(one: Tier, other: Tier): boolean {
  return TIERS.indexOf(one) > TIERS.indexOf(other);
}

/** A second that exists, from the year 2000 on: what a position may be. */
export function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return false;
  const ms = Date.parse(text);
  // A day that does not exist rolls over: the text has to come back as it was.
  return ms >= Date.UTC(2000, 0, 1) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

/** A position other than the checkpoint: spent once per value. */
export function hasPosition(start: StartOptions): boolean {
  return toPositionKey(start) !== undefined;
}

/**
 * The value a position is spent by; undefined if the start resumes. One instant is one value, however it is written.
 */
export function toPositionKey(start: StartOptions): string | undefined {
  // By name, so that an option which is to be part of a position cannot be left out of its key.
  const texts: Readonly<Record<PositionName, string | undefined>> = {
    startAtOperationTime: start.startAtOperationTime && toInstantText(start.startAtOperationTime),
    resumeFromCheckpoint: start.resumeFromCheckpoint?.toString(),
  };
  if (texts.startAtOperationTime !== undefined) {
    return `at:${texts.startAtOperationTime}:${texts.resumeFromCheckpoint ?? "absent"}`;
  }
  return texts.resumeFromCheckpoint === "false" ? "fresh" : undefined;
}

/** In UTC, without the zeros that end a fraction of a second. */
function toInstantText(time: string): string {
  const [, fraction = ""] = /[.](\d+?)0*(?:Z|[+-]\d\d:?\d\d)$/i.exec(time) ?? [];
  const seconds = new Date(Math.floor(Date.parse(time) / 1000) * 1000).toISOString().slice(0, 19);
  return `${seconds}${/^0*$/.test(fraction) ? "" : `.${fraction}`}Z`;
}
