import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computeDrift } from '../../../actions/_shared/reconcile/drift.ts';
import type { Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';
import { desiredState, job, secret } from './desired.ts';

const queued = job('cleanup', {
  definition: {
    call: { kind: 'enqueue', task_type: 'cleanup', payload: {}, max_attempts: 3, await_report: false },
  },
});
const desired = desiredState({
  secrets: [secret('project_url')],
  jobs: [job('sync_stats'), queued],
});
const env = { TEST_PROJECT_URL: 'https://example.test' };

const databases: TestDatabase[] = [];
let database: TestDatabase;
beforeEach(async () => {
  database = await bareDatabase(import.meta.url);
  databases.push(database);
});
afterAll(async () => {
  for (const one of databases) await one.drop();
});

async function apply(wanted = desired): Promise<string> {
  const { sql } = database;
  return (await applyPlan({ sql, desired: wanted, env, prune: false, actor: { name: 'test' } })).reason;
}

function drift(wanted = desired): Promise<Plan> {
  return computeDrift({ sql: database.sql, desired: wanted, env });
}

function lost(plan: Plan): readonly (readonly [string, string, string])[] {
  return plan.lost.map(({ kind, name, because }) => [kind, name, because]);
}

/** The extension or its stand-in, with everything it held. */
async function drop(schema: 'cron' | 'vault' | 'net'): Promise<void> {
  await database.superuser.unsafe(`drop schema ${schema} cascade`);
}

describe('an extension dropped after an apply', () => {
  it('pg_cron: what we had scheduled is drift, in the plan too, and stays so whatever is applied', async () => {
    await apply();
    expect(lost(await drift())).toEqual([]);
    await drop('cron');

    const found = await drift();
    expect(lost(found)).toEqual([
      ['cron', 'sync_stats', 'pg_cron is not there any more'],
      ['cron', 'cleanup', 'pg_cron is not there any more'],
    ]);
    const plan = await computePlan({ sql: database.sql, desired, env, prune: false });
    expect(plan.lost).toEqual(found.lost);
    expect(plan.missing).toMatchObject([{ name: 'pg_cron' }]);
    expect(plan.missing[0]?.consequence).toContain('gone with it');
    expect(await apply()).toBe('nothing_to_do');
    expect(lost(await drift())).toEqual(lost(found));
  });

  it('Vault: the secrets we had stored are drift', async () => {
    await apply();
    await drop('vault');

    expect(lost(await drift())).toEqual([['secret', 'project_url', 'Vault is not there any more']]);
    expect(await apply()).toBe('nothing_to_do');
    expect(lost(await drift())).toEqual([['secret', 'project_url', 'Vault is not there any more']]);
  });

  it('pg_net: the jobs it had sent requests for are drift, and an apply does not forget it', async () => {
    await apply();
    await drop('net');

    const gone = [['job', 'sync_stats', 'pg_net is not there any more']];
    expect(lost(await drift())).toEqual(gone);
    const later = { ...desired, jobs: [job('sync_stats', { schedule: '8 * * * *' }), queued] };
    expect(await apply(later)).toBe('applied');
    expect(lost(await drift(later))).toEqual(gone);
  });

  it('is no drift for a job that no file declares any more', async () => {
    await apply();
    await drop('cron');

    expect(lost(await drift({ ...desired, jobs: [queued] }))).toEqual([
      ['cron', 'cleanup', 'pg_cron is not there any more'],
    ]);
  });
});

describe('an extension that was never there', () => {
  it('is missing, and no drift', async () => {
    await drop('cron');
    await drop('vault');
    await drop('net');
    await apply();

    const found = await drift();
    expect(found.missing.map(({ name }) => name)).toEqual(['Vault', 'pg_cron', 'pg_net']);
    expect(found.lost).toEqual([]);
  });
});

describe('what we may not look at any more', () => {
  it('is not called as it should be: privileges on pg_cron and Vault withdrawn', async () => {
    await apply();
    await database.superuser`revoke usage on schema cron, vault from postgres, service_role, public`;

    expect(lost(await drift())).toEqual([
      ['secret', 'project_url', 'role postgres may not use schema vault any more'],
      ['cron', 'sync_stats', 'role postgres may not use schema cron any more'],
      ['cron', 'cleanup', 'role postgres may not use schema cron any more'],
    ]);
  });

  it('a sleeping job unscheduled by hand, after cron.alter_job was withdrawn', async () => {
    const asleep = { ...desired, jobs: [job('asleep', { active: false })] };
    await apply(asleep);
    await database.superuser`revoke execute on all functions in schema cron from postgres`;
    await database.superuser`grant execute on function cron.schedule(text, text, text), cron.schedule(text, text), cron.unschedule(bigint), cron.unschedule(text) to public`;
    expect(lost(await drift(asleep))).toEqual([]);
    await database.superuser`select cron.unschedule(jobid) from cron.job where jobname = 'asleep'`;

    expect(lost(await drift(asleep))).toEqual([
      ['cron', 'asleep', 'it was unscheduled, and cannot be scheduled again as things are'],
    ]);
  });
});

it('a secret of ours deleted by hand is drift where its value is not known', async () => {
  await apply();
  await database.superuser`delete from vault.secrets where name = 'project_url'`;

  const found = await computeDrift({ sql: database.sql, desired, env: {} });
  expect(lost(found)).toEqual([
    ['secret', 'project_url', 'it was deleted from the Vault, and TEST_PROJECT_URL is not set here'],
  ]);
});

describe('pg_net installed after an apply without it', () => {
  it('is remembered by the next apply, so that dropping it later is drift', async () => {
    await database.superuser`alter function net.http_post rename to http_post_elsewhere`;
    await apply();
    await database.superuser`alter function net.http_post_elsewhere rename to http_post`;
    expect(await apply()).toBe('nothing_to_do');
    await drop('net');

    expect(lost(await drift())).toEqual([['job', 'sync_stats', 'pg_net is not there any more']]);
  });
});
