import { describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';

const MINUTE = 60_000;

/** Instants in [from, to) at which the schedule is due. */
function dueBetween(source: string, timezone: string, from: string, to: string): string[] {
  const compiled = compileSchedule({ name: 'job', source, timezone });
  const due: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += MINUTE) {
    if (isDue(compiled, new Date(at))) due.push(new Date(at).toISOString().slice(0, 16));
  }
  return due;
}

describe('a job at a fixed local time runs exactly once each local day', () => {
  const cases = [
    ['America/New_York', '2026-03-07', '2026-03-10'],
    ['America/New_York', '2026-10-31', '2026-11-03'],
    ['Europe/Berlin', '2026-10-24', '2026-10-27'],
    ['Europe/Berlin', '2027-03-27', '2027-03-30'],
    ['Australia/Lord_Howe', '2026-10-03', '2026-10-06'],
    ['Australia/Lord_Howe', '2027-04-03', '2027-04-06'],
    ['Asia/Kolkata', '2026-12-30', '2027-01-03'],
    ['Pacific/Chatham', '2026-09-26', '2026-09-29'],
    ['Pacific/Chatham', '2027-04-03', '2027-04-06'],
    ['Africa/Cairo', '2026-04-23', '2026-04-26'],
    ['America/Havana', '2026-10-31', '2026-11-03'],
  ] as const;
  const times = [
    '30 2 * * *',
    '0 0 * * *',
    '15 1 * * *',
    '45 1 * * *',
    '59 2 * * *',
    '0 3 * * *',
    '30 3 * * *',
    '59 23 * * *',
    '10 0 * * *',
  ];

  it.each(cases)('in %s from %s to %s', (timezone, first, last) => {
    const local = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
    for (const source of times) {
      const due = dueBetween(source, timezone, `${first}T00:00Z`, `${last}T23:59Z`).map((at) =>
        local.format(new Date(`${at}Z`)),
      );
      const whole = due.filter((day) => day > first && day < last);
      expect(whole, `${source}`).toEqual([...new Set(whole)]);
      expect(whole.length, `${source}`).toBe((Date.parse(last) - Date.parse(first)) / 86_400_000 - 1);
    }
  });

  it.each(['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Chatham'])(
    'all through two years in %s',
    (timezone) => {
      const compiled = compileSchedule({ name: 'job', source: '30 2 * * *', timezone });
      const local = new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' });
      const days = new Map<string, number>();
      for (let at = Date.UTC(2027, 11, 30, 12); at < Date.UTC(2029, 0, 2, 12); at += 15 * MINUTE) {
        if (!isDue(compiled, new Date(at))) continue;
        const day = local.format(at);
        days.set(day, (days.get(day) ?? 0) + 1);
      }
      expect([...days.values()].every((count) => count === 1)).toBe(true);
      expect(days.has('2028-02-29')).toBe(true);
      expect(days.size).toBeGreaterThanOrEqual(368);
      expect(days.size).toBeLessThanOrEqual(369);
    },
  );
});

describe('the instants around a clock change', () => {
  it.each([
    ['skipped: under the old offset', '30 2 * * *', 'America/New_York', '2026-03-08', ['2026-03-08T07:30']],
    ['repeated: the first time', '30 1 * * *', 'America/New_York', '2026-11-01', ['2026-11-01T05:30']],
    ['after the repeated hour', '30 2 * * *', 'America/New_York', '2026-11-01', ['2026-11-01T07:30']],
    ['skipped: under the old offset', '30 2 * * *', 'Europe/Berlin', '2027-03-28', ['2027-03-28T01:30']],
    ['repeated: the first time', '30 2 * * *', 'Europe/Berlin', '2026-10-25', ['2026-10-25T00:30']],
    ['half an hour skipped', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-03', ['2026-10-03T15:45']],
    ['half an hour repeated', '45 1 * * *', 'Australia/Lord_Howe', '2027-04-03', ['2027-04-03T14:45']],
    ['fixed list over the skipped hour', '30 2,3 * * *', 'Europe/Berlin', '2027-03-28', ['2027-03-28T01:30']],
    ['no hour is skipped at +5:30', '30 2 * * *', 'Asia/Kolkata', '2026-03-08', ['2026-03-08T21:00']],
    ['the end of a day skipped', '59 23 * * *', 'America/Nuuk', '2026-03-29', ['2026-03-29T01:59']],
    ['quarters of an hour', '0 0 * * *', 'Pacific/Chatham', '2026-07-01', ['2026-07-01T11:15']],
  ])('%s: %s in %s on %s', (_, source, timezone, day, due) => {
    const next = new Date(Date.parse(`${day}T00:00Z`) + 86_400_000).toISOString();
    expect(dueBetween(source, timezone, `${day}T00:00Z`, next)).toEqual(due);
  });

  it('follows the clock on the wall when minute or hour is a star, both passes', () => {
    const night = dueBetween('*/30 1 * * *', 'America/New_York', '2026-11-01T04:00Z', '2026-11-01T09:00Z');
    expect(night).toEqual(['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30']);
    expect(dueBetween('*/30 2 * * *', 'America/New_York', '2026-03-08T04:00Z', '2026-03-08T12:00Z')).toEqual(
      [],
    );
    expect(dueBetween('0 * * * *', 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T04:00Z')).toHaveLength(
      4,
    );
  });
});

describe('days', () => {
  it.each([
    ['0 0 29 2 *', '2028-02-01', '2028-03-31', ['2028-02-29T00:00']],
    ['0 0 29 2 *', '2027-02-01', '2027-03-31', []],
    ['0 0 $ * *', '2028-02-01', '2028-04-02', ['2028-02-29T00:00', '2028-03-31T00:00']],
    ['59 23 31 12 *', '2026-12-30', '2027-01-02', ['2026-12-31T23:59']],
    ['0 0 13 * 5', '2026-11-01', '2026-11-21', ['2026-11-06T00:00', '2026-11-13T00:00', '2026-11-20T00:00']],
    ['0 0 */10 * 5', '2026-12-01', '2027-01-31', ['2026-12-11T00:00', '2027-01-01T00:00']],
    ['0 0 $ * 1', '2026-11-22', '2026-12-02', ['2026-11-23T00:00', '2026-11-30T00:00']],
    ['0 0 * * 7', '2026-11-20', '2026-11-24', ['2026-11-22T00:00']],
  ])('%s from %s to %s', (source, from, to, due) => {
    expect(dueBetween(source, 'UTC', `${from}T00:00Z`, `${to}T00:00Z`)).toEqual(due);
  });

  it('asks within the minute, seconds do not matter', () => {
    const compiled = compileSchedule({ name: 'job', source: '5 4 * * *' });
    expect(isDue(compiled, new Date('2026-11-21T04:05:59.999Z'))).toBe(true);
    expect(isDue(compiled, new Date('2026-11-21T04:06:00Z'))).toBe(false);
  });

  it('intervals and @reboot are due whenever they are asked', () => {
    for (const source of ['30 seconds', '@reboot']) {
      expect(isDue(compileSchedule({ name: 'job', source }), new Date(0))).toBe(true);
    }
  });
});
