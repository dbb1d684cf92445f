/** Our own lints find nothing in our own schema but what is accepted here, each with its reason. */
import { afterAll, expect, it } from 'vitest';
import { lintPostgres, postgresLints } from '../../../actions/_shared/checks/postgres-lints.ts';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
afterAll(() => database.drop());

const own = 'only the functions that keep it touch it';
const checks = 'checks its caller first, and has a test that others are refused';

/** By cache key. */
const accepted: Readonly<Record<string, string>> = {
  rls_enabled_no_policy_ops_collector_state: own,
  rls_enabled_no_policy_ops_crash_epoch: own,
  rls_enabled_no_policy_ops_remembered_answers: own,
  rls_enabled_no_policy_ops_run_tokens: own,
  ...definer('ops.my_org_ids()', "policies ask it; it tells only the caller's own organisations"),
  ...definer('ops.is_admin()', 'policies ask it; it tells only of the caller'),
  ...definer('ops.add_member(uuid,uuid,text)', checks),
  ...definer('ops.set_member_role(uuid,uuid,text)', checks),
  ...definer('ops.remove_member(uuid,uuid)', checks),
  ...definer('ops.create_run(text,text,jsonb,text,text,text,jsonb,text,uuid,boolean)', checks),
  ...definer('ops.approve_run(uuid,text,text)', checks),
  ...definer('ops.cancel_run(uuid,text,text)', checks),
  ...definer('ops.retry_run(uuid,text)', checks),
  ...definer('ops.cron_health()', checks),
  ...definer(
    'ops.metric_annotations(uuid,timestamp with time zone,timestamp with time zone,integer)',
    checks,
  ),
  ...definer('public.get_cron_jobs(bigint,integer)', checks),
  ...definer('public.get_cron_job_runs(integer,integer,bigint,text)', checks),
  ...definer('public.toggle_cron_job(text,boolean,text,boolean)', checks),
  ...definer('public.update_cron_schedule(text,text,text,text)', checks),
  ...definer('public.create_cron_job(text,text,text,jsonb,integer,text,text,jsonb)', checks),
};

function definer(signature: string, reason: string): Readonly<Record<string, string>> {
  return { [`authenticated_security_definer_function_executable_${signature}`]: reason };
}

it('schema ops and our functions in public are clean, but for what has a reason', async () => {
  const report = await database.sql.begin((sql) =>
    lintPostgres(
      sql,
      { schemas: ['ops', 'public'], apiSchemas: ['ops', 'public'] },
      // In a database nobody uses yet no index was ever read.
      postgresLints.filter(({ name }) => name !== 'unused_index'),
    ),
  );
  expect(report.unevaluated).toEqual([]);
  const found = new Set(report.findings.map((finding) => finding.cache_key));
  expect({
    unexpected: report.findings
      .filter((finding) => accepted[finding.cache_key] === undefined)
      .map((finding) => `${finding.name}: ${finding.detail}`),
    acceptedAndGone: Object.keys(accepted).filter((key) => !found.has(key)),
  }).toEqual({ unexpected: [], acceptedAndGone: [] });
});
