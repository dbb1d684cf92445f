import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { declareJob, onlyRun } from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());

interface FunctionRow {
  readonly signature: string;
  readonly definer: boolean;
  readonly config: string[] | null;
  readonly comment: string | null;
  readonly roles: string[];
}

const functions = await sql<FunctionRow[]>`
  select p.oid::regprocedure::text as signature, p.prosecdef as definer, p.proconfig as config,
    obj_description(p.oid) as comment,
    array(
      select r.rolname::text from pg_roles r
      where r.rolname in ('anon', 'authenticated', 'service_role') and has_function_privilege(r.oid, p.oid, 'execute')
      order by 1
    ) as roles
  from pg_proc p where p.pronamespace = 'ops'::regnamespace order by 1
`;
const tables = await sql<
  { name: string; secured: boolean; comment: string | null; service_role: string[] }[]
>`
  select c.relname as name, c.relrowsecurity as secured, obj_description(c.oid) as comment,
    array(
      select lower(g.privilege_type::text) from information_schema.role_table_grants g
      where g.table_schema = 'ops' and g.table_name = c.relname and g.grantee = 'service_role' order by 1
    ) as service_role
  from pg_class c where c.relnamespace = 'ops'::regnamespace and c.relkind = 'r' order by 1
`;

describe.each(['anon', 'authenticated'])('%s', (role) => {
  const session = database.as(role);

  it('may call nothing in ops', async () => {
    expect(functions.filter((row) => row.roles.includes(role))).toEqual([]);
    await expect(session`select ops.redeem_run_token('x', 'y')`).rejects.toThrow(
      'permission denied for schema ops',
    );
    await expect(session`select ops.fire_now('x')`).rejects.toThrow('permission denied');
  });

  it.each(tables.map((table) => table.name))('may not read ops.%s', async (name) => {
    await expect(session`select * from ${sql(`ops.${name}`)}`).rejects.toThrow('permission denied');
  });
});

describe('service_role', () => {
  const session = database.as('service_role');

  it('may call what functions and pages need, and nothing else', () => {
    expect(
      functions.filter((row) => row.roles.includes('service_role')).map((row) => row.signature.split('(')[0]),
    ).toEqual([
      'ops.cancel_run',
      'ops.due_slots',
      'ops.enqueue_job',
      'ops.fire_now',
      'ops.get_run',
      'ops.is_due',
      'ops.list_running',
      'ops.list_runs',
      'ops.raise_alert',
      'ops.redeem_run_token',
      'ops.report_run',
      'ops.resolve_alert',
      'ops.retry_run',
    ]);
  });

  it('may read what people see, and write alerts and queued work only', () => {
    expect(Object.fromEntries(tables.map((table) => [table.name, table.service_role.join(' ')]))).toEqual({
      alerts: 'insert select update',
      collector_state: '',
      crash_epoch: '',
      cron_attempts: 'select',
      cron_runs: 'select',
      job_definitions: 'select',
      job_queue: 'insert select update',
      managed_objects: 'select',
      reconciliations: 'select',
      run_tokens: '',
      scheduler_ticks: 'select',
    });
  });

  it('starts, follows and stops a declared job without rights on its parts', async () => {
    await declareJob(sql, 'sync');
    const [row] = await session<{ id: string }[]>`select ops.fire_now('sync', 'page') as id`;
    const id = row?.id ?? '';
    expect(await session`select status from ops.list_runs('sync')`).toEqual([{ status: 'fired' }]);
    expect(await session`select ops.cancel_run(${id}) as done`).toEqual([{ done: true }]);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'cancelled' });
    await expect(session`update ops.cron_runs set status = 'succeeded'`).rejects.toThrow('permission denied');
    await expect(session`insert into ops.job_definitions values ('x', '{}', 'd')`).rejects.toThrow(
      'permission denied',
    );
    await expect(session`select ops.fire('sync')`).rejects.toThrow('permission denied');
  });

  it('queues work', async () => {
    expect(await session`select ops.enqueue_job('t') is not null as queued`).toEqual([{ queued: true }]);
  });
});

describe('every object of ops', () => {
  it('is explained', () => {
    expect(functions.filter((row) => row.comment === null).map((row) => row.signature)).toEqual([]);
    expect(tables.filter((row) => row.comment === null)).toEqual([]);
  });

  it('that is a table has row level security', () => {
    expect(tables.filter((row) => !row.secured)).toEqual([]);
  });

  it('that is a function has an empty search path, but for the one that runs the SQL of jobs', () => {
    const others = functions.filter((row) => row.config?.join() !== 'search_path=""');
    expect(others.map((row) => `${row.signature} ${row.config?.join()}`)).toEqual([
      'ops.run_sql(text) search_path=public, extensions, pg_temp',
    ]);
  });

  it('runs with the rights of its caller, but for five service_role may call instead of writing rows, and two that read for plans', () => {
    expect(functions.filter((row) => row.definer).map((row) => row.signature.split('(')[0])).toEqual([
      'ops.cancel_run',
      'ops.fire_now',
      'ops.plan_cron_jobs',
      'ops.plan_secrets',
      'ops.redeem_run_token',
      'ops.report_run',
      'ops.retry_run',
    ]);
  });

  it('belongs to the role that applies migrations, which is not a superuser', async () => {
    const owners = await sql`
      select distinct r.rolname, r.rolsuper from pg_class c join pg_roles r on r.oid = c.relowner
      where c.relnamespace = 'ops'::regnamespace
    `;
    expect(owners).toEqual([{ rolname: 'postgres', rolsuper: false }]);
  });
});
