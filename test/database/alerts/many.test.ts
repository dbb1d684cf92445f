import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type AlertWorld, found, policy, startAlertWorld } from './world.ts';

const once = { late: policy() };
const twice = { late: policy({ for: { failing: 2, of: 3 } }) };
const world: AlertWorld = await startAlertWorld(import.meta.url, once);
const { pass } = world;
const { sql } = world.database;
afterAll(() => world.drop());
beforeEach(
  () =>
    sql`truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.watchers restart identity`,
);

const jobs = (count: number) => Array.from({ length: count }, (_, index) => found('late', `job_${index}`));

// Few and many take different ways through the history: both must tell the same.
describe.each([3, 150])('a pass that finds %i things', (count) => {
  it('raises each once, and each that comes back is told to be the former one again', async () => {
    await pass({ results: jobs(count) });
    await pass();
    await pass({ results: jobs(count) });
    const events =
      await sql`select event, count(*)::integer as times from ops.alert_events group by event order by event`;
    expect(events).toEqual([
      { event: 'raised', times: count },
      { event: 'reopened', times: count },
      { event: 'resolved', times: count },
    ]);
    const [row] = await sql`
      select count(*)::integer as right
      from ops.alert_events e
      join ops.alerts a on a.id = e.alert_id
      join ops.alerts former on former.id = (e.details ->> 'former')::bigint and former.dedupe_key = a.dedupe_key and former.id < a.id
      where e.event = 'reopened'`;
    expect(row).toEqual({ right: count });
  });

  it('counts passes only for checks that need several', async () => {
    const states = async () => (await sql`select count(*)::integer as kept from ops.check_states`)[0]?.kept;
    await pass({ results: jobs(count) });
    expect(await states()).toBe(0);
    await pass({ results: jobs(count), policies: twice });
    expect(await states()).toBe(count);
    // The file asks for less again: what was counted says nothing.
    await pass({ results: jobs(count) });
    expect(await states()).toBe(0);
    const [row] =
      await sql`select count(*)::integer as open, min(count) as seen from ops.alerts where status = 'active'`;
    expect(row).toEqual({ open: count, seen: 3 });
  });

  it('takes the worse of two results for one object', async () => {
    const worse = jobs(count).map((one) => ({ ...one, severity: 'critical' as const }));
    const unknown = jobs(count).map((one) => ({
      ...one,
      state: 'unknown' as const,
      severity: 'critical' as const,
    }));
    await pass({ results: [...jobs(count), ...worse, ...unknown] });
    expect(await sql`select distinct severity, condition, count from ops.alerts`).toEqual([
      { severity: 'critical', condition: 'firing', count: 1 },
    ]);
  });
});
