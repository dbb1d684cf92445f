/** When a schedule runs next. croner walks the UTC minutes pg_cron will fire at; what is due at them is ours. */
import { Cron } from 'croner';
import type { CompiledSchedule } from '../declare/model.ts';
import { isDueAt } from './is-due.ts';

/** Give up on a schedule that is due less than once in this many of its own firings. */
const PATIENCE = 20_000;

/**
 * The next `count` instants after `from` at which the job runs. Intervals count from `from`, because pg_cron starts
 * them when it first sees the job. `@reboot` has no next run, and a date that never comes has none either.
 */
export function nextRuns(
  compiled: CompiledSchedule,
  options: { readonly from: Date; readonly count: number },
): Date[] {
  const { from, count } = options;
  const seconds = compiled.seconds;
  if (seconds !== undefined) {
    return Array.from(
      { length: count },
      (_, index) => new Date(from.getTime() + (index + 1) * seconds * 1000),
    );
  }
  if (compiled.match === undefined) return [];
  // croner writes the last day of the month `L`, and takes `*/n` in a day field for a restriction, which pg_cron does not.
  const [, , day = '*', , weekday = '*'] = compiled.cronSchedule.split(' ');
  const walker = new Cron(compiled.cronSchedule.replace('$', 'L'), {
    timezone: 'Etc/UTC',
    mode: '5-part',
    domAndDow: day.startsWith('*') || weekday.startsWith('*'),
    paused: true,
  });
  const runs: Date[] = [];
  let at: Date | null = from;
  for (let tries = 0; runs.length < count && tries < PATIENCE; tries += 1) {
    at = walker.nextRun(at);
    if (at === null) break;
    if (isDueAt(compiled.match, compiled.timezone, at.getTime())) runs.push(at);
  }
  return runs;
}
