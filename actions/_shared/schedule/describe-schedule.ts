/** Schedules in words, for plans, summaries and pages. */
import cronstrue from 'cronstrue';
import type { CompiledSchedule } from '../declare/model.ts';

/**
 * English words with a 24-hour clock, for example `At 02:30, only on Monday (America/New_York)`.
 * The time zone is named unless it is UTC.
 */
export function describeSchedule(compiled: Omit<CompiledSchedule, 'cronSchedule'>): string {
  switch (compiled.kind) {
    case 'reboot':
      return 'Once, when the scheduler starts';
    case 'interval':
      return compiled.seconds === 1 ? 'Every second' : `Every ${compiled.seconds} seconds`;
    case 'cron': {
      const zone = compiled.timezone === 'UTC' ? 'UTC' : compiled.timezone;
      const words = cronstrue.toString(compiled.expression.replace('$', 'L'), {
        use24HourTimeFormat: true,
        logicalAndDayFields: compiled.match?.either_day === false,
      });
      return `${words} (${zone})`;
    }
  }
}
