import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';
import { desiredState, job, secret } from './desired.ts';

const desired = desiredState({
  secrets: [secret('project_url')],
  jobs: [job('sync_stats'), job('asleep', { active: false })],
});
const env = { TEST_PROJECT_URL: 'https://example.test' };

let database: TestDatabase;
beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
});
afterAll(() => database.drop());

function plan(): Promise<Plan> {
  return computePlan({ sql: database.sql, desired, env, prune: false });
}

function kinds(found: Plan): readonly string[] {
  return [...new Set(found.changes.map((change) => change.kind))];
}

describe('a role without privileges', () => {
  it('on pg_cron and Vault is told which, and everything else is planned', async () => {
    await database.superuser`revoke usage on schema cron, vault from postgres, service_role, public`;
    const found = await plan();
    await database.superuser`grant usage on schema cron, vault to postgres`;
    expect(found.missing.map((gap) => gap.name).sort()).toEqual([
      'privileges on Vault',
      'privileges on pg_cron',
    ]);
    expect(kinds(found)).toEqual(['migration', 'job']);
    expect(found.blockers).toEqual([]);
  });

  it('on cron.alter_job cannot put jobs to sleep, and says which', async () => {
    await database.superuser`revoke execute on all functions in schema cron from postgres`;
    await database.superuser`grant execute on function cron.schedule(text, text, text), cron.schedule(text, text), cron.unschedule(bigint), cron.unschedule(text) to public`;
    const found = await plan();
    await database.superuser`grant execute on all functions in schema cron to postgres`;
    expect(found.missing).toMatchObject([{ name: 'cron.alter_job' }]);
    expect(found.missing[0]?.consequence).toContain('asleep');
    expect(found.changes.filter((change) => change.kind === 'cron').map((change) => change.name)).toEqual([
      'sync_stats',
    ]);
    await database.superuser`grant execute on all functions in schema cron to postgres`;
  });

  it('that row security shows only its own jobs is told that its view is partial', async () => {
    await database.superuser`create role narrow_view login in role postgres`;
    await database.superuser`grant usage on schema cron to narrow_view`;
    await database.superuser`grant select on cron.job to narrow_view`;
    const narrow = database.as('narrow_view');
    const found = await computePlan({
      sql: narrow,
      desired: desiredState({ jobs: desired.jobs }),
      env,
      prune: false,
    });
    expect(found.missing.map((gap) => gap.name)).toContain('a full view of cron.job');
    await narrow.end();
    await database.superuser`drop owned by narrow_view`;
    await database.superuser`drop role narrow_view`;
  });
});

describe('a database without the extensions', () => {
  it('gets what it can hold, is told what will not work, and catches up once they are there', async () => {
    await database.superuser`drop schema cron cascade`;
    await database.superuser`drop schema net cascade`;
    await database.superuser`drop schema vault cascade`;
    const found = await plan();
    expect(found.target).toMatchObject({ pg_cron: null, pg_net: null, vault: null });
    expect(found.missing.map((gap) => gap.name)).toEqual(['Vault', 'pg_cron', 'pg_net']);
    expect(found.missing.map((gap) => gap.consequence).join('\n')).toMatch(
      /project_url[\s\S]*sync_stats[\s\S]*extension_missing:pg_net/,
    );
    expect(kinds(found)).toEqual(['migration', 'job']);
    const result = await applyPlan({
      sql: database.sql,
      desired,
      env,
      prune: false,
      actor: { name: 'test' },
    });
    expect(result.reason).toBe('applied');
    expect((await plan()).changes).toEqual([]);
  });
});
