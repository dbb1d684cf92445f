import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { readZoneClocks } from '../../../actions/_shared/database/zone-clocks.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { type ApplyOptions, applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computeDrift } from '../../../actions/_shared/reconcile/drift.ts';
import type { Change, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, environment, fleet, job } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
  await apply(desiredState());
});
afterAll(() => database.drop());

const base = desiredState({ jobs: [job('sync_stats'), job('cleanup')] });
beforeEach(async () => {
  await database.superuser`select cron.unschedule(jobid) from cron.job`;
  await apply(base, { prune: true, allowDeletes: 1000 });
});

function plan(desired: DesiredState, more: { prune?: boolean; allowDeletes?: number } = {}): Promise<Plan> {
  return computePlan({ sql: database.sql, desired, env: {}, prune: false, ...more });
}

function apply(desired: DesiredState, more: Partial<ApplyOptions> = {}) {
  return applyPlan({ sql: database.sql, desired, env: {}, prune: false, actor: { name: 'test' }, ...more });
}

function cronChange(changes: Plan, name: string): Change | undefined {
  return changes.changes.find((change) => change.kind === 'cron' && change.name === name);
}

async function live(name: string) {
  const [row] = await database.superuser`
    select jobid::int, schedule, command, active, username, database from cron.job where jobname = ${name}`;
  return row;
}

describe('what was changed by hand', () => {
  it.each([
    ['the schedule', "schedule := '1 1 * * *'"],
    ['the command', "command := 'select 1'"],
    ['sleep', 'active := false'],
  ])('%s is drift, seen and put right', async (_what, change) => {
    await database.sql.unsafe(
      `select cron.alter_job(jobid, ${change}) from cron.job where jobname = 'sync_stats'`,
    );
    const drift = await computeDrift({ sql: database.sql, desired: base, env: {} });
    expect(drift.changes.map(({ kind, name, cause }) => [kind, name, cause])).toEqual([
      ['cron', 'sync_stats', 'drift'],
    ]);
    const before = await live('sync_stats');
    expect((await apply(base)).reason).toBe('applied');
    expect(await live('sync_stats')).toEqual({
      ...before,
      schedule: '7 * * * *',
      command: "select ops.fire('sync_stats')",
      active: true,
    });
    expect((await computeDrift({ sql: database.sql, desired: base, env: {} })).changes).toEqual([]);
  });

  it('and in the file too is both; in the file alone it is no drift', async () => {
    await database.sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'sync_stats'`;
    const wanted = {
      ...base,
      jobs: [job('sync_stats', { schedule: '8 * * * *' }), job('cleanup', { schedule: '9 * * * *' })],
    };
    const changes = await plan(wanted);
    expect(cronChange(changes, 'sync_stats')?.cause).toBe('both');
    expect(cronChange(changes, 'cleanup')?.cause).toBe('declaration');
    const drift = await computeDrift({ sql: database.sql, desired: wanted, env: {} });
    expect(drift.changes.map((change) => change.name)).toEqual(['sync_stats']);
  });

  it('a job that was unscheduled comes back', async () => {
    await database.sql`select cron.unschedule('sync_stats')`;
    expect(cronChange(await plan(base), 'sync_stats')).toMatchObject({ action: 'create', cause: 'drift' });
    await apply(base);
    expect(await live('sync_stats')).toMatchObject({ active: true });
  });

  it('a stored definition edited under its old digest is found', async () => {
    await database.superuser`
      update ops.job_definitions set definition = jsonb_set(definition, '{call,timeout_ms}', '99000') where name = 'cleanup'`;
    const [change] = (await computeDrift({ sql: database.sql, desired: base, env: {} })).changes;
    expect(change).toMatchObject({
      kind: 'job',
      name: 'cleanup',
      cause: 'drift',
      before: { timeout: '99s' },
      after: { timeout: '4s' },
    });
  });

  it('a definition emptied by hand does not break the plan', async () => {
    await database.superuser`update ops.job_definitions set definition = '{"a": [1, null]}' where name = 'cleanup'`;
    const [change] = (await plan(base)).changes;
    expect(change?.before).toEqual({ definition: '{"a": [1, null]}' });
    expect((await apply(base)).reason).toBe('applied');
  });
});

describe('jobs no longer declared', () => {
  const less = { ...base, jobs: [job('cleanup')] };

  it('are kept and reported unless pruning was asked for', async () => {
    const changes = await plan(less);
    expect(changes.changes).toEqual([]);
    expect(changes.orphaned.map(({ kind, name }) => [kind, name])).toEqual([
      ['job', 'sync_stats'],
      ['cron', 'sync_stats'],
    ]);
    expect((await apply(less)).reason).toBe('nothing_to_do');
    expect(await live('sync_stats')).toBeDefined();
  });

  it('are deleted by --prune, and where the environment prunes', async () => {
    const changes = await plan(less, { prune: true });
    expect(changes.changes.map(({ kind, action }) => [kind, action])).toEqual([
      ['cron', 'delete'],
      ['job', 'delete'],
    ]);
    expect(changes.changes[0]?.risks[0]).toMatchObject({ severity: 'danger', code: 'deletes-job' });
    const pruning = { ...less, environment: environment({ prune: ['cron'] }) };
    expect((await plan(pruning)).changes).toEqual(changes.changes);
    await apply(pruning);
    expect(await live('sync_stats')).toBeUndefined();
    const [left] = await database.superuser`
      select (select count(*)::int from ops.job_definitions where name = 'sync_stats')
           + (select count(*)::int from ops.managed_objects where name = 'sync_stats') as rows`;
    expect(left?.rows).toBe(0);
  });

  it('are never deleted all at once, or many at once, without a word of consent', async () => {
    const nothing = { ...base, jobs: [] };
    const refused = await apply(nothing, { prune: true });
    expect(refused.reason).toBe('deletion_guard');
    expect(refused.message).toContain('--allow-deletes 2');
    expect(await live('sync_stats')).toBeDefined();

    const many = { ...base, jobs: fleet(40) };
    await apply(many, { prune: true, allowDeletes: 2 });
    const fewer = { ...base, jobs: many.jobs.slice(0, 25) };
    expect((await apply(fewer, { prune: true })).reason).toBe('deletion_guard');
    expect((await apply(fewer, { prune: true, allowDeletes: 14 })).reason).toBe('deletion_guard');
    expect((await apply(fewer, { prune: true, allowDeletes: 15 })).reason).toBe('applied');
  });

  it('are all that is left when the others were deleted by hand', async () => {
    await database.sql`select cron.unschedule('cleanup')`;
    await database.sql`delete from ops.job_definitions where name = 'cleanup'`;
    const refused = await apply({ ...base, jobs: [] }, { prune: true });
    expect(refused.reason).toBe('deletion_guard');
    expect(refused.message).toContain('every job we manage (1 job)');
    expect(await live('sync_stats')).toBeDefined();
  });
});

describe('jobs somebody else made', () => {
  it('are reported without their secrets, and never touched', async () => {
    await database.sql`
      select cron.schedule('by_hand', '*/5 * * * *', $$select net.http_post('https://x.test', headers := '{"Authorization": "Bearer sb_secret_canary1234567890"}')$$)`;
    const before = await live('by_hand');
    const changes = await plan(base, { prune: true });
    expect(changes.changes).toEqual([]);
    expect(changes.unmanaged).toMatchObject([
      { kind: 'cron', name: 'by_hand', detail: { schedule: '*/5 * * * *' } },
    ]);
    expect(JSON.stringify(changes)).not.toContain('canary1234567890');
    await apply({ ...base, jobs: [...base.jobs, job('more')] }, { prune: true });
    expect(await live('by_hand')).toEqual(before);
  });

  it('are taken over when a file declares them, visibly, keeping their id', async () => {
    await database.sql`select cron.schedule('by_hand', '*/5 * * * *', 'select 1')`;
    await database.sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'by_hand'`;
    const before = await live('by_hand');
    const wanted = { ...base, jobs: [...base.jobs, job('by_hand')] };
    const change = cronChange(await plan(wanted), 'by_hand');
    expect(change).toMatchObject({ action: 'adopt', before: { command: 'select 1', active: false } });
    expect(change?.risks.map((risk) => risk.code).sort()).toEqual(['replaces-command', 'wakes-job']);
    await apply(wanted);
    expect(await live('by_hand')).toMatchObject({
      jobid: before?.jobid,
      command: "select ops.fire('by_hand')",
      active: true,
    });
    expect((await plan(wanted)).changes).toEqual([]);
  });

  it('are told apart by role: the same name under another one is a twin, not ours', async () => {
    await database.superuser`select cron.schedule('sync_stats', '* * * * *', 'select 1')`;
    const changes = await plan(base, { prune: true });
    expect(changes.changes).toEqual([]);
    expect(changes.notices).toMatchObject([{ code: 'cron-twin', severity: 'warning' }]);
    expect(changes.unmanaged).toMatchObject([{ name: 'sync_stats', detail: { username: 'supabase_admin' } }]);
    await database.superuser`select cron.unschedule(jobid) from cron.job where username = 'supabase_admin'`;
  });

  it('are left alone when ours of the same name is pruned, whatever the role that applies may do', async () => {
    const twins = () => database.superuser`
      select username, command from cron.job where jobname = 'sync_stats' order by username`;
    const less = { ...base, jobs: [job('cleanup')] };
    await database.superuser`select cron.schedule('sync_stats', '* * * * *', 'select 1')`;
    expect(await apply(less, { prune: true })).toMatchObject({ reason: 'applied' });
    expect(await twins()).toEqual([{ username: 'supabase_admin', command: 'select 1' }]);

    await database.superuser`select cron.unschedule(jobid) from cron.job`;
    await apply(base, { sql: database.superuser });
    await database.sql`select cron.schedule('sync_stats', '* * * * *', 'select 2')`;
    expect(await apply(less, { prune: true, sql: database.superuser })).toMatchObject({ reason: 'applied' });
    expect(await twins()).toEqual([{ username: 'postgres', command: 'select 2' }]);
  });

  it('and ours given to another role, which a superuser takes back, are no twins', async () => {
    const changes = await computePlan({ sql: database.superuser, desired: base, env: {}, prune: false });
    expect(changes.changes.filter(({ kind }) => kind === 'cron').map(({ action }) => action)).toEqual([
      'update',
      'update',
    ]);
    expect(changes.notices).toEqual([]);
  });

  it('whose role was dropped are an alarm: the scheduler would not start again', async () => {
    await database.superuser`create role short_lived login`;
    await database.superuser`grant create, usage on schema cron to short_lived`;
    await database.superuser`select cron.schedule_in_database('orphan', '0 0 1 1 *', 'select 1', current_database(), 'short_lived', false)`;
    await database.superuser`drop owned by short_lived`;
    await database.superuser`drop role short_lived`;
    const changes = await plan(base);
    expect(changes.notices).toMatchObject([{ severity: 'error', code: 'cron-owner-missing' }]);
    await database.superuser`delete from cron.job where jobname = 'orphan'`;
  });
});

it('a scheduler that does not keep UTC is an alarm in every plan', async () => {
  await database.superuser.unsafe(`alter database ${database.name} set cron.timezone = 'Europe/Berlin'`);
  const fresh = connect({ url: database.url, applicationName: 'opsroom test' });
  try {
    const { notices } = await computePlan({ sql: fresh, desired: base, env: {}, prune: false });
    expect(notices).toMatchObject([{ code: 'cron-timezone', severity: 'error' }]);
    expect(notices[0]?.message).toContain('Europe/Berlin');
  } finally {
    await fresh.end();
    await database.superuser.unsafe(`alter database ${database.name} reset cron.timezone`);
  }
});

it('jobs that change in every column at once end up as declared', async () => {
  const jobs = fleet(30);
  await apply({ ...base, jobs: [...base.jobs, ...jobs] });
  await database.sql`select cron.alter_job(jobid, schedule := '0 0 * * *', command := 'select 2', active := false) from cron.job where jobname like 'job_0000%'`;
  const wanted = {
    ...base,
    jobs: [
      ...base.jobs,
      ...jobs.map((one, index) => ({ ...one, cron: { ...one.cron, active: index % 2 === 0 } })),
    ],
  };
  expect((await apply(wanted)).reason).toBe('applied');
  const rows = await database.superuser`
    select jobname::text as name, schedule, command, active from cron.job where jobname like 'job_%' order by jobname`;
  expect(rows.map((row) => ({ ...row }))).toEqual(
    wanted.jobs.slice(2).map(({ name, cron }) => ({
      name,
      schedule: cron.schedule,
      command: cron.command,
      active: cron.active,
    })),
  );
});

describe('time zones', () => {
  it('are asked of the data of the server, which may not know one of them', async () => {
    const { sql } = database;
    const clocks = await readZoneClocks(sql, ['Asia/Kolkata', 'Mars/Olympus']);
    const known = clocks.filter(({ zone }) => zone === 'Asia/Kolkata');
    expect(known.length).toBeGreaterThan(20);
    expect(new Set(known.map(({ offset }) => offset))).toEqual(new Set([330]));
    expect(clocks.filter(({ zone }) => zone === 'Mars/Olympus')).toEqual([
      { zone: 'Mars/Olympus', at: null, offset: null },
    ]);
  });

  it('of which both sides have the same data are not worth a word', async () => {
    const report = job('report');
    const schedule = { ...report.definition.schedule, timezone: 'Asia/Kolkata' };
    const placed = { ...report, definition: { ...report.definition, schedule } };
    expect((await plan({ ...base, jobs: [...base.jobs, placed] })).notices).toEqual([]);
  });
});
