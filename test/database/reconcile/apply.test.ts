import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { type ApplyOptions, applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, fleet, job, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
});
afterAll(() => database.drop());

const env = { TEST_PROJECT_URL: 'https://abcdefghijklmnopqrst.supabase.co' };
const actor = { name: 'octocat', commit: 'c'.repeat(40), runUrl: 'https://github.com/o/r/actions/runs/1' };

function plan(desired: DesiredState): Promise<Plan> {
  return computePlan({ sql: database.sql, desired, env, prune: false });
}

function apply(desired: DesiredState, more: Partial<ApplyOptions> = {}): Promise<ApplyResult> {
  return applyPlan({ sql: database.sql, desired, env, prune: false, actor, ...more });
}

async function audit(): Promise<readonly { id: number; result: string }[]> {
  const rows = await database.superuser<{ id: string; result: string }[]>`
    select id, result from ops.reconciliations order by id`;
  return rows.map((row) => ({ id: Number(row.id), result: row.result }));
}

const desired = desiredState({
  secrets: [secret('project_url')],
  jobs: [job('sync_stats'), job('asleep', { active: false })],
});

describe('on an empty database', () => {
  it('plans everything as new, applies it in one go, and then has nothing to do', async () => {
    const before = await plan(desired);
    expect(before.blockers).toEqual([]);
    expect(before.counts).toMatchObject({ create: before.changes.length, unchanged: 0, unmanaged: 0 });
    expect(new Set(before.changes.map((change) => change.kind))).toEqual(
      new Set(['migration', 'secret', 'job', 'cron']),
    );

    const result = await apply(desired, { expectDigest: before.digest });

    expect(result).toMatchObject({ reason: 'applied', reconciliationId: 1 });
    expect((await plan(desired)).changes).toEqual([]);
    expect(await apply(desired)).toMatchObject({ reason: 'nothing_to_do', reconciliationId: 2 });
  });

  it('leaves the rows pg_cron needs, an inactive job among them', async () => {
    const rows = await database.superuser`
      select jobname::text, schedule, command, username, active from cron.job order by jobname`;
    expect(rows).toEqual([
      {
        jobname: 'asleep',
        schedule: '7 * * * *',
        command: "select ops.fire('asleep')",
        username: 'postgres',
        active: false,
      },
      {
        jobname: 'sync_stats',
        schedule: '7 * * * *',
        command: "select ops.fire('sync_stats')",
        username: 'postgres',
        active: true,
      },
    ]);
  });

  it('says in ledger and audit who did what, from which file and commit', async () => {
    const [entry] = await database.superuser`
      select digest, applied, source_path, commit_sha, reconciliation_id::int as id
      from ops.managed_objects where kind = 'cron' and name = 'sync_stats'`;
    expect(entry).toMatchObject({
      applied: { schedule: '7 * * * *', command: "select ops.fire('sync_stats')", active: true },
      source_path: 'runbooks/cron/sync_stats.yaml',
      commit_sha: actor.commit,
      id: 1,
    });
    const [row] = await database.superuser`select * from ops.reconciliations where id = 1`;
    expect(row).toMatchObject({
      environment: 'testing',
      actor: 'octocat',
      run_url: actor.runUrl,
      result: 'applied',
      error: null,
    });
    expect(row?.finished_at).toBeInstanceOf(Date);
  });

  it("reckons with the server's clock, whatever the clock here says", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-01-01T00:00:00Z') });
    try {
      await apply(desired);
    } finally {
      vi.useRealTimers();
    }
    const [row] = await database.superuser`
      select duration_ms >= 0 and started_at between now() - interval '1 minute' and finished_at as plausible
      from ops.reconciliations order by id desc limit 1`;
    expect(row?.plausible).toBe(true);
  });
});

describe('a plan that was reviewed', () => {
  it('is refused when the files moved since, and one audit row says so', async () => {
    const reviewed = await plan({ ...desired, jobs: [...desired.jobs, job('new_one')] });
    const moved = { ...desired, jobs: [...desired.jobs, job('another')] };
    const result = await apply(moved, { expectDigest: reviewed.digest });
    expect(result.reason).toBe('plan_moved');
    expect((await audit()).at(-1)).toEqual({ id: result.reconciliationId, result: 'plan_moved' });
    expect((await plan(desired)).changes).toEqual([]);
  });

  it('that was carried out by somebody else meanwhile leaves nothing to do', async () => {
    expect((await apply(desired, { expectDigest: 'e'.repeat(64) })).reason).toBe('nothing_to_do');
  });

  it('is refused when the live side moved since', async () => {
    const wanted = {
      ...desired,
      jobs: [job('sync_stats', { schedule: '9 * * * *' }), job('asleep', { active: false })],
    };
    const reviewed = await plan(wanted);
    await database.sql`select cron.alter_job(jobid, schedule := '8 * * * *') from cron.job where jobname = 'sync_stats'`;
    expect((await apply(wanted, { expectDigest: reviewed.digest })).reason).toBe('plan_moved');
    expect((await apply(desired)).reason).toBe('applied');
  });
});

describe('several applies at once', () => {
  it('take turns: the first changes, every one leaves exactly one audit row', async () => {
    const wanted = { ...desired, jobs: [...desired.jobs, ...fleet(50)] };
    const known = (await audit()).length;
    const clients = Array.from({ length: 20 }, () =>
      connect({ url: database.url, applicationName: 'opsroom', max: 1 }),
    );
    const results = await Promise.all(clients.map((sql) => apply(wanted, { sql })));
    await Promise.all(clients.map((sql) => sql.end()));
    const reasons = results.map((result) => result.reason).sort();
    expect(reasons).toEqual(['applied', ...Array<string>(19).fill('nothing_to_do')]);
    const rows = (await audit()).slice(known);
    expect(rows.map((row) => row.result).sort()).toEqual(reasons);
    expect(new Set(results.map((result) => result.reconciliationId))).toEqual(
      new Set(rows.map((row) => row.id)),
    );
  });

  it('migrate an empty database once', async () => {
    const fresh = await emptyDatabase(import.meta.url);
    try {
      const clients = Array.from({ length: 4 }, () =>
        connect({ url: fresh.url, applicationName: 'opsroom', max: 1 }),
      );
      const results = await Promise.all(clients.map((sql) => apply(desired, { sql })));
      await Promise.all(clients.map((sql) => sql.end()));
      expect(results.map((result) => result.reason).sort()).toEqual([
        'applied',
        'nothing_to_do',
        'nothing_to_do',
        'nothing_to_do',
      ]);
    } finally {
      await fresh.drop();
    }
  });

  it('say who is in the way when they waited long enough', async () => {
    const known = (await audit()).length;
    const holder = connect({ url: database.url, applicationName: 'the other apply', max: 1 });
    await holder.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7303283, 1919247215)`;
      const result = await apply(desired, { lockTimeoutMs: 200 });
      expect(result.reason).toBe('locked');
      expect(result.message).toContain('the other apply');
    });
    await holder.end();
    expect((await audit()).slice(known).map((row) => row.result)).toEqual(['locked']);
  });
});

describe('an apply that fails half way', () => {
  it('keeps nothing of it and leaves an audit row with the reason', async () => {
    const broken = {
      version: '29990101000000',
      name: 'break_things',
      sql: 'create table public.half_made (id int);\nselect\n  1 / 0;',
      checksum: 'd'.repeat(64),
      file: 'migrations/29990101000000_break_things.sql',
    };
    const wanted = {
      ...desired,
      migrations: [...desired.migrations, broken],
      jobs: [...desired.jobs, job('after_it')],
    };
    const result = await apply(wanted);
    expect(result.reason).toBe('failed');
    expect(result.message).toContain('migrations/29990101000000_break_things.sql');
    expect(result.message).toContain('division by zero');
    const [row] = await database.superuser`
      select to_regclass('public.half_made')::text as made,
             (select count(*)::int from cron.job where jobname = 'after_it') as jobs,
             (select error from ops.reconciliations order by id desc limit 1) as error`;
    expect(row).toMatchObject({ made: null, jobs: 0 });
    expect(row?.error).toContain('division by zero');
  });
});
