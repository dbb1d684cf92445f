import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Sql } from '../../../actions/_shared/database/connect.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { type ApplyOptions, applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';
import { desiredState, job } from './desired.ts';

const base = desiredState({ jobs: [job('sync_stats'), job('asleep', { active: false })] });
const changed = desiredState({ jobs: [job('sync_stats', { schedule: '9 * * * *' }), job('asleep')] });

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
  sql = connect({ url: database.url, applicationName: 'opsroom test' });
  await apply(base);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

function apply(desired: DesiredState, more: Partial<ApplyOptions> = {}) {
  return applyPlan({ sql, desired, env: {}, prune: false, actor: { name: 'test' }, ...more });
}

/** Works while another session has locked a table. */
async function whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
  const holder = await database.superuser.reserve();
  await holder.unsafe(`begin; lock table ${table} in access exclusive mode`);
  try {
    return await work();
  } finally {
    await holder`rollback`;
    holder.release();
  }
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

const HELD = {
  name: 'ConfigurationError',
  message: expect.stringContaining('locked by somebody else'),
  hint: expect.stringContaining('pg_stat_activity'),
};

describe('somebody else holds', { timeout: 60_000 }, () => {
  it('what an apply has to read: it says so after one wait, and is no fault', async () => {
    const started = performance.now();
    const error = await whileLocked('ops.managed_objects', () =>
      refusal(apply(changed, { lockTimeoutMs: 200 })),
    );
    expect(error).toMatchObject(HELD);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('what an apply has to write: nothing is changed, and the audit row says why', async () => {
    const holder = await database.superuser.reserve();
    await holder.unsafe(`begin; select from ops.job_definitions where name = 'sync_stats' for update`);
    try {
      const result = await apply(changed, { lockTimeoutMs: 200 });
      expect(result).toMatchObject({
        reason: 'failed',
        reconciliationId: expect.any(Number),
        message: expect.stringContaining('pg_stat_activity'),
      });
    } finally {
      await holder`rollback`;
      holder.release();
    }
    expect(await apply(changed)).toMatchObject({ reason: 'applied' });
    expect(await apply(base)).toMatchObject({ reason: 'applied' });
  });

  it('both the turn of an apply and our tables, as one with a long migration does', async () => {
    const holder = await database.superuser.reserve();
    await holder.unsafe(
      'begin; select pg_advisory_xact_lock(7303283, 1919247215); lock table ops.managed_objects',
    );
    try {
      expect(await refusal(apply(changed, { lockTimeoutMs: 200 }))).toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringMatching(/^Another apply is changing this database \(process \d+/),
      });
    } finally {
      await holder`rollback`;
      holder.release();
    }
  });
});

it('a privilege that is missing is said with the role that lacks it', async () => {
  await database.sql`revoke update on ops.job_definitions from postgres`;
  const result = await apply(changed);
  await database.sql`grant update on ops.job_definitions to postgres`;
  expect(result.message).toMatch(/permission denied for table job_definitions .*grant that to role postgres/);
});

it('settings of the role that people once found useful change nothing', async () => {
  const settings = [
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'sql_standard'",
    "search_path = 'nowhere'",
    "bytea_output = 'escape'",
    "timezone = 'Asia/Kolkata'",
    "statement_timeout = '2s'",
    "idle_in_transaction_session_timeout = '2s'",
    "lock_timeout = '1s'",
    'default_transaction_read_only = on',
    "default_transaction_isolation = 'serializable'",
    'default_transaction_deferrable = on',
    'extra_float_digits = -15',
    'array_nulls = off',
    'transform_null_equals = on',
    'quote_all_identifiers = on',
    'standard_conforming_strings = off',
  ];
  for (const setting of settings) {
    await database.superuser.unsafe(`alter role postgres in database ${database.name} set ${setting}`);
  }
  const odd = connect({ url: database.url, applicationName: 'opsroom test' });
  try {
    expect((await computePlan({ sql: odd, desired: base, env: {}, prune: false })).changes).toEqual([]);
    expect(await apply(changed, { sql: odd })).toMatchObject({ reason: 'applied' });
    expect((await computePlan({ sql: odd, desired: changed, env: {}, prune: false })).changes).toEqual([]);
    const rows = await database.superuser`
      select jobname::text as name, schedule, username, active from cron.job order by jobname`;
    expect(rows).toEqual([
      { name: 'asleep', schedule: '7 * * * *', username: 'postgres', active: true },
      { name: 'sync_stats', schedule: '9 * * * *', username: 'postgres', active: true },
    ]);
  } finally {
    await odd.end();
  }
});
