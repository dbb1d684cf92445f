import { describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { describeSchedule } from '../../../actions/_shared/schedule/describe-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';
import { nextRuns } from '../../../actions/_shared/schedule/next-runs.ts';

const compile = (source: string, timezone = 'UTC') => compileSchedule({ name: 'sync', source, timezone });

describe('in words', () => {
  it.each([
    ['*/15 * * * *', 'UTC', 'Every 15 minutes (UTC)'],
    ['30 2 * * 1', 'America/New_York', 'At 02:30, only on Monday (America/New_York)'],
    ['15 3 * * *', 'UTC', 'At 03:15 (UTC)'],
    ['0 0 $ * *', 'UTC', 'At 00:00, on the last day of the month (UTC)'],
    ['30 seconds', 'UTC', 'Every 30 seconds'],
    ['1 second', 'UTC', 'Every second'],
    ['@reboot', 'UTC', 'Once, when the scheduler starts'],
    ['0 0 1 * 1', 'UTC', 'At 00:00, on day 1 of the month or on Monday (UTC)'],
    ['0 0 */2 * 1', 'UTC', 'At 00:00, every 2 days in a month, only on Monday (UTC)'],
    ['* * * * *', 'UTC', 'Every minute (UTC)'],
    // What cronstrue says of the text itself would be wrong or misleading.
    ['*/40 * * * *', 'UTC', 'At 0 and 40 minutes past the hour (UTC)'],
    ['0 */23 * * *', 'UTC', 'At 00:00 and 23:00 (UTC)'],
    ['*,5 * * * *', 'UTC', 'Every minute (UTC)'],
    ['0-0 * * * *', 'UTC', 'Every hour (UTC)'],
    ['0 0 1-7 * mon-fri', 'UTC', 'At 00:00, between day 1 and 7 of the month or Monday through Friday (UTC)'],
    ['0 0 5 3 5-7', 'UTC', 'At 00:00, on day 5 of the month or Friday through Sunday, only in March (UTC)'],
    ['0 0 1 * 0-6', 'UTC', 'At 00:00 (UTC)'],
    ['0 0 1 * *,1', 'UTC', 'At 00:00, on day 1 of the month (UTC)'],
    ['0 0 * * */7', 'UTC', 'At 00:00, only on Sunday (UTC)'],
    ['0 0 * * 1-5/2', 'UTC', 'At 00:00, only on Monday, Wednesday, and Friday (UTC)'],
    ['0 0 * * 0,7', 'UTC', 'At 00:00, only on Sunday (UTC)'],
    ['0 0 * * 6-7', 'UTC', 'At 00:00, Saturday through Sunday (UTC)'],
    ['0 0 */10 * *', 'UTC', 'At 00:00, on day 1, 11, 21, and 31 of the month (UTC)'],
    ['0 0 1 */5 *', 'UTC', 'At 00:00, on day 1 of the month, only in January, June, and November (UTC)'],
    [
      '5-59/10 9-17 * * *',
      'UTC',
      'At 5, 15, 25, 35, 45, and 55 minutes past the hour, between 09:00 and 17:59 (UTC)',
    ],
    ['*/30 9-10 * * *', 'UTC', 'Every 30 minutes, between 09:00 and 10:59 (UTC)'],
    ['0 0 $ * 5-7', 'UTC', 'At 00:00, on the last day of the month or Friday through Sunday (UTC)'],
  ])('%s in %s', (source, timezone, words) => {
    expect(describeSchedule(compile(source, timezone))).toBe(words);
  });
});

describe('next runs', () => {
  it.each([
    ['*/30 * * * *', 'UTC', '2026-12-31T23:45Z', ['2027-01-01T00:00', '2027-01-01T00:30']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:30', '2026-03-09T06:30']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
    ['0 0 29 2 *', 'UTC', '2026-11-21T00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['0 0 $ * *', 'Pacific/Auckland', '2026-11-21T00:00Z', ['2026-11-29T11:00', '2026-12-30T11:00']],
    ['20 seconds', 'UTC', '2026-11-21T00:00Z', ['2026-11-21T00:00', '2026-11-21T00:00']],
    ['@reboot', 'UTC', '2026-11-21T00:00Z', []],
    ['0 0 30 2 1', 'UTC', '2026-11-21T00:00Z', ['2027-02-01T00:00', '2027-02-08T00:00']],
    ['* * */31 * 4', 'UTC', '2027-07-23T09:13Z', ['2028-06-01T00:00', '2028-06-01T00:01']],
    ['0 0 */10 * 5', 'UTC', '2026-11-21T00:00Z', ['2026-12-11T00:00', '2027-01-01T00:00']],
  ])('%s in %s after %s', (source, timezone, from, expected) => {
    const runs = nextRuns(compile(source, timezone), { from: new Date(from), count: 2 });
    expect(runs.map((run) => run.toISOString().slice(0, 16))).toEqual(expected);
  });

  it('are due, ascending, and nothing due lies between them', () => {
    for (const [source, timezone] of [
      ['*/20 1-3 * * *', 'America/New_York'],
      ['30 2 * * *', 'Australia/Lord_Howe'],
      ['H H * * 1-5', 'Asia/Kolkata'],
    ] as const) {
      const compiled = compile(source, timezone);
      const from = new Date('2026-10-30T00:00Z');
      const runs = nextRuns(compiled, { from, count: 12 });
      const due: string[] = [];
      for (let at = from.getTime() + 60_000; at <= (runs.at(-1)?.getTime() ?? 0); at += 60_000) {
        if (isDue(compiled, new Date(at))) due.push(new Date(at).toISOString());
      }
      expect(runs.map((run) => run.toISOString())).toEqual(due);
    }
  });
});
