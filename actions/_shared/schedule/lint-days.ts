/**
 * Dates that never come and day fields that mean something else than they seem to: pg_cron says nothing about either.
 */

import type { ScheduleProblem } from './field-faults.ts';
import { LONGEST_MONTH } from './fields.ts';
import type { CronFields } from './parse-schedule.ts';

/** Looks at day, month and weekday together. `span` covers the three in the text. */
export function lintDays(
  fields: CronFields,
  span: { readonly start: number; readonly end: number },
): readonly ScheduleProblem[] {
  const { day, month, weekday } = fields;
  if (day.leadingStar) return [];
  const problems: ScheduleProblem[] = [];
  const firstDay = day.values[0] ?? 1;
  const longest = Math.max(...month.values.map((value) => LONGEST_MONTH[value] ?? 31));
  const eitherDay = !weekday.leadingStar;
  if (day.lastDay) {
    // Every month has one.
  } else if (firstDay > longest) {
    problems.push({
      severity: eitherDay ? 'warning' : 'error',
      code: 'schedule-impossible-date',
      message: eitherDay
        ? `day ${firstDay} never comes in the months named, so only the day of the week counts`
        : `day ${firstDay} never comes in the months named: pg_cron accepts this and never fires`,
      hint: 'Name a day these months have; `$` in the third field is the last day of the month.',
      ...span,
    });
  } else if (!eitherDay && firstDay > 28 && month.values.some((value) => shortest(value) < firstDay)) {
    problems.push({
      severity: 'notice',
      code: 'schedule-skips-months',
      message: `months without a day ${firstDay} are skipped`,
      hint: 'Write `$` in the third field for the last day of every month.',
      ...span,
    });
  }
  if (eitherDay) {
    problems.push({
      severity: 'warning',
      code: 'schedule-day-or-weekday',
      message:
        'with both a day of the month and a day of the week, the job runs when either matches, not when both do',
      hint: 'Leave one of them `*`, or keep it if either is meant.',
      ...span,
    });
  }
  return problems;
}

function shortest(month: number): number {
  return month === 2 ? 28 : (LONGEST_MONTH[month] ?? 31);
}
