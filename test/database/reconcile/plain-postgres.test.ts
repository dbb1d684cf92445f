/** A PostgreSQL of its own without anything of Supabase: no roles of an API, no extension, role postgres not superuser. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lintPostgres } from '../../../actions/_shared/checks/postgres-lints.ts';
import { type Cluster, removeCluster, startCluster } from '../../../local/postgres/cluster.ts';
import { hasFailedTest } from '../../support/database.ts';
import { applyMigrations } from '../../support/migrations.ts';
import { chosenSource, testFolderPrefix } from '../../support/test-server.ts';

const dataDir = join(tmpdir(), `${testFolderPrefix()}${process.pid}-${randomBytes(4).toString('hex')}`);
let cluster: Cluster;
let sql: Sql;

beforeAll(async () => {
  cluster = await startCluster({ dataDir, version: chosenSource(), durable: false, log: () => undefined });
  const superuser = postgres(cluster.superuserUrl, { max: 1, onnotice: () => undefined });
  await superuser`drop role authenticator, anon, authenticated, service_role`;
  await superuser`create database plain owner postgres`;
  await superuser.end();
  await applyMigrations(cluster.url('plain'));
  sql = postgres(cluster.url('plain'), { max: 2, onnotice: () => undefined });
}, 120_000);
afterAll(async () => {
  await sql?.end();
  await cluster?.stop();
  if (!hasFailedTest()) await removeCluster(dataDir);
});

it('takes all migrations, and only its owner can do anything', async () => {
  const [row] = await sql`
    select (select count(*)::int from pg_roles where rolname in ('anon', 'authenticated', 'service_role')) as roles,
      (select count(*)::int from pg_policies where schemaname = 'ops') as policies,
      (
        select count(*)::int from pg_class c cross join lateral aclexplode(c.relacl) g
        where c.relnamespace = 'ops'::regnamespace and g.grantee <> c.relowner
      ) as grants
  `;
  expect(row).toEqual({ roles: 0, policies: 0, grants: 0 });
});

it('works for its owner: people, alerts and the queue', async () => {
  const owner = '0a000000-0000-7000-8000-000000000001';
  const [org] = await sql<{ id: string }[]>`select ops.create_org('Plain', 'plain', ${owner}) as id`;
  await sql.begin(async (q) => {
    await q`select set_config('request.jwt.claims', ${JSON.stringify({ sub: owner })}, true)`;
    expect(await q`select ops.my_org_ids() as id`).toEqual([{ id: org?.id }]);
  });
  await sql`select ops.raise_alert('test', 'disk', 'warning', 'Disk')`;
  await sql`select ops.enqueue_job('mail')`;
  expect(await sql`select task_type, status from ops.job_queue`).toEqual([
    { task_type: 'mail', status: 'pending' },
  ]);
});

it('is linted as far as it can be: what is about roles that are not there is said not to be known', async () => {
  const report = await sql.begin((q) => lintPostgres(q, { schemas: ['ops', 'public'] }));
  // A database made a moment ago has read none of its indexes, and its closed tables have no policy on purpose.
  const expected = ['rls_enabled_no_policy', 'unused_index'];
  expect(report.findings.filter((finding) => !expected.includes(finding.name))).toEqual([]);
  expect(report.unevaluated.map((lint) => lint.name)).toContain('anon_security_definer_function_executable');
});
