/** Schedules in words, for plans, summaries and pages. */
import cronstrue from 'cronstrue';
import type { CompiledSchedule } from '../declare/model.ts';

/**
 * English words with a 24-hour clock, for example `At 02:30, only on Monday (America/New_York)`.
 * The time zone is always named.
 */
export function describeSchedule(compiled: Omit<CompiledSchedule, 'cronSchedule'>): string {
  switch (compiled.kind) {
    case 'reboot':
      return 'Once, when the scheduler starts';
    case 'interval':
      return compiled.seconds === 1 ? 'Every second' : `Every ${compiled.seconds} seconds`;
    case 'cron': {
      const words = cronstrue.toString(compiled.expression.replace('$', 'L'), {
        use24HourTimeFormat: true,
        logicalAndDayFields: compiled.match?.either_day === false,
      });
      // With both day fields given the job runs when either matches; cronstrue says "and".
      const exact =
        compiled.match?.either_day === true ? words.replace(/(of the month), and /, '$1 or ') : words;
      return `${exact} (${compiled.timezone})`;
    }
  }
}
