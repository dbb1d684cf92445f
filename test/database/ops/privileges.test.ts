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
const tables = await sql<{ name: string; secured: boolean; comment: string | null }[]>`
  select c.relname as name, c.relrowsecurity as secured, obj_description(c.oid) as comment
  from pg_class c where c.relnamespace = 'ops'::regnamespace and c.relkind in ('r', 'p') order by 1
`;

// Who may do what with which rows is the matrix in test/database/rls; here is what holds for every object.
describe('anon', () => {
  const session = database.as('anon');

  it('may call nothing in ops', async () => {
    expect(functions.filter((row) => row.roles.includes('anon'))).toEqual([]);
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

  it('starts, follows and stops a declared job without rights on its parts', async () => {
    await declareJob(sql, 'sync');
    const [row] = await session<{ id: string }[]>`select ops.fire_now('sync', 'page') as id`;
    const id = row?.id ?? '';
    expect(await session`select status from ops.list_cron_runs('sync')`).toEqual([{ status: 'fired' }]);
    expect(await session`select ops.cancel_cron_run(${id}) as done`).toEqual([{ done: true }]);
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
    const others = functions.filter((row) => !row.config?.includes('search_path=""'));
    expect(others.map((row) => `${row.signature} ${row.config?.join()}`)).toEqual([
      'ops.run_sql(text) search_path=public, extensions, pg_temp',
    ]);
  });

  // Each of these asks who calls before it does anything; the matrix in test/database/rls tries them all.
  it("that has its owner's rights and may be called by the signed-in is one of these", async () => {
    const rows = await sql<{ name: string }[]>`
      select distinct p.oid::regproc::text as name from pg_proc p
      where p.pronamespace in ('ops'::regnamespace, 'public'::regnamespace) and p.prosecdef
        and has_function_privilege('authenticated', p.oid, 'execute')
      order by 1`;
    expect(rows.map((row) => row.name)).toEqual([
      'create_cron_job',
      'get_cron_job_runs',
      'get_cron_jobs',
      'ops.add_member',
      'ops.approve_run',
      'ops.cancel_run',
      'ops.create_run',
      'ops.cron_health',
      'ops.is_admin',
      'ops.metric_annotations',
      'ops.my_org_ids',
      'ops.remove_member',
      'ops.retry_run',
      'ops.set_member_role',
      'toggle_cron_job',
      'update_cron_schedule',
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
