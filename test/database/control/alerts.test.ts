import postgres from 'postgres';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => sql`truncate ops.alerts, ops.alert_events restart identity`);

async function raise(key = 'credits', severity = 'warning'): Promise<number> {
  const [row] = await service`
    select public.ops_alert_raise_v1(
      p_kind => 'openrouter', p_dedupe_key => ${key}, p_severity => ${severity}, p_title => 'Credits run low',
      p_message => 'three left', p_details => '{"owner": "@movinesta-ops", "runbook": "top-up"}'
    )::int as id`;
  return Number(row?.id);
}

async function history(): Promise<string[]> {
  const rows = await sql`select event, count, actor, note from ops.alert_events order by id`;
  return rows.map((row) =>
    [row.event, row.count, row.actor, row.note].filter((part) => part !== null).join(' '),
  );
}

async function statusOf(id: number): Promise<unknown> {
  const [row] = await sql`select status from ops.alerts where id = ${id}`;
  return row?.status;
}

describe('the life of an alert', () => {
  it('is told from its first raise to its return', async () => {
    const id = await raise();
    await raise();
    await raise('credits', 'critical');
    await service`select ops.acknowledge_alert(${id}, 'ada', 'on it')`;
    await raise('credits', 'critical');
    expect(await statusOf(id)).toBe('acknowledged');
    await service`select public.ops_alert_resolve_v1(${id}, 'bob', 'paid')`;
    const next = await raise();
    expect(next).not.toBe(id);
    expect(await history()).toEqual([
      'raised 1',
      'counted 2',
      'severity_changed 3',
      'acknowledged 3 ada on it',
      'counted 4',
      'resolved 4 bob paid',
      'reopened 1',
    ]);
    const [reopened] = await sql`select details from ops.alert_events where event = 'reopened'`;
    expect(reopened).toEqual({ details: { former: id } });
    const [alert] =
      await sql`select owner, runbook, acknowledged_by, resolved_by from ops.alerts where id = ${id}`;
    expect(alert).toEqual({
      owner: '@movinesta-ops',
      runbook: 'top-up',
      acknowledged_by: 'ada',
      resolved_by: 'bob',
    });
  });

  it('is no return after a day', async () => {
    const id = await raise();
    await service`select ops.resolve_alert('credits')`;
    await sql`update ops.alerts set resolved_at = now() - interval '25 hours' where id = ${id}`;
    await raise();
    expect(await history()).toEqual(['raised 1', 'resolved 1', 'raised 1']);
  });

  it('counts for ever with a bounded history', async () => {
    await raise();
    await sql`select ops.raise_alert('openrouter', 'credits', 'warning', 'x') from generate_series(1, 999)`;
    expect((await history()).at(-1)).toBe('counted 512');
    expect(await history()).toHaveLength(10);
  });

  it('sleeps while snoozed, and wakes with the first raise after it', async () => {
    const id = await raise();
    await service`select ops.snooze_alert(${id}, now() + interval '2 hours', 'ada')`;
    await raise();
    expect(await statusOf(id)).toBe('snoozed');
    await sql`update ops.alerts set snoozed_until = now() - interval '1 second' where id = ${id}`;
    await raise();
    expect(await statusOf(id)).toBe('active');
    expect(await history()).toEqual(['raised 1', 'snoozed 1 ada', 'counted 2', 'snoozed 2 ada', 'woken 3']);
    await expect(service`select ops.snooze_alert(${id}, now() - interval '1 hour', 'ada')`).rejects.toThrow(
      'snoozed until a time in the year to come',
    );
  });

  it('raised as pending is active with the first raise that is not', async () => {
    const pending = [{ kind: 'check', dedupe_key: 'slow', severity: 'info', title: 'Slow', pending: true }];
    await service`select ops.raise_alerts(${sql.json(pending)})`;
    await service`select ops.raise_alerts(${sql.json(pending)})`;
    expect(await history()).toEqual(['pending 1', 'counted 2']);
    await service`select ops.raise_alerts(${sql.json(pending.map((item) => ({ ...item, pending: false })))})`;
    expect(await history()).toEqual(['pending 1', 'counted 2', 'raised 3']);
  });

  it('can be told by its writers only through what happened', async () => {
    await raise();
    await expect(service`delete from ops.alert_events`).rejects.toThrow('permission denied');
    await expect(
      service`insert into ops.alert_events (alert_id, event, severity, count) values (1, 'resolved', 'info', 1)`,
    ).rejects.toThrow('permission denied');
    await service`update ops.alerts set severity = 'info'`;
    expect(await history()).toEqual(['raised 1', 'severity_changed 1']);
  });
});

describe('a batch', () => {
  const item = (key: string, title = key) => ({ kind: 'check', dedupe_key: key, severity: 'warning', title });

  it('groups by key, says the last, counts all, and tells new from known', async () => {
    await raise('b');
    const rows = await service`
      select dedupe_key, count, is_new from ops.raise_alerts(${sql.json([
        item('a', 'first'),
        item('b'),
        { ...item('a', 'last'), count: 3 },
      ])}) order by 1`;
    expect(rows).toEqual([
      { dedupe_key: 'a', count: 4, is_new: true },
      { dedupe_key: 'b', count: 2, is_new: false },
    ]);
    const [alert] = await sql`select title from ops.alerts where dedupe_key = 'a'`;
    expect(alert).toEqual({ title: 'last' });
  });

  it('with one wrong item changes nothing', async () => {
    await expect(
      service`select ops.raise_alerts(${sql.json([item('a'), { ...item('b'), severity: 'dire' }])})`,
    ).rejects.toThrow('alerts_severity_check');
    expect(await sql`select * from ops.alerts`).toEqual([]);
  });

  it('and another one with the same keys in another order never wait for each other in a circle', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    const other = database.as('service_role');
    const pass = async (session: typeof sql, order: readonly string[]): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        await session`select ops.raise_alerts(${sql.json(order.map((key) => item(key)))})`;
        await session`select ops.resolve_alerts(${[...order].reverse()})`;
      }
    };
    await Promise.all([pass(service, keys), pass(other, [...keys].reverse())]);
    const [row] = await sql`select sum(count)::int as raised from ops.alerts`;
    expect(row).toEqual({ raised: 2 * 15 * 200 });
  });

  it('of resolves ends exactly those, and resolve_all a kind', async () => {
    await service`select ops.raise_alerts(${sql.json(['a', 'b', 'c'].map((key) => item(key)))})`;
    await raise();
    expect(await service`select ops.resolve_alerts(array['a', 'x'], 'check') as n`).toEqual([{ n: 1 }]);
    expect(await service`select public.ops_alert_resolve_all_v1(p_kind => 'check') as n`).toEqual([{ n: 2 }]);
    expect(await service`select public.ops_alert_resolve_all_v1('ada', 'all paid') as n`).toEqual([{ n: 1 }]);
    expect(await service`select public.ops_alert_resolve_all_v1() as n`).toEqual([{ n: 0 }]);
  });
});

describe('the versioned RPCs', () => {
  it('take the older names of parameters and severities too', async () => {
    await service`
      select public.ops_alert_raise_v1(
        p_kind => 'k', p_dedupe_key => 'd', p_severity => 'warn', p_title => 't', p_detail => 'why', p_source => 'check',
        p_meta => '{"left": 1}'
      )`;
    const [alert] = await service`select severity, message, details from public.ops_alert_list_active_v1()`;
    expect(alert).toEqual({ severity: 'warning', message: 'why', details: { left: 1, source: 'check' } });
    const resolve = (key: string) =>
      service`select public.ops_alert_resolve_by_dedupe_key_v1(p_dedupe_key => ${key}, p_resolved_by => 'system', p_reason => 'ok') as done`;
    expect(await resolve('d')).toEqual([{ done: true }]);
    expect(await resolve('d')).toEqual([{ done: false }]);
  });

  it('list active alerts page by page', async () => {
    await sql`select ops.raise_alert('k', 'key ' || i, 'info', 't') from generate_series(1, 25) i`;
    const seen: number[] = [];
    let before: number | null = null;
    for (;;) {
      const page: { id: string }[] = await service<{ id: string }[]>`
        select id from public.ops_alert_list_active_v1(10, ${before}::bigint)`;
      if (page.length === 0) break;
      seen.push(...page.map((row) => Number(row.id)));
      before = seen.at(-1) ?? null;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
  });

  it.each(['anon', 'authenticated'])('are closed to %s, and so is the table behind them', async (role) => {
    const session = database.as(role);
    for (const call of [
      `ops_alert_raise_v1('k', 'd', 'info', 't')`,
      'ops_alert_list_active_v1()',
      'ops_alert_resolve_v1(1)',
      `ops_alert_resolve_by_dedupe_key_v1('d')`,
      'ops_alert_resolve_all_v1()',
    ]) {
      await expect(session.unsafe(`select public.${call}`), call).rejects.toMatchObject({ code: '42501' });
    }
    await expect(session`update ops.alerts set status = 'active'`).rejects.toMatchObject({ code: '42501' });
  });
});

describe('at once', () => {
  it('100 sessions that raise the same key are one row with count 100', async () => {
    const sessions = Array.from({ length: 100 }, () => database.as('service_role'));
    await Promise.all(sessions.map((session) => session`select 1`));
    await Promise.all(
      sessions.map((session) => session`select public.ops_alert_raise_v1('k', 'one', 'warning', 't')`),
    );
    await Promise.all(sessions.map((session) => session.end()));
    expect(await sql`select count, status from ops.alerts where dedupe_key = 'one'`).toEqual([
      { count: 100, status: 'active' },
    ]);
  });

  // OPSROOM_RACE_SECONDS=60 for the whole minute.
  const seconds = Number(process.env.OPSROOM_RACE_SECONDS ?? '5');
  it(
    `raising and resolving for ${seconds} s never makes two active rows, never fails, and loses no raise`,
    async () => {
      const sessions = Array.from({ length: 12 }, () => database.as('service_role'));
      const until = Date.now() + seconds * 1000;
      let raised = 0;
      let resolved = 0;
      const batch = sql.json([{ kind: 'k', dedupe_key: 'race', severity: 'info', title: 't', count: 2 }]);
      await Promise.all(
        sessions.map(async (session, index) => {
          while (Date.now() < until) {
            if (index % 3 === 0) {
              // What comes and goes is held open by the first; the second ends it all the same.
              const [row] =
                await session`select ops.resolve_alert('race')::int + ops.resolve_all_alerts('k') as n`;
              resolved += Number(row?.n);
            } else if (index % 3 === 1) {
              await session`select ops.raise_alert('k', 'race', 'info', 't')`;
              raised += 1;
            } else {
              await session`select ops.raise_alerts(${batch})`;
              raised += 2;
            }
          }
        }),
      );
      const [sums] = await sql`
        select sum(count)::int as raised, count(*) filter (where resolved_at is not null)::int as resolved,
          count(*) filter (where resolved_at is null)::int as active
        from ops.alerts where dedupe_key = 'race'`;
      expect(raised).toBeGreaterThan(100);
      expect(sums?.raised).toBe(raised);
      expect(sums?.resolved).toBeGreaterThan(2);
      expect(sums?.resolved).toBeLessThanOrEqual(resolved);
      expect(sums?.active).toBeLessThanOrEqual(1);
      const [told] = await sql`
        select count(*) filter (where event in ('raised', 'reopened'))::int as rows from ops.alert_events`;
      expect(told?.rows).toBe(Number(sums?.resolved) + Number(sums?.active));
    },
    seconds * 1000 + 60_000,
  );

  it('the race would be seen: without the unique key there are two', async () => {
    const victim = postgres({
      ...database.connectAs(database.name, 'postgres'),
      max: 1,
      onnotice: () => undefined,
    });
    try {
      await victim.begin(async (transaction) => {
        await transaction`drop index ops.alerts_active_dedupe_key`;
        await expect(
          transaction.savepoint((inner) => inner`select ops.raise_alert('k', 'd', 'info', 't')`),
        ).rejects.toThrow('no unique or exclusion constraint');
        throw new Error('undo');
      });
    } catch (error) {
      expect(error).toMatchObject({ message: 'undo' });
    } finally {
      await victim.end();
    }
  });
});
