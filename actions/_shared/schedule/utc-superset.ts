/**
 * pg_cron reads schedules in UTC only. A schedule in another zone is given to it as the smallest five fields that hold
 * every UTC minute at which the local schedule can be due; `ops.fire` then decides at each of them.
 */
import { fieldText } from './field-text.ts';
import type { CronFields } from './parse-schedule.ts';

const DAY = 1440;

/** `offsets` are the minutes east of UTC the zone has in the years to come. */
export function utcSuperset(fields: CronFields, offsets: readonly number[]): string {
  const minutes = new Set<number>();
  const hours = new Set<number>();
  const shifts = new Set<number>();
  for (const offset of offsets) {
    for (const hour of fields.hour.values) {
      for (const minute of fields.minute.values) {
        const utc = hour * 60 + minute - offset;
        const shift = Math.floor(utc / DAY);
        const inDay = utc - shift * DAY;
        shifts.add(shift);
        hours.add(Math.floor(inDay / 60));
        minutes.add(inDay % 60);
      }
    }
  }
  const days = dayFields(
    fields,
    [...shifts].sort((a, b) => a - b),
  );
  return [fieldText(sorted(minutes), 0, 59), fieldText(sorted(hours), 0, 23), ...days].join(' ');
}

/** Day, month and weekday, widened by the days the local date can differ from the UTC date. */
function dayFields(fields: CronFields, shifts: readonly number[]): readonly [string, string, string] {
  const { day, month, weekday } = fields;
  if (shifts.every((shift) => shift === 0)) return [day.text, month.text, weekday.text];
  const months = fieldText(shiftMonths(fields, shifts), 1, 12);
  const days = day.lastDay ? lastDays(shifts) : fieldText(shiftDays(day.values, shifts), 1, 31);
  if (weekday.leadingStar) return [days, months, '*'];
  const weekdays = fieldText(shiftWeekdays(weekday.values, shifts), 0, 6);
  if (day.leadingStar) return ['*', months, weekdays];
  // Either day matches. A field widened to `*` would turn that "or" into an "and".
  return days === '*' || weekdays === '*' ? ['*', months, '*'] : [days, months, weekdays];
}

function lastDays(shifts: readonly number[]): string {
  const values = new Set<number>();
  for (const shift of shifts) {
    if (shift > 0) values.add(1);
    for (let day = 28; shift <= 0 && day <= 31; day += 1) values.add(day + shift);
  }
  return fieldText(sorted(values), 1, 31);
}

/** The day before the 1st is the 28th to 31st; the day after the 28th to 31st may be the 1st. */
function shiftDays(days: readonly number[], shifts: readonly number[]): readonly number[] {
  const values = new Set<number>();
  for (const shift of shifts) {
    for (const day of days) {
      const moved = day + shift;
      if (moved >= 1 && moved <= 31) values.add(moved);
      if (moved < 1) for (let last = 28; last <= 31; last += 1) values.add(last);
      if (shift > 0 && day >= 28) values.add(1);
    }
  }
  return sorted(values);
}

function shiftMonths(fields: CronFields, shifts: readonly number[]): readonly number[] {
  const { day, month, weekday } = fields;
  const anyDay = day.leadingStar || !weekday.leadingStar;
  const values = new Set(month.values);
  for (const shift of shifts) {
    const leavesBackward = shift < 0 && (anyDay || day.values.includes(1));
    const leavesForward = shift > 0 && (anyDay || day.lastDay || day.values.some((value) => value >= 28));
    for (const value of month.values) {
      if (leavesBackward) values.add(value === 1 ? 12 : value - 1);
      if (leavesForward) values.add(value === 12 ? 1 : value + 1);
    }
  }
  return sorted(values);
}

function shiftWeekdays(weekdays: readonly number[], shifts: readonly number[]): readonly number[] {
  return sorted(new Set(weekdays.flatMap((weekday) => shifts.map((shift) => (weekday + shift + 7) % 7))));
}

function sorted(values: Iterable<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}
