import { describe, expect, it } from 'vitest';
import { readCronTimes } from '../../../local/standins/cron-times.ts';

function minutesOf(schedule: string, from: string, count: number): string[] {
  const times = readCronTimes(schedule);
  if (times.kind !== 'minutes') throw new Error(`${schedule} is not of minutes`);
  const found: string[] = [];
  const start = Date.parse(from);
  for (let minute = 0; found.length < count && minute < 400 * 24 * 60; minute += 1) {
    const at = new Date(start + minute * 60_000);
    if (times.matches(at)) found.push(at.toISOString().slice(0, 16));
  }
  return found;
}

describe('what pg_cron 1.6 makes of a schedule', () => {
  const cases: readonly [schedule: string, from: string, expected: readonly string[]][] = [
    ['*/30 * * * *', '2026-11-21T10:05Z', ['2026-11-21T10:30', '2026-11-21T11:00']],
    ['15 3 * * *', '2026-11-21T10:05Z', ['2026-11-22T03:15', '2026-11-23T03:15']],
    ['@daily', '2026-11-21T10:05Z', ['2026-11-22T00:00']],
    ['@weekly', '2026-11-21T10:05Z', ['2026-11-22T00:00', '2026-11-29T00:00']],
    ['@monthly', '2026-11-21T10:05Z', ['2026-12-01T00:00']],
    ['@hourly', '2026-11-21T10:05Z', ['2026-11-21T11:00']],
    // Neither day field begins with a star: one of them is enough.
    ['0 0 1 * MON', '2026-11-24T00:00Z', ['2026-11-30T00:00', '2026-12-01T00:00', '2026-12-07T00:00']],
    // A step still counts as a star: both must match.
    ['0 0 */2 * MON', '2026-11-21T00:00Z', ['2026-11-23T00:00', '2026-12-07T00:00']],
    ['0 0 * * 7', '2026-11-21T00:00Z', ['2026-11-22T00:00']],
    ['0 0 * * sat-7', '2026-11-20T00:00Z', ['2026-11-21T00:00', '2026-11-22T00:00', '2026-11-28T00:00']],
    ['0 12 $ * *', '2026-02-01T00:00Z', ['2026-02-28T12:00', '2026-03-31T12:00']],
    ['0 0 $ * 1', '2026-11-24T00:00Z', ['2026-11-30T00:00', '2026-12-07T00:00']],
    // What follows a good range is skipped.
    ['5;x 1#2 * * *', '2026-11-21T00:00Z', ['2026-11-21T01:05']],
    ['0 0 * * * junk', '2026-11-21T00:00Z', ['2026-11-21T00:00']],
    ['# why\n  7 7 * * *', '2026-11-21T00:00Z', ['2026-11-21T07:07']],
    // Ranges that run backwards do odd things, not errors.
    ['0 22-2 * * *', '2026-11-21T03:00Z', ['2026-11-21T22:00', '2026-11-21T23:00', '2026-11-22T00:00']],
    ['10-5 0 * * *', '2026-11-21T00:05Z', ['2026-11-21T00:05', '2026-11-21T00:10', '2026-11-21T00:11']],
    ['0 0 * * fri-sun', '2026-11-21T00:00Z', []],
    ['0 22-2/2 * * *', '2026-11-21T00:00Z', []],
    ['0 0 31 2 *', '2026-11-21T00:00Z', []],
    ['@yearly', '2026-11-21T00:00Z', []],
  ];

  it.each(cases)('%j from %s', (schedule, from, expected) => {
    expect(minutesOf(schedule, from, Math.max(1, expected.length))).toEqual(expected);
  });

  it('reads intervals and @reboot', () => {
    expect(readCronTimes(' 30  SECONDS ')).toEqual({ kind: 'interval', seconds: 30 });
    expect(readCronTimes('1 second')).toEqual({ kind: 'interval', seconds: 1 });
    expect(readCronTimes('@restart')).toEqual({ kind: 'reboot' });
  });
});
