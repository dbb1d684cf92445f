import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { activeAlerts, collect, declareJob, fire, onlyRun, secretUrlCall, sqlCall } from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
// A plain PostgreSQL: the schemas of pg_cron, pg_net and Vault are not there.
await database.superuser.unsafe(`
  set client_min_messages = warning;
  drop extension if exists pg_cron cascade;
  drop extension if exists pg_net cascade;
  drop extension if exists supabase_vault cascade;
  drop schema if exists cron cascade;
  drop schema if exists net cascade;
  drop schema if exists vault cascade;
`);
afterAll(() => database.drop());

it('without pg_net an HTTP job is a failed run that says so, and an alert', async () => {
  await declareJob(sql, 'sync');
  expect(await fire(sql, 'sync', '2027-01-01T10:00:00Z')).toMatch(/^failed \d+ extension_missing:pg_net$/);
  expect(await activeAlerts(sql)).toMatchObject({ 'job:sync': { kind: 'extension_missing' } });
});

it('with half a pg_net it says the same', async () => {
  await database.superuser`create schema net`;
  await database.superuser`create table net.http_request_queue (id bigint)`;
  await database.superuser`grant usage on schema net to public`;
  await declareJob(sql, 'half');
  expect(await fire(sql, 'half', '2027-01-01T10:00:00Z')).toMatch(/^failed \d+ extension_missing:pg_net$/);
  await declareJob(sql, 'vaultless', { call: secretUrlCall('project_url') });
  expect(await fire(sql, 'vaultless', '2027-01-01T10:00:00Z')).toMatch(/extension_missing:supabase_vault$/);
});

it('SQL jobs run, and the collector and the pruning do what is left to do', async () => {
  await declareJob(sql, 'plain', { call: sqlCall('select 1') });
  expect(await fire(sql, 'plain', '2027-01-01T10:00:00Z')).toMatch(/^succeeded/);
  await declareJob(sql, 'wrong', { call: sqlCall('select 1 / 0') });
  await fire(sql, 'wrong', '2027-01-01T10:00:00Z');
  expect(await onlyRun(sql, 'wrong')).toMatchObject({ error: 'sql_error:22012 division by zero' });
  const done = await collect(sql, '2027-01-01T10:00:30Z');
  expect(Object.values(done)).toEqual(Array.from({ length: 9 }, () => 0));
  expect(Object.values(await collect(sql, '2027-01-02T10:00:30Z'))).not.toContain(null);
  expect(await sql`select ops.prune_history() is not null as done`).toEqual([{ done: true }]);
});
