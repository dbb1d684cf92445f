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
