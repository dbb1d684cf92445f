/** Schedules in words, for plans, summaries and pages. */
import cronstrue from 'cronstrue';
import type { CompiledSchedule } from '../declare/model.ts';
import { plainDays, plainHours, plainMinutes, plainMonths, plainWeekdays } from './plain-fields.ts';

/**
 * English words with a 24-hour clock, for example `At 02:30, only on Monday (America/New_York)`.
 * The time zone is always named.
 */
export function describeSchedule(compiled: Omit<CompiledSchedule, 'cronSchedule'>): string {
  if (compiled.kind === 'reboot') return 'Once, when the scheduler starts';
  if (compiled.match === undefined) {
    return compiled.seconds === 1 ? 'Every second' : `Every ${compiled.seconds} seconds`;
  }
  return `${wordsOf(compiled.match)} (${compiled.timezone})`;
}

/**
 * cronstrue describes text, and its words are wrong for some: a step of 40 is not "every 40 minutes", and with both day fields
 * given it says "and" where the job runs when either matches. So it is given the values that match, written plainly.
 */
function wordsOf(match: NonNullable<CompiledSchedule['match']>): string {
  const time = `${plainMinutes(match)} ${plainHours(match)}`;
  const month = plainMonths(match.months);
  const day = match.last_day ? 'L' : plainDays(match.days);
  const weekday = plainWeekdays(match.weekdays);
  if (!match.either_day) return words(`${time} ${day} ${month} ${weekday}`);
  // Either of two is every day as soon as one of them is.
  if (day === '*' || weekday === '*') return words(`${time} * ${month} *`);
  return [
    `${words(`${time} ${day} * *`)} or ${added(`* * * * ${weekday}`).replace(/^only /, '')}`,
    ...(month === '*' ? [] : [added(`* * * ${month} *`)]),
  ].join(', ');
}

function words(expression: string): string {
  return cronstrue.toString(expression, { use24HourTimeFormat: true, logicalAndDayFields: true });
}

/** What one restricted field adds to "Every minute". */
function added(expression: string): string {
  return words(expression).replace(/^Every minute, /, '');
}
