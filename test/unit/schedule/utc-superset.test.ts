import { describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';

const ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Africa/Casablanca',
  'America/St_Johns',
];
const SCHEDULES = [
  '30 2 * * *',
  '0 0 * * *',
  '45 23 * * *',
  '0 0 1 * *',
  '15 23 31 12 *',
  '0 0 29 2 *',
  '0 0 $ * *',
  '30 22 $ 2 *',
  '0 1 * * 1',
  '0 22 * * 1-5',
  '0 0 1 * 1',
  '0 12 1-31 * 1',
  '0 3 15 * 1-6',
  '0 0 */2 * 1',
  '0 20 */2 3,9 *',
  '*/30 9-17 * * 1-5',
  '0 */6 1 1 *',
];

describe('what pg_cron is told about a schedule in another zone', () => {
  it.each(ZONES)(
    'holds every minute at which it is due in %s',
    (timezone) => {
      for (const source of SCHEDULES) {
        const local = compileSchedule({ name: 'job', source, timezone });
        const told = compileSchedule({ name: 'job', source: local.cronSchedule });
        for (let at = Date.UTC(2027, 10, 1); at < Date.UTC(2028, 3, 15); at += 15 * 60_000) {
          const date = new Date(at);
          if (isDue(local, date))
            expect(isDue(told, date), `${source} at ${date.toISOString()}, told ${local.cronSchedule}`).toBe(
              true,
            );
        }
      }
    },
    60_000,
  );

  it.each([
    ['30 2 * * *', 'America/New_York', '30 6,7 * * *'],
    ['30 2 * * 1', 'Asia/Kolkata', '0 21 * * 0'],
    ['0 0 * * *', 'Australia/Lord_Howe', '0,30 13 * * *'],
    ['0 0 1 1 *', 'Pacific/Auckland', '0 11,12 28-31 1,12 *'],
    ['*/15 * * * *', 'America/New_York', '0-59/15 * * * *'],
    ['*/15 * * * *', 'Asia/Kolkata', '0-59/15 * * * *'],
    ['* * * * *', 'Pacific/Chatham', '* * * * *'],
    ['0 9 * * 1-5', 'Europe/Berlin', '0 7,8 * * 1-5'],
    ['0 0 $ * *', 'Europe/Berlin', '0 22,23 27-30 * *'],
    ['0 12 1-31 * 1', 'Pacific/Kiritimati', '0 22 * * *'],
    ['0 0 * * *', 'Etc/UTC', '0 0 * * *'],
    ['0 0 * * *', 'Africa/Abidjan', '0 0 * * *'],
  ])('%s in %s is told as %s', (source, timezone, told) => {
    expect(compileSchedule({ name: 'job', source, timezone }).cronSchedule).toBe(told);
  });

  it('is told as it is in UTC', () => {
    for (const source of SCHEDULES)
      expect(compileSchedule({ name: 'job', source }).cronSchedule).toBe(source);
  });
});
