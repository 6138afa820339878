// What is wrong with a written cron, in words that a fault repeats behind "allowed:". Pure.
import { FIVE_FIELDS, findFieldFault } from "./cron-fields.js";
import { findCronForm } from "./cron-forms.js";
import type { CronForm } from "./cron-forms.js";

/** What a cron may hold. The library knows which of it is sound. */
const FIELD_CHARACTERS = /^[\d*,/\-A-Za-z?L#W]+$/;

export interface CronJudge {
  readonly isSound: (cron: string) => boolean;
  /** Of a sound one. */
  readonly everFires: (cron: string) => boolean;
}

/** Undefined for a cron that can be used. */
export function findWrittenFault(written: string, judge: CronJudge): string | undefined {
  const fields = written.split(" ");
  const isFive = fields.length === 5 && fields.every((field) => FIELD_CHARACTERS.test(field));
  if (isFive && judge.isSound(written)) {
    return judge.everFires(written) ? undefined : describeNever(fields);
  }
  const form = findCronForm(written);
  if (form !== undefined && judge.isSound(form.cron) && judge.everFires(form.cron)) return describeForm(form);
  const fault = fields.length === 5 ? findFieldFault(fields, judge.isSound) : undefined;
  const count = fields.filter((field) => field !== "").length;
  return fault ?? (count === 5 ? FIVE_FIELDS : `${FIVE_FIELDS}; these are ${String(count)}`);
}

function describeForm({ cron, timezone, spread, note }: CronForm): string {
  const beside = [
    ...(timezone === undefined ? [] : [`timezone: ${timezone}`]),
    ...(spread === undefined ? [] : [`spread: ${spread}`]),
  ];
  const more = beside.length === 0 ? "" : ` with ${beside.join(" and ")}`;
  return `five cron fields: write "${cron}"${more}${note === undefined ? "" : ` (${note})`}`;
}

/** Only days of the month that no month of the list has. */
function describeNever([, , day = "", month = ""]: readonly string[]): string {
  return `a cron that fires at all: no month ${month} has a day ${day}`;
}
