import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { passTime } from './pass-time.ts';
import { type AlertWorld, startAlertWorld } from './world.ts';

const world: AlertWorld = await startAlertWorld(import.meta.url);
const { service, pass, project, github, issues } = world;
const { sql } = world.database;
afterAll(() => world.drop());
beforeEach(async () => {
  await sql`
    truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.silences, ops.watchers, ops.alert_issues,
             ops.alert_projections restart identity`;
  github.store.issues.clear();
  github.store.comments.clear();
});

const raise = () => service`select ops.raise_alert('net_worker', 'net_worker', 'critical', 'pg_net is down')`;
const end = () => service`select ops.resolve_alert('net_worker')`;
const alerts = async () =>
  (await service`select status, condition, count, acknowledged_by as by from ops.alerts order by id`).map(
    (row) => ({ ...row }),
  );

/** Minutes in which it is there and not there by turns; the health workflow comes by every five. */
async function flap(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await (minute % 2 === 0 ? raise() : end());
    if (minute % 5 === 4) await look();
    await passTime(sql, '1 minute');
  }
}

async function look(): Promise<void> {
  await pass();
  await project();
}

/** What watchers of the issue were told: opened, closed, reopened, comments. */
function told(): number {
  const states = github.store.issueEvents.filter(({ kind }) => kind === 'closed' || kind === 'reopened');
  return issues().length + states.length + github.store.comments.size;
}

describe('an alert that others raise and that comes and goes', () => {
  it('every minute for an hour is one issue that says so once, and closes when it stays away', async () => {
    github.store.issueEvents.length = 0;
    await flap(60);
    expect(issues()).toMatchObject([{ number: 1, state: 'open' }]);
    expect(told()).toBe(1);
    expect(await alerts()).toMatchObject([{}, {}, { status: 'active', condition: 'recovering', count: 28 }]);

    await passTime(sql, '16 minutes');
    await look();
    expect(issues()).toMatchObject([{ number: 1, state: 'closed' }]);
    expect(told()).toBe(3);
    expect((await alerts()).every(({ status }) => status === 'resolved')).toBe(true);
  });

  it('stays with whoever took it, however often it comes back', async () => {
    await flap(15);
    await service`select ops.acknowledge_alert(id, 'ada') from ops.alerts where resolved_at is null`;
    await look();
    github.store.issueEvents.length = 0;
    const before = github.store.comments.size;
    await flap(20);
    expect((await alerts()).at(-1)).toMatchObject({ status: 'acknowledged', by: 'ada' });
    expect([github.store.issueEvents.length, github.store.comments.size]).toEqual([0, before]);
  });

  it('twice within the hour is over at once, and so is what comes back seldom', async () => {
    for (let time = 0; time < 2; time += 1) {
      await raise();
      await end();
    }
    expect(await alerts()).toMatchObject([{ status: 'resolved' }, { status: 'resolved' }]);
    await passTime(sql, '61 minutes');
    await raise();
    await end();
    expect((await alerts()).at(-1)).toMatchObject({ status: 'resolved' });
  });

  it('is over at once when a person says so', async () => {
    await flap(9);
    await raise();
    expect(
      await service`select ops.resolve_alert_by_id(id, 'ada') as yes from ops.alerts where resolved_at is null`,
    ).toEqual([{ yes: true }]);
    await raise();
    await end();
    expect((await alerts()).at(-1)).toMatchObject({ condition: 'recovering' });
    await service`select ops.resolve_all_alerts(null, 'ada')`;
    expect((await alerts()).at(-1)).toMatchObject({ status: 'resolved' });
  });

  it('is ended by the clock of the database too, when no workflow comes by', async () => {
    await flap(9);
    await end();
    await passTime(sql, '16 minutes');
    expect(await service`select ops.end_held_alerts() as ended`).toEqual([{ ended: 1 }]);
  });
});
