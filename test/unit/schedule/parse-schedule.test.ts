import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../actions/_shared/schedule/parse-schedule.ts';
import { seededRandom } from '../declare/random.ts';
import { type PgCronReading, readAsPgCron } from './pg-cron-reader.ts';

describe('schedules pg_cron reads as they are meant', () => {
  it.each([
    '* * * * *',
    '*/15 * * * *',
    '0,30 9-17 * * 1-5',
    '5 4 * * sun',
    '0 0 1 jan *',
    '0 0 * JAN-MAR MON,WED',
    '10-40/10 */2 1,15 * *',
    '0 0 * * sat-7',
    '0 0 * * 7',
    '0 0 $ * *',
    '  0\t0   * * *  ',
    '*/59 */23 * */12 */7',
    '00 09 * * *',
  ])('%s', (text) => {
    const result = parseSchedule(text);
    expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(fieldsOf(text)).toMatchObject(pick(readAsPgCron(text)));
  });

  it.each([
    ['30 seconds', 30],
    ['1 second', 1],
    ['59 SECONDS', 59],
    ['  5   seconds ', 5],
  ])('%s is an interval', (text, seconds) => {
    expect(parseSchedule(text)).toMatchObject({ ok: true, schedule: { kind: 'interval', seconds } });
  });

  it.each([
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
  ])('%s is %s', (macro, fields) => {
    expect(fieldsOf(macro)).toEqual(fieldsOf(fields));
  });

  it.each(['@reboot', '@restart'])('%s runs at the start', (macro) => {
    expect(parseSchedule(macro)).toMatchObject({ ok: true, schedule: { kind: 'reboot' } });
  });
});

describe('schedules that would hurt are errors that say where', () => {
  it.each([
    ['10-5 * * * *', 'schedule-reversed-range', 0, 4],
    ['0 22-2 * * *', 'schedule-reversed-range', 2, 6],
    ['0 0 * * fri-sun', 'schedule-reversed-range', 8, 15],
    ['*/60 * * * *', 'schedule-step-out-of-bounds', 0, 4],
    ['0 */24 * * *', 'schedule-step-out-of-bounds', 2, 6],
    ['0 0 */32 * *', 'schedule-step-out-of-bounds', 4, 8],
    ['0 0 * */13 *', 'schedule-step-out-of-bounds', 6, 10],
    ['0 0 * * */8', 'schedule-step-out-of-bounds', 8, 11],
    ['*/0 * * * *', 'schedule-step-out-of-bounds', 0, 3],
    ['* * * * * *', 'schedule-field-count', 10, 11],
    ['0 0 * * * foo', 'schedule-field-count', 10, 13],
    ['* * * *', 'schedule-field-count', 0, 7],
    ['', 'schedule-empty', 0, 1],
    ['   ', 'schedule-empty', 0, 1],
    ['5;x * * * *', 'schedule-trailing-junk', 1, 3],
    ['*x * * * *', 'schedule-trailing-junk', 1, 2],
    ['1#2 * * * *', 'schedule-unknown-value', 0, 3],
    ['5/20 * * * *', 'schedule-step-without-range', 0, 4],
    ['60 * * * *', 'schedule-out-of-bounds', 0, 2],
    ['* 24 * * *', 'schedule-out-of-bounds', 2, 4],
    ['* * 0 * *', 'schedule-out-of-bounds', 4, 5],
    ['* * 32 * *', 'schedule-out-of-bounds', 4, 6],
    ['* * * 13 *', 'schedule-out-of-bounds', 6, 8],
    ['* * * * 8', 'schedule-out-of-bounds', 8, 9],
    ['-1 * * * *', 'schedule-unknown-value', 0, 2],
    ['? * * * *', 'schedule-unknown-value', 0, 1],
    ['0 0 L * *', 'schedule-unknown-value', 4, 5],
    ['0 0 15W * *', 'schedule-unknown-value', 4, 7],
    ['0 0 * january *', 'schedule-unknown-value', 6, 13],
    ['0 0 jan * *', 'schedule-unknown-value', 4, 7],
    ['0 0 1,$ * *', 'schedule-last-day', 6, 7],
    ['0 0 * * $', 'schedule-last-day', 8, 9],
    ['1,,2 * * * *', 'schedule-empty-item', 2, 3],
    ['0 0 31 2 *', 'schedule-impossible-date', 4, 10],
    ['0 0 31 4,6,9,11 *', 'schedule-impossible-date', 4, 17],
    ['0 0 30 feb *', 'schedule-impossible-date', 4, 12],
    ['@yearly', 'schedule-broken-macro', 0, 7],
    ['@annually', 'schedule-broken-macro', 0, 9],
    ['@HOURLY', 'schedule-unknown-macro', 0, 7],
    ['@every_minute', 'schedule-unknown-macro', 0, 13],
    ['0 seconds', 'schedule-interval', 0, 9],
    ['60 seconds', 'schedule-interval', 0, 10],
    ['30s', 'schedule-interval', 0, 3],
    ['1.5 seconds', 'schedule-interval', 0, 11],
    ['0 0 * *\n*', 'schedule-unknown-value', 0, 9],
    ['H(50-10) * * * *', 'schedule-reversed-range', 0, 8],
    ['H(0-60) * * * *', 'schedule-out-of-bounds', 0, 7],
    ['* H(1-24) * * *', 'schedule-out-of-bounds', 2, 9],
    [`${'0,'.repeat(500)}0 * * * *`, 'schedule-too-long', 0, 1009],
  ])('%j: %s', (text, code, start, end) => {
    const result = parseSchedule(text);
    expect(result.ok).toBe(false);
    expect(result.problems[0]).toMatchObject({ severity: 'error', code, start, end });
    expect(result.problems[0]?.hint).toMatch(/\S/);
  });

  it('shows every fault, not only the first', () => {
    const codes = parseSchedule('*/60 25 0 13 fri-sun').problems.map(({ code }) => code);
    expect(codes).toEqual([
      'schedule-step-out-of-bounds',
      'schedule-out-of-bounds',
      'schedule-out-of-bounds',
      'schedule-out-of-bounds',
      'schedule-reversed-range',
    ]);
  });

  it.each([
    ['@HOURLY', '@hourly'],
    ['@dayly', '@daily'],
    ['@yearly', '0 0 1 1 *'],
    ['0 0 * january *', 'JAN'],
    ['5/20 * * * *', '5-59/20'],
    ['0 0 * * fri-sun', '5-6,0'],
    ['0 22-2 * * *', '22-23,0-2'],
    ['? * * * *', '*'],
  ])('%s: the hint names %s', (text, right) => {
    expect(parseSchedule(text).problems[0]?.hint).toContain(`\`${right}\``);
  });
});

describe('schedules that mean something else than they seem to are remarked', () => {
  it.each([
    ['0 0 1 * 1', 'schedule-day-or-weekday'],
    ['0 0 $ * 1', 'schedule-day-or-weekday'],
    ['0 0 31 2 1', 'schedule-impossible-date'],
    ['0 0 31 * *', 'schedule-skips-months'],
    ['0 0 29 2 *', 'schedule-skips-months'],
    ['*/7 * * * *', 'schedule-uneven-step'],
    ['0 */5 * * *', 'schedule-uneven-step'],
    ['10-20/30 * * * *', 'schedule-step-too-wide'],
  ])('%s: %s', (text, code) => {
    const result = parseSchedule(text);
    expect(result.ok).toBe(true);
    expect(result.problems.map((problem) => problem.code)).toContain(code);
  });

  it.each(['0 0 */2 * 1', '0 0 1 * *', '*/15 */6 * * *', '0 0 $ * *'])('%s needs no remark', (text) => {
    expect(parseSchedule(text).problems).toEqual([]);
  });
});

describe('compared with what pg_cron makes of the same text', () => {
  const values = [
    '*',
    '0',
    '1',
    '7',
    '12',
    '23',
    '31',
    '59',
    '60',
    'jan',
    'SUN',
    'sat',
    'x',
    '-1',
    '',
    '$',
    '?',
    'L',
  ];
  const ranges = ['1-5', '5-1', '0-7', 'sun-sat', 'fri-sun', 'jan-mar', '6-7', '10-40', '1-', '-'];
  const tails = ['', '/2', '/7', '/23', '/60', '/0', '/x', ';y', ',3', ',5-2', ',*'];
  const words = [...values, ...ranges]
    .flatMap((head) => tails.map((tail) => `${head}${tail}`))
    .filter((word) => word !== '');

  it.each([0, 1, 2, 3, 4])('agrees on every word of the vocabulary in field %i', (field) => {
    let compared = 0;
    for (const word of words) {
      const text = ['*', '*', '*', '*', '*'].with(field, word).join(' ');
      const theirs = readAsPgCron(text);
      const ours = parseSchedule(text);
      compared += 1;
      if (theirs === null) expect(ours.ok, `${text} is invalid in pg_cron`).toBe(false);
      else if (theirs.misread) expect(ours.ok, `${text} is misread by pg_cron`).toBe(false);
      else if (ours.ok) expect(fieldsOf(text), text).toMatchObject(pick(theirs));
      else
        expect(
          ours.problems.map(({ code }) => code),
          text,
        ).toContain('schedule-impossible-date');
    }
    expect(compared).toBe(words.length);
  });

  it('agrees on random schedules of several fields', () => {
    const random = seededRandom(20_261_121);
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from({ length: 5 }, () => words[random.below(words.length)]).join(' ');
      const theirs = readAsPgCron(text);
      const ours = parseSchedule(text);
      if (!ours.ok) continue;
      expect(theirs, text).not.toBeNull();
      expect(theirs?.misread, text).toBe(false);
      expect(fieldsOf(text), text).toMatchObject(pick(theirs));
    }
  });
});

function pick(reading: PgCronReading | null): Partial<PgCronReading> {
  if (reading === null) return {};
  const { misread: _, ...rest } = reading;
  return rest;
}

function fieldsOf(text: string): Omit<PgCronReading, 'misread'> | null {
  const result = parseSchedule(text);
  if (!result.ok || result.schedule.kind !== 'cron') return null;
  const { minute, hour, day, month, weekday } = result.schedule.fields;
  return {
    minute: minute.values,
    hour: hour.values,
    day: day.values,
    month: month.values,
    weekday: weekday.values,
    lastDay: day.lastDay,
    dayStar: day.leadingStar,
    weekdayStar: weekday.leadingStar,
  };
}
