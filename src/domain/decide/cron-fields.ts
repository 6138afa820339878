// The five fields of a cron, and which of them is at fault and why, in words of our own: the library's name no field
// that people know, and count months and days from 0. It only says whether a cron is sound. Pure.

interface CronField {
  readonly name: string;
  readonly allowed: string;
  readonly min: number;
  readonly max: number;
  /** From `min` on. */
  readonly names?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const CRON_FIELDS: readonly CronField[] = [
  { name: "minute", allowed: "0 to 59", min: 0, max: 59 },
  { name: "hour", allowed: "0 to 23", min: 0, max: 23 },
  { name: "day of the month", allowed: "1 to 31, or L for the last", min: 1, max: 31 },
  { name: "month", allowed: "1 to 12, or JAN to DEC", min: 1, max: 12, names: MONTHS },
  {
    name: "day of the week",
    allowed: "0 to 7, both of which are Sunday, or SUN to SAT",
    min: 0,
    max: 6,
    names: DAYS,
  },
];

export const FIVE_FIELDS =
  "five fields separated by single spaces: minute hour day-of-month month day-of-week";

/** Of five fields: which one is wrong, by what, and its range. `isSound` judges a whole cron. */
export function findFieldFault(
  fields: readonly string[],
  isSound: (cron: string) => boolean,
): string | undefined {
  for (const [index, field] of CRON_FIELDS.entries()) {
    const isPart = (part: string): boolean =>
      isSound(CRON_FIELDS.map((_, at) => (at === index ? part : "*")).join(" "));
    const written = fields[index] ?? "";
    if (isPart(written)) continue;
    // A list may be wrong by one of its parts, or as a whole.
    const wrong = written.split(",").find((part) => !isPart(part)) ?? written;
    const remedy = findRemedy(field, wrong);
    const advice = remedy !== undefined && isPart(remedy) ? `: write ${remedy}` : "";
    return `for the ${field.name} ${field.allowed}, not ${wrong === "" ? "nothing" : wrong}${advice}`;
  }
  return undefined;
}

/** What is written elsewhere for the same: a step from a number, a range over the end, a name in full. */
function findRemedy(field: CronField, part: string): string | undefined {
  const stepped = withRangedStep(part, field);
  if (stepped !== part) return stepped;
  const [, from = "", to = ""] = /^(\w+)-(\w+)$/.exec(part) ?? [];
  const [first, last] = [toNumber(field, from), toNumber(field, to)];
  if (first !== undefined && last !== undefined && first > last) {
    const [end, start] = [field.max, field.min].map((one) => toSpelling(field, one, from));
    // A range that ends where it would begin is one value.
    const [head, tail] = [
      from === end ? from : `${from}-${String(end)}`,
      to === start ? to : `${String(start)}-${to}`,
    ];
    return `${head},${tail}`;
  }
  return field.names?.find((name) => part.length > 3 && part.toUpperCase().startsWith(name));
}

/** `5/15` of Quartz and systemd: from 5 on, every 15. */
function withRangedStep(part: string, { min, max }: Pick<CronField, "min" | "max">): string {
  const [, from, step] = /^(\d+)\/(\d+)$/.exec(part) ?? [];
  if (from === undefined || step === undefined) return part;
  return Number(from) === min ? `*/${step}` : `${from}-${String(max)}/${step}`;
}

function toNumber({ names, min }: CronField, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const at = names?.indexOf(text.toUpperCase()) ?? -1;
  return at < 0 ? undefined : at + min;
}

function toSpelling({ names, min }: CronField, value: number, like: string): string {
  return /^\d/.test(like) ? String(value) : (names?.[value - min] ?? String(value));
}

/** Each part of each field with its step written as a cron wants it. */
export function withRangedSteps(fields: readonly string[]): readonly string[] {
  return fields.map((text, index) => {
    const field = CRON_FIELDS[index];
    return field === undefined ? text : mapParts(text, (part) => withRangedStep(part, field));
  });
}

export function mapParts(field: string, toPart: (part: string) => string): string {
  return field.split(",").map(toPart).join(",");
}
