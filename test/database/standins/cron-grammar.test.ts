import { afterAll, describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';
import { readCronTimes } from '../../../local/standins/cron-times.ts';
import { createRunningDatabase } from '../../support/real-cluster.ts';

/** Runs unchanged against the stand-in (which follows 1.6.7) and against the real extension. */
const database = await createRunningDatabase(import.meta.url, { migrations: false });
const { sql, cronVersion } = database;

await sql`
  create function accepts_schedule(p_schedule text) returns boolean language plpgsql as $$
  begin
    perform cron.unschedule(cron.schedule('grammar', p_schedule, 'select 1'));
    return true;
  exception when invalid_parameter_value then
    return false;
  end $$`;
afterAll(() => database.drop());

async function accepted(schedules: readonly string[]): Promise<string[]> {
  const rows = await sql<{ schedule: string }[]>`
    select v.schedule from jsonb_array_elements_text(${sql.json([...schedules])}) with ordinality v (schedule, n)
    where accepts_schedule(v.schedule)
    order by v.n`;
  return rows.map((row) => row.schedule);
}

const good = [
  '* * * * *',
  '*/15 * * * *',
  '0 0 1 1 *',
  '1,2,3-5,10-20/5 * * * *',
  '0 0 * JAN-mar,12 *',
  '0 0 * * sun,MON-fri,7',
  '\t 5  4\t* * *  ',
  '05 04 01 01 00',
  '# a comment\n5 4 * * *',
  '59 23 31 12 7',
  '*/59 * * * *',
  '@hourly',
  '@daily',
  '@midnight',
  '@weekly',
  '@monthly',
  '@yearly',
  '@annually',
  '@reboot',
  '@restart',
  '@daily whatever follows',
];

/** Accepted as well, though nobody means them: our own lint is there for these. */
const doubtful = [
  '* * * * * *',
  '0 0 * * * foo',
  '10-5 * * * *',
  '0 22-2 * * *',
  '0 0 * * fri-sun',
  '0 0 31 2 *',
  '5;x * * * *',
  '*x * * * *',
  '1#2 * * * *',
  '0 0 * * 1#2',
];

const bad = [
  '',
  ' ',
  'every day',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * 32 * *',
  '* * * 0 *',
  '* * * 13 *',
  '* * * * 8',
  '-1 * * * *',
  '5/20 * * * *',
  '*/0 * * * *',
  '1- * * * *',
  ', * * * *',
  '1,,2 * * * *',
  '? * * * *',
  '* * L * *',
  '* * W * *',
  '* * * january *',
  '* * * * monday',
  'jan * * * *',
  '@every_minute',
  '@HOURLY',
  '@',
  '0 seconds',
  '60 seconds',
  '1.5 seconds',
  'ten seconds',
  '1 minute',
  '1 secondss',
];

const seconds = ['1 second', '59 seconds', ' 30  SECONDS ', '7second', '010 seconds'];
const lastDay = ['0 0 $ * *', '0 0 $ * 1'];
const wideSteps = ['*/60 * * * *', '* */24 * * *', '* * */32 * *', '* * * */13 *', '* * * * */8'];

describe('cron.schedule', () => {
  it('takes what pg_cron takes', async () => {
    expect(await accepted([...good, ...doubtful])).toEqual([...good, ...doubtful]);
  });

  it('refuses what pg_cron refuses', async () => {
    expect(await accepted(bad)).toEqual([]);
  });

  it.skipIf(cronVersion < 1.5)('takes intervals of 1 to 59 seconds (from 1.5 on)', async () => {
    expect(await accepted(seconds)).toEqual(seconds);
  });

  it.skipIf(cronVersion < 1.6)('takes $ as the whole third field (from 1.6 on)', async () => {
    expect(await accepted([...lastDay, '0 0 1,$ * *', '0 0 $,1 * *', '$ 0 * * *'])).toEqual(lastDay);
  });

  it.skipIf(cronVersion < 1.6)('refuses steps wider than the field (from 1.6.5 on)', async () => {
    expect(await accepted(wideSteps)).toEqual([]);
  });

  it('takes 999 characters and no more', async () => {
    const long = `${'1,'.repeat(480)}1 * * * *`;
    expect(await accepted([`${long} x`.padEnd(999, 'x'), `${long} x`.padEnd(1000, 'x')])).toHaveLength(1);
  });
});

/** A small fixed generator: the same schedules every time. */
function draw(count: number): string[] {
  let state = 20261121;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const item = (low: number, high: number): string => {
    const from = low + next(high - low);
    const to = from + 1 + next(high - from);
    return (
      ['*', `${from}`, `${from}-${to}`, `*/${1 + next(high - 1)}`, `${from}-${to}/${1 + next(to - from)}`][
        next(5)
      ] ?? '*'
    );
  };
  const field = (low: number, high: number): string =>
    Array.from({ length: 1 + (next(4) === 0 ? next(3) : 0) }, () => item(low, high)).join(',');
  return Array.from({ length: count }, () =>
    [field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)].join(' '),
  );
}

describe('300 schedules drawn at random', () => {
  const drawn = draw(300).filter((source) => compiles(source));

  it('that our lint passes are accepted by pg_cron', async () => {
    expect(drawn.length).toBeGreaterThan(150);
    expect(await accepted(drawn)).toEqual(drawn);
  });

  it('are due for the stand-in when they are due for us', () => {
    const start = Date.parse('2027-02-20T00:00Z');
    for (const source of drawn) {
      const compiled = compileSchedule({ name: 'drawn', source });
      const times = readCronTimes(source);
      if (times.kind !== 'minutes') throw new Error(source);
      const instants = Array.from({ length: 400 }, (_, step) => new Date(start + step * 977 * 60_000));
      const differing = instants.filter((at) => times.matches(at) !== isDue(compiled, at));
      expect({ source, differing }).toEqual({ source, differing: [] });
    }
  });
});

function compiles(source: string): boolean {
  try {
    compileSchedule({ name: 'drawn', source });
    return true;
  } catch {
    return false;
  }
}
