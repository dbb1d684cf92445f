import { afterAll, describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';
import { createTestDatabase } from '../../support/database.ts';
import { definitionOf } from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());

/** Instants in a span at which SQL finds a schedule due, minute by minute. */
async function dueInSql(
  source: string,
  timezone: string,
  from: string,
  days: number,
): Promise<readonly string[]> {
  const definition = JSON.parse(JSON.stringify(definitionOf('job', { schedule: source, timezone })));
  const rows = await sql<{ at: Date }[]>`
    select m.at
    from generate_series(${from}::timestamptz, ${from}::timestamptz + make_interval(days => ${days}), '1 minute') as m (at)
    where ops.is_due(${sql.json(definition)}, m.at)
    order by m.at
  `;
  return rows.map((row) => row.at.toISOString());
}

/** The same, backwards in whole hours, as the collector asks. */
async function slotsInSql(
  source: string,
  timezone: string,
  from: string,
  days: number,
): Promise<readonly string[]> {
  const definition = JSON.parse(JSON.stringify(definitionOf('job', { schedule: source, timezone })));
  const rows = await sql<{ at: Date }[]>`
    select s.at
    from ops.due_slots(
      ${sql.json(definition)}, ${from}::timestamptz - interval '1 second', ${from}::timestamptz + make_interval(days => ${days}), 100000
    ) as s (at)
    order by s.at
  `;
  return rows.map((row) => row.at.toISOString());
}

function dueInTypeScript(source: string, timezone: string, from: string, days: number): readonly string[] {
  const compiled = compileSchedule({ name: 'job', source, timezone });
  const start = Date.parse(from);
  return Array.from({ length: days * 1440 + 1 }, (_, minute) => new Date(start + minute * 60_000))
    .filter((at) => isDue(compiled, at))
    .map((at) => at.toISOString());
}

describe('a job at 02:30 local time runs once each local day', () => {
  it.each([
    [
      'America/New_York',
      'spring',
      '2027-03-12T05:00:00Z',
      ['2027-03-12T07:30', '2027-03-13T07:30', '2027-03-14T07:30', '2027-03-15T06:30'],
    ],
    [
      'America/New_York',
      'autumn',
      '2027-11-05T04:00:00Z',
      ['2027-11-05T06:30', '2027-11-06T06:30', '2027-11-07T07:30', '2027-11-08T07:30'],
    ],
    [
      'Europe/Berlin',
      'spring',
      '2027-03-26T23:00:00Z',
      ['2027-03-27T01:30', '2027-03-28T01:30', '2027-03-29T00:30', '2027-03-30T00:30'],
    ],
    [
      'Europe/Berlin',
      'autumn',
      '2027-10-28T22:00:00Z',
      ['2027-10-29T00:30', '2027-10-30T00:30', '2027-10-31T00:30', '2027-11-01T01:30'],
    ],
    [
      'Australia/Lord_Howe',
      'spring',
      '2027-10-01T13:30:00Z',
      ['2027-10-01T16:00', '2027-10-02T15:30', '2027-10-03T15:30', '2027-10-04T15:30'],
    ],
    [
      'Australia/Lord_Howe',
      'autumn',
      '2027-04-02T13:00:00Z',
      ['2027-04-02T15:30', '2027-04-03T16:00', '2027-04-04T16:00', '2027-04-05T16:00'],
    ],
  ])('in %s in %s', async (timezone, _, from, expected) => {
    const due = await dueInSql('30 2 * * *', timezone, from, 4);
    expect(due.slice(0, 4)).toEqual(expected.map((at) => `${at}:00.000Z`));
  });

  it('in Lord Howe at 02:15, a time the clock jumps over, when the old clock would have shown it', async () => {
    const due = await dueInSql('15 2 * * *', 'Australia/Lord_Howe', '2027-10-01T13:30:00Z', 3);
    expect(due).toEqual(['2027-10-01T15:45:00.000Z', '2027-10-02T15:45:00.000Z', '2027-10-03T15:15:00.000Z']);
  });

  it('in Lord Howe at 01:45, a time the clock shows twice, on the first showing', async () => {
    const due = await dueInSql('45 1 * * *', 'Australia/Lord_Howe', '2027-04-02T13:00:00Z', 3);
    expect(due).toEqual(['2027-04-02T14:45:00.000Z', '2027-04-03T14:45:00.000Z', '2027-04-04T15:15:00.000Z']);
  });
});

describe('SQL and TypeScript find the same minutes due, through a switch of the clocks', () => {
  const weeks = [
    ['America/New_York', '2027-03-10T00:00:00Z'],
    ['America/New_York', '2027-11-03T00:00:00Z'],
    ['Europe/Berlin', '2027-03-25T00:00:00Z'],
    ['Europe/Berlin', '2027-10-28T00:00:00Z'],
    ['Australia/Lord_Howe', '2027-04-01T00:00:00Z'],
    ['Australia/Lord_Howe', '2027-09-30T00:00:00Z'],
    ['Asia/Kathmandu', '2027-01-29T00:00:00Z'],
    ['UTC', '2028-02-26T00:00:00Z'],
  ] as const;
  const schedules = [
    '30 2 * * *',
    '0,30 1-3 * * *',
    '15 */2 * * *',
    '*/20 2 * * *',
    '59 23 $ * *',
    '5 4 1,15 * 1',
    '5 4 */2 * 1-5',
    '0 0 * * 0',
    'H H * * *',
  ];

  it.each(weeks)('%s from %s', async (timezone, from) => {
    for (const source of schedules) {
      const expected = dueInTypeScript(source, timezone, from, 7);
      expect({ source, due: await dueInSql(source, timezone, from, 7) }).toEqual({ source, due: expected });
      expect({ source, due: await slotsInSql(source, timezone, from, 7) }).toEqual({ source, due: expected });
    }
  });
});

it('intervals and @reboot are always due and have no slots to miss', async () => {
  for (const source of ['30 seconds', '@reboot']) {
    expect(await dueInSql(source, 'UTC', '2027-01-01T00:00:00Z', 0)).toHaveLength(1);
    expect(await slotsInSql(source, 'UTC', '2027-01-01T00:00:00Z', 1)).toHaveLength(0);
  }
});
