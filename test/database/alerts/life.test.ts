import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { passTime } from './pass-time.ts';
import { type AlertWorld, found, policy, startAlertWorld } from './world.ts';

const policies = {
  late: policy({ for: { failing: 2, of: 3 }, hold_open_s: 600 }),
  dead: policy({ mutes: [{ check: 'late' }, { kind: 'job_failed' }] }),
  slow: policy(),
};
const world: AlertWorld = await startAlertWorld(import.meta.url, policies);
const { service, pass } = world;
const { sql } = world.database;
afterAll(() => world.drop());
beforeEach(
  () =>
    sql`truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.silences, ops.watchers restart identity`,
);

async function alerts(): Promise<string[]> {
  const rows = await sql`
    select concat_ws(' ', dedupe_key, status, nullif(condition, 'firing'), case when muted_by is not null then 'muted' end) as said
    from ops.alerts where resolved_at is null order by dedupe_key`;
  return rows.map((row) => String(row.said));
}

async function history(key: string): Promise<string> {
  const rows = await sql`
    select e.event from ops.alert_events e join ops.alerts a on a.id = e.alert_id where a.dedupe_key = ${key} order by e.id`;
  return rows.map((row) => row.event).join(' ');
}

describe('an alert of a check', () => {
  it('is pending until two of the last three passes found it', async () => {
    await pass({ results: [found('late', 'sync')] });
    expect(await alerts()).toEqual(['check:late:sync pending']);
    await pass();
    expect(await alerts()).toEqual(['check:late:sync pending recovering']);
    await pass({ results: [found('late', 'sync')] });
    expect(await alerts()).toEqual(['check:late:sync active']);
  });

  it('that never was one ends when nothing of it is left in the passes that count', async () => {
    await pass({ results: [found('late', 'sync')] });
    await pass();
    await pass();
    expect(await alerts()).toEqual(['check:late:sync pending recovering']);
    await pass();
    expect(await alerts()).toEqual([]);
    await pass({ results: [found('late', 'sync')] });
    expect(await alerts()).toEqual(['check:late:sync pending']);
  });

  it('counts passes, so that hours between them change nothing', async () => {
    await pass({ results: [found('late', 'sync')] });
    await passTime(sql, '7 hours');
    await pass();
    await passTime(sql, '7 hours');
    await pass({ results: [found('late', 'sync')] });
    expect(await alerts()).toEqual(['check:late:sync active']);
  });

  it('stays open while it flaps, and ends once it was well for long enough', async () => {
    for (const results of [
      [found('late', 'sync')],
      [found('late', 'sync')],
      [],
      [found('late', 'sync')],
      [],
    ]) {
      await pass({ results });
      await passTime(sql, '5 minutes');
    }
    expect(await alerts()).toEqual(['check:late:sync active recovering']);
    await pass();
    expect(await alerts()).toEqual(['check:late:sync active recovering']);
    await passTime(sql, '5 minutes');
    await pass();
    expect(await alerts()).toEqual([]);
    expect(await history('check:late:sync')).toBe('pending counted raised resolved');
  });

  it('is unknown, never well, while nobody looks, and that time does not count as well', async () => {
    await pass({ results: [found('late', 'sync')] });
    await pass({ results: [found('late', 'sync')] });
    await pass();
    await passTime(sql, '9 minutes');
    const counts = await pass({ evaluated: ['dead', 'slow'] });
    expect(counts).toMatchObject({ unknown: 1, active: 1 });
    expect(await alerts()).toEqual(['check:late: pending unknown', 'check:late:sync active unknown']);
    await passTime(sql, '9 minutes');
    await pass();
    expect(await alerts()).toContain('check:late:sync active recovering');
    await passTime(sql, '11 minutes');
    await pass();
    await pass();
    expect(await alerts()).toEqual([]);
    expect(await history('check:late:sync')).toBe('pending counted raised unknown known resolved');
  });

  it('keeps what was last seen of it while it is unknown', async () => {
    await pass({ results: [found('slow', 'sync', { severity: 'critical' })] });
    await pass({
      results: [
        found('slow', 'sync', {
          state: 'unknown',
          severity: 'info',
          finding: { ...found('slow').finding, title: 'Could not look', detail: 'no rights' },
        }),
      ],
    });
    const [alert] =
      await sql`select title, severity, condition, details ->> 'unknown' as why from ops.alerts`;
    expect(alert).toEqual({
      title: 'Something is slow: sync',
      severity: 'critical',
      condition: 'unknown',
      why: 'no rights',
    });
  });

  it('is an alert of its own when a check never could look', async () => {
    await pass({ evaluated: ['late', 'dead'] });
    expect(await alerts()).toEqual(['check:slow: active unknown']);
    await pass({ evaluated: ['late', 'dead'], skipped: ['slow'] });
    expect(await alerts()).toEqual(['check:slow: active unknown']);
    await pass();
    expect(await alerts()).toEqual([]);
  });

  it('ends when its check is no longer declared, but not because a pass declared nothing', async () => {
    await pass({ results: [found('slow', 'a')] });
    await pass({ policies: {}, evaluated: [] });
    expect(await alerts()).toEqual(['check:slow:a active']);
    await pass({ policies: { late: policies.late } });
    expect(await alerts()).toEqual([]);
    expect(await sql`select resolved_by, note from ops.alerts`).toEqual([
      { resolved_by: 'checks', note: 'its check is no longer declared' },
    ]);
  });

  it('of another source is none of this pass', async () => {
    await pass({ source: 'advisories', results: [found('slow', 'a')], policies: { slow: policy() } });
    await pass();
    expect(await alerts()).toEqual(['advice:slow:a active']);
    await pass({ source: 'advisories', policies: { slow: policy() } });
    expect(await alerts()).toEqual([]);
  });

  it('is not touched by a pass that looked before the last one', async () => {
    const [early] = await sql`select clock_timestamp()::text as now`;
    await pass({ results: [found('slow', 'a')] });
    expect(await pass({ at: String(early?.now) })).toEqual({ late: true });
    expect(await alerts()).toEqual(['check:slow:a active']);
  });

  it('is counted once by each of two passes at the same time', async () => {
    const other = world.database.as('service_role');
    const both = [service, other].map(async (session) => {
      for (let round = 0; round < 10; round += 1) {
        const wish = {
          evaluated: ['slow'],
          policies: { slow: policy() },
          results: [found('slow', 'a'), found('slow', 'b')],
        };
        await session`
          select ops.record_check_pass(jsonb_build_object('at', clock_timestamp()) || ${JSON.stringify(wish)}::text::jsonb)`;
      }
    });
    await Promise.all(both);
    const rows = await sql`select dedupe_key, count from ops.alerts order by 1`;
    expect(rows.map((row) => row.dedupe_key)).toEqual(['check:slow:a', 'check:slow:b']);
    // A pass that began before the other one ended its look is late, and counts nothing.
    expect(rows[0]?.count).toBeGreaterThan(10);
    expect(rows[0]?.count).toBe(rows[1]?.count);
  });
});

describe('an answer', () => {
  it('ends when the alert becomes worse than what was answered, not when it becomes as bad again', async () => {
    await pass({ results: [found('slow', 'a')] });
    await service`select ops.acknowledge_alert(id, 'ada') from ops.alerts`;
    await pass({ results: [found('slow', 'a', { severity: 'info' })] });
    await pass({ results: [found('slow', 'a')] });
    expect(await alerts()).toEqual(['check:slow:a acknowledged']);
    await pass({ results: [found('slow', 'a', { severity: 'critical' })] });
    expect(await alerts()).toEqual(['check:slow:a active']);
    expect(await history('check:slow:a')).toBe(
      'raised acknowledged severity_changed counted severity_changed severity_changed counted woken',
    );
  });

  it('by others than checks ends the same way', async () => {
    const raise = (severity: string) =>
      service`select ops.raise_alert('credits', 'credits', ${severity}, 'Credits run low')`;
    await raise('warning');
    await service`select ops.snooze_alert(id, now() + interval '2 hours', 'ada') from ops.alerts`;
    await raise('warning');
    expect(await alerts()).toEqual(['credits snoozed']);
    await raise('critical');
    expect(await alerts()).toEqual(['credits active']);
  });

  it('is not there any more when the alert returns', async () => {
    await pass({ results: [found('slow', 'a')] });
    await service`select ops.acknowledge_alert(id, 'ada') from ops.alerts`;
    await pass();
    await pass({ results: [found('slow', 'a')] });
    expect(await alerts()).toEqual(['check:slow:a active']);
  });

  it('that puts off is over at its time, also for an alert nobody raises again', async () => {
    await service`select ops.raise_alert('dead_letter', 'dead', 'critical', 'A job failed for good')`;
    await service`select ops.snooze_alert(id, now() + interval '2 hours', 'ada') from ops.alerts`;
    await pass();
    expect(await alerts()).toEqual(['dead snoozed']);
    await passTime(sql, '3 hours');
    await pass();
    expect(await alerts()).toEqual(['dead active']);
  });
});

describe('a silence', () => {
  const silence = async (matcher: object, until = '1 hour') => {
    const [row] = await service`
      select ops.create_silence(${JSON.stringify(matcher)}::text::jsonb, now() + ${until}::interval, 'ada', 'planned')::int as id`;
    return Number(row?.id);
  };

  it('holds for alerts there are and for those to come, survives their end, and ends by itself', async () => {
    await pass({ results: [found('slow', 'a'), found('slow', 'b')] });
    await silence({ check: 'slow', object: 'a*' });
    expect(await alerts()).toEqual(['check:slow:a silenced', 'check:slow:b active']);
    await pass();
    await pass({ results: [found('slow', 'a'), found('slow', 'ab')] });
    expect(await alerts()).toEqual(['check:slow:a silenced', 'check:slow:ab silenced']);
    await passTime(sql, '2 hours');
    await pass({ results: [found('slow', 'a'), found('slow', 'ab')] });
    expect(await alerts()).toEqual(['check:slow:a active', 'check:slow:ab active']);
    expect(await history('check:slow:ab')).toContain('silenced');
    expect(await history('check:slow:ab')).toContain('woken');
  });

  it('can be ended before its time, once', async () => {
    await pass({ results: [found('slow', 'a')] });
    const id = await silence({ severity: 'warning' });
    expect(await alerts()).toEqual(['check:slow:a silenced']);
    const end = async () => (await service`select ops.end_silence(${id}, 'bob') as ended`)[0]?.ended;
    expect(await end()).toBe(true);
    expect(await alerts()).toEqual(['check:slow:a active']);
    expect(await end()).toBe(false);
  });

  it('takes what it is told literally but for * and ?', async () => {
    await pass({
      results: [found('slow', 'a_b'), found('slow', 'axb'), found('slow', 'a%b'), found('slow', '50%')],
    });
    await silence({ object: 'a_b' });
    expect(await alerts()).toEqual([
      'check:slow:50% active',
      'check:slow:a%b active',
      'check:slow:a_b silenced',
      'check:slow:axb active',
    ]);
    await silence({ object: '?0%' });
    expect(await alerts()).toContain('check:slow:50% silenced');
  });

  it.each([
    [{}, 'at least one key'],
    [{ jobs: 'x' }, 'knows no key jobs'],
    [{ check: '' }, 'a text of 1 to 200'],
    [{ check: 5 }, 'a text of 1 to 200'],
    [{ severity: 'dire' }, 'a severity is'],
  ])('refuses %j', async (matcher, words) => {
    await expect(silence(matcher)).rejects.toThrow(words);
  });

  it('leaves an acknowledgement alone', async () => {
    await pass({ results: [found('slow', 'a')] });
    await service`select ops.acknowledge_alert(id, 'ada') from ops.alerts`;
    await silence({ check: 'slow' });
    expect(await alerts()).toEqual(['check:slow:a acknowledged']);
  });
});

describe('a cause', () => {
  it('mutes what follows from it, names itself, and lets go when it is over', async () => {
    await service`select ops.raise_alert('job_failed', 'job:sync', 'critical', 'sync: timeout')`;
    await pass({ results: [found('dead'), found('slow', 'x')] });
    expect(await alerts()).toEqual(['check:dead: active', 'check:slow:x active', 'job:sync active muted']);
    const [row] = await sql`select a.dedupe_key from ops.alerts m join ops.alerts a on a.id = m.muted_by`;
    expect(row).toEqual({ dedupe_key: 'check:dead:' });
    await pass({ results: [found('slow', 'x')] });
    expect(await alerts()).toEqual(['check:slow:x active', 'job:sync active']);
  });

  it('that nobody can see mutes nothing', async () => {
    await service`select ops.raise_alert('job_failed', 'job:sync', 'critical', 'sync: timeout')`;
    await pass({ results: [found('dead', '', { state: 'unknown' })] });
    expect(await alerts()).toContain('job:sync active');
  });

  it('in a circle with others leaves one that speaks', async () => {
    const circle = {
      a: policy({ mutes: [{ check: 'b' }] }),
      b: policy({ mutes: [{ check: 'c' }] }),
      c: policy({ mutes: [{ check: 'a' }] }),
    };
    await pass({ policies: circle, results: [found('a'), found('b'), found('c')] });
    const rows = await sql`select dedupe_key, muted_by from ops.alerts where muted_by is null`;
    expect(rows).toHaveLength(1);
  });

  it('never mutes itself', async () => {
    await pass({
      policies: { a: policy({ mutes: [{ check: '*' }] }) },
      results: [found('a', 'one'), found('a', 'two')],
    });
    expect(await alerts()).toEqual(['check:a:one active', 'check:a:two active muted']);
  });
});

describe('the watchmen', () => {
  const watch = async () => (await sql`select ops.watch_watchers() as silent`)[0]?.silent;
  const beat = () =>
    service`select ops.record_heartbeat('health', interval '5 minutes', 'https://run', 'checked', true)`;

  it('are missed after six intervals, and never having come is missing too', async () => {
    expect(await watch()).toBe(0);
    await passTime(sql, '29 minutes');
    expect(await watch()).toBe(0);
    await passTime(sql, '2 minutes');
    expect(await watch()).toBe(1);
    expect(await alerts()).toEqual(['watcher:health active']);
    await beat();
    expect(await watch()).toBe(0);
    expect(await alerts()).toEqual([]);
  });

  it('a recorded pass alone is no sign of life, so that the run that comes back still shows the alert', async () => {
    await watch();
    await passTime(sql, '1 hour');
    await watch();
    await pass();
    expect(await watch()).toBe(1);
    await passTime(sql, '3 hours');
    await watch();
    expect(await sql`select severity from ops.alerts where resolved_at is null`).toEqual([
      { severity: 'critical' },
    ]);
  });
});
