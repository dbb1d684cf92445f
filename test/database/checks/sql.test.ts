import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { checkFiles, look, only, summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
await sql`create table public.orders (id int primary key, state text, amount numeric)`;

const canary = 'sb_secret_canary0123456789abcdef';

function query(text: string, more = ''): string {
  return `sql:\n  query: ${JSON.stringify(text)}\n${more}`;
}

describe('a value', () => {
  const files = checkFiles({
    open_orders: query(
      'select count(*) from public.orders where state = $$open$$',
      '  when: { warning: "> 1", critical: ">= 3" }',
    ),
  });

  it('is well, bad, worse, and well again', async () => {
    const states: string[] = [];
    for (const count of [1, 2, 3, 0]) {
      await sql`truncate public.orders`;
      await sql`insert into public.orders select i, 'open' from generate_series(1, ${count}) i`;
      const pass = await look(files, { sql });
      expect(pass.evaluated).toEqual(['open_orders']);
      states.push(summary(pass).join());
    }

    expect(states).toEqual(['', 'open_orders/: warning sql_value', 'open_orders/: critical sql_value', '']);
  });

  it('comes with its evidence and the comparison that it broke', async () => {
    await sql`insert into public.orders select i, 'open' from generate_series(1, 2) i`;

    const { finding } = only(await look(files, { sql }));

    expect(finding).toEqual({
      name: 'sql_value',
      level: 'WARN',
      title: 'The check open_orders',
      detail: 'The value is 2; > 1 is bad.',
      remediation: 'See what the check is for, and who owns it.',
      evidence: { value: 2, bad: 'critical >= 3, warning > 1' },
      cache_key: 'sql_value_open_orders',
    });
    await sql`truncate public.orders`;
  });

  it.each([
    ['select 5', '"= 5"', 'warning sql_value'],
    ['select 5::bigint', '"!= 5"', ''],
    ['select 5.25::numeric', '"< 5.5"', 'warning sql_value'],
    ['select true', '"= 1"', 'warning sql_value'],
    ['select extract(epoch from interval $$6 minutes$$)', '"> 5m"', 'warning sql_value'],
    ['select 2e300::float8', '"> 1"', 'warning sql_value'],
    ['select 1 as other, 7 as value', '"> 6"', 'warning sql_value'],
    ['select null::int', '"> 0"', 'unknown cannot_evaluate'],
    ['select 1 where false', '"> 0"', 'unknown cannot_evaluate'],
    ['select i from generate_series(1, 9) i', '"> 0"', 'unknown cannot_evaluate'],
    ['select $$many$$', '"> 0"', 'unknown cannot_evaluate'],
    ['select $$nan$$::float8', '"> 0"', 'unknown cannot_evaluate'],
    ['select * from public.nowhere', '"> 0"', 'unknown cannot_evaluate'],
    ['select 1 / 0', '"> 0"', 'unknown cannot_evaluate'],
    ['select 1 -- a comment at the end', '"> 0"', 'warning sql_value'],
    ['values (3);', '"> 2"', 'warning sql_value'],
    ['with x as (select 4 as n) select n from x', '"> 3"', 'warning sql_value'],
  ])('%s, bad when %s, is: %s', async (text, when, expected) => {
    const pass = await look(checkFiles({ it: query(text, `  when: ${when}`) }), { sql });

    expect(summary(pass)).toEqual(expected === '' ? [] : [`it/: ${expected}`]);
    expect(pass.evaluated).toEqual(expected.startsWith('unknown') ? [] : ['it']);
  });
});

describe('rows', () => {
  it('are objects that are not well, each with its own severity, words and evidence', async () => {
    await sql`insert into public.orders values (1, 'stuck', 10), (2, 'stuck', 2000), (3, 'fine', 5)`;
    const files = checkFiles({
      stuck: query(
        `select id::text as object, amount as value, case when id = 1 then 'info' end as severity,
           case when id = 2 then 'order ' || id || ' waits' end as detail, state
         from public.orders where state <> 'fine' order by id`,
        '  rows: true\nrunbook: free-order\nseverity: critical',
      ),
    });

    const pass = await look(files, { sql });

    expect(summary(pass)).toEqual(['stuck/1: info sql_row', 'stuck/2: critical sql_row']);
    expect(pass.results[1]?.finding).toMatchObject({
      title: '2: The check stuck',
      detail: 'order 2 waits',
      remediation: 'Press runbook free-order.',
      evidence: { value: '2000', state: 'stuck' },
      cache_key: 'sql_row_stuck_2',
    });
    await sql`truncate public.orders`;
    expect(summary(await look(files, { sql }))).toEqual([]);
  });

  it('with a comparison are bad by their value only', async () => {
    const files = checkFiles({
      late: query(
        "select 'a' as object, 5 as value union all select 'b', 500 union all select 'c', null order by 1",
        '  rows: true\n  when: { warning: "> 10", critical: "> 100" }',
      ),
    });

    expect(summary(await look(files, { sql }))).toEqual([
      'late/b: critical sql_row',
      'late/c: unknown cannot_evaluate',
    ]);
  });

  it('beyond five hundred are counted, and the check then says nothing about what it did not name', async () => {
    const files = checkFiles({
      many: query("select 'o' || i as object from generate_series(1, 5000) i", '  rows: true'),
    });

    const pass = await look(files, { sql });

    expect(pass.results.length).toBeLessThanOrEqual(501);
    expect(pass.results[0]).toMatchObject({ object: '' });
    expect(pass.evaluated).toEqual([]);
  });
});

describe('a query that fails', () => {
  it('takes nothing from the others, however many there are and wherever it stands', async () => {
    const checks: Record<string, string> = {};
    for (let index = 0; index < 250; index += 1) {
      const name = `c${String(index).padStart(3, '0')}`;
      const broken = index % 50 === 7;
      checks[name] = query(broken ? 'select 1 / 0' : `select ${index}`, '  when: ">= 200"');
    }

    const pass = await look(checkFiles(checks), { sql });

    const unknown = pass.results.filter(({ state }) => state === 'unknown').map(({ check }) => check);
    expect(unknown).toEqual(['c007', 'c057', 'c107', 'c157', 'c207']);
    expect(pass.results.filter(({ state }) => state === 'firing')).toHaveLength(49);
    expect(pass.evaluated).toHaveLength(245);
  });

  it('says which privilege or table it misses, and no value of what it was asked with', async () => {
    const pass = await look(
      checkFiles({
        it: query(`select '${'x'.repeat(20)}'::int where 'Bearer ${canary}' <> ''`, '  when: "> 0"'),
      }),
      { sql },
    ).catch((error: unknown) => String(error));

    // The file itself is refused: a secret is written out in it.
    expect(pass).toContain('literal-secret');
    expect(pass).not.toContain(canary);
  });

  it('that takes too long is cut by its own timeout, and only that', async () => {
    const files = checkFiles({
      quick: query('select 1', '  when: "> 0"'),
      slow: query('select count(*) from pg_sleep(20)', '  when: "> 5"\ntimeout: 200ms'),
      slower: query('select count(*) from pg_sleep(20)', '  when: "> 5"\ntimeout: 300ms'),
    });
    const started = performance.now();

    const pass = await look(files, { sql });

    expect(performance.now() - started).toBeLessThan(3000);
    expect(summary(pass)).toEqual([
      'quick/: warning sql_value',
      'slow/: unknown cannot_evaluate',
      'slower/: unknown cannot_evaluate',
    ]);
    expect(pass.results[1]?.finding.detail).toBe('The query took longer than its timeout of 200 ms.');
  });

  it('that outlives the whole pass leaves the rest unknown, and never well', async () => {
    const files = checkFiles({
      a_slow: query('select count(*) from pg_sleep(30)', '  when: "> 5"\ntimeout: 1m'),
      b_quick: query('select 1', '  when: "> 5"\ntimeout: 2m'),
    });
    const started = performance.now();

    const pass = await look(files, { sql, deadlineMs: 500 });

    expect(performance.now() - started).toBeLessThan(3000);
    expect(pass.evaluated).toEqual([]);
    expect(summary(pass)).toEqual(['a_slow/: unknown cannot_evaluate', 'b_quick/: unknown cannot_evaluate']);
  });
});

describe('the pass', () => {
  it('sees one moment of the database, and can change nothing in it', async () => {
    await sql`truncate public.orders`;
    const files = checkFiles({
      a_first: query('select count(*) from public.orders', '  when: "= 0"'),
      b_writes: query("select set_config('transaction_read_only', 'off', true)::text = ''", '  when: "= 1"'),
      c_waits: query('select count(*) from pg_sleep(0.3)', '  when: "> 5"'),
      d_last: query('select count(*) from public.orders', '  when: "= 0"'),
      e_nextval: query("select nextval('ops.alerts_id_seq')", '  when: "> 0"'),
    });

    const looking = look(files, { sql });
    await new Promise((resolve) => setTimeout(resolve, 150));
    await sql`insert into public.orders values (1, 'open')`;
    const pass = await looking;

    expect(summary(pass)).toEqual([
      'a_first/: warning sql_value',
      'b_writes/: unknown cannot_evaluate',
      'd_last/: warning sql_value',
      'e_nextval/: unknown cannot_evaluate',
    ]);
  });

  it('with the database out of reach is unknown throughout, and says why', async () => {
    const { connect } = await import('../../../actions/_shared/database/connect.ts');
    const away = connect({ url: 'postgres://nobody:x@127.0.0.1:1/none', applicationName: 'test' });
    const files = checkFiles({ it: query('select 1', '  when: "> 5"'), jobs: 'cron: {}', net: 'pg_net: {}' });

    const pass = await look(files, { sql: away });

    await away.end({ timeout: 1 });
    expect(pass.evaluated).toEqual([]);
    expect(summary(pass)).toEqual([
      'it/: unknown cannot_evaluate',
      'jobs/: unknown cannot_evaluate',
      'net/: unknown cannot_evaluate',
    ]);
    expect(pass.results[0]?.finding.detail).toContain('No database answers there (127.0.0.1:1');
  });

  it('whose connection is cut keeps what it knows, and the rest is unknown', async () => {
    const files = checkFiles({
      jobs: 'queue: { depth: 1 }',
      it: query('select pg_terminate_backend(pg_backend_pid())::int', '  when: "> 5"'),
    });
    const { connect } = await import('../../../actions/_shared/database/connect.ts');
    const own = connect({ url: database.url, applicationName: 'test' });

    const pass = await look(files, { sql: own });

    await own.end({ timeout: 1 });
    expect(pass.evaluated).toEqual(['jobs']);
    expect(summary(pass)).toEqual(['it/: unknown cannot_evaluate']);
  });

  it('looks at a check with `every` when its turn has come, and says when it has not', async () => {
    const files = checkFiles({ seldom: query('select 1', '  when: "> 0"\nevery: 1h') });
    const now = new Date('2026-11-21T12:00:00Z');
    const turns: string[] = [];
    for (let minutes = 5; minutes <= 120; minutes += 5) {
      const at = new Date(now.getTime() + minutes * 60_000);
      const pass = await look(files, { sql, now: at, previous: new Date(at.getTime() - 300_000) });
      if (pass.results.length > 0) turns.push(at.toISOString());
      else expect(pass).toMatchObject({ evaluated: [], skipped: ['seldom'] });
      expect(Object.keys(pass.policies)).toEqual(['seldom']);
    }

    expect(turns).toHaveLength(2);
  });
});
