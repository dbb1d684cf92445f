import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createRunningDatabase } from '../../support/real-cluster.ts';
import { errorOf } from './expect-error.ts';

/** Runs unchanged against the stand-in (which follows 1.6) and against the real extension. */
const database = await createRunningDatabase(import.meta.url, { migrations: false });
const { sql, superuser, cronVersion } = database;
const is16 = cronVersion >= 1.6;

await superuser`create role cron_other login`;
await superuser`grant usage on schema cron to cron_other`;
const other = database.as('cron_other');

afterAll(async () => {
  await superuser`delete from cron.job`;
  await superuser`revoke usage on schema cron from cron_other`;
  await superuser`drop role cron_other`;
  await database.drop();
});
afterEach(async () => {
  await superuser`delete from cron.job`;
});

const never = '0 0 31 12 *';

async function job(name: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await sql`select * from cron.job where jobname = ${name}`;
  return row;
}

describe('cron.schedule', () => {
  it('makes a job of the current user and database, active, with the server as its node', async () => {
    const [made] = await sql`select cron.schedule('first', ${never}, 'select 1') as id`;
    expect(await job('first')).toMatchObject({
      jobid: made?.id,
      schedule: never,
      command: 'select 1',
      database: database.name,
      username: 'postgres',
      active: true,
      jobname: 'first',
    });
  });

  it('gives every nameless job a row of its own', async () => {
    const ids = await sql`select cron.schedule(${never}, 'select 1') as id from generate_series(1, 2)`;
    const rows = await sql`select jobname from cron.job`;
    expect(new Set(ids.map((row) => row.id)).size).toBe(2);
    expect(rows.map((row) => row.jobname)).toEqual([null, null]);
  });

  it('changes schedule and command of a known name and keeps its id and whether it is active', async () => {
    const [before] = await sql`select cron.schedule('again', ${never}, 'select 1') as id`;
    await sql`select cron.alter_job(${before?.id}, active => false)`;
    const [after] = await sql`select cron.schedule('again', '5 5 * * *', 'select 2') as id`;
    expect(after?.id).toBe(before?.id);
    expect(await job('again')).toMatchObject({ schedule: '5 5 * * *', command: 'select 2', active: false });
  });

  it('takes the empty name, and does not look at the command', async () => {
    await sql`select cron.schedule('', ${never}, 'this is no sql')`;
    expect(await job('')).toMatchObject({ command: 'this is no sql' });
  });

  it('keeps names apart by user', async () => {
    await sql`select cron.schedule('shared', ${never}, 'select 1')`;
    await other`select cron.schedule('shared', ${never}, 'select 2')`;
    const rows = await sql`select username from cron.job where jobname = 'shared' order by username`;
    expect(rows.map((row) => row.username)).toEqual(['cron_other', 'postgres']);
  });

  it('is undone by a rollback, and does not give the id out twice', async () => {
    const attempt = sql.begin(async (transaction) => {
      const [row] = await transaction`select cron.schedule('gone', ${never}, 'select 1') as id`;
      throw new Error(String(row?.id));
    });
    const id = await attempt.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(await job('gone')).toBeUndefined();
    const [next] = await sql`select cron.schedule('next', ${never}, 'select 1') as id`;
    expect(Number(next?.id)).toBeGreaterThan(Number(id));
  });

  it('does nothing for a null schedule without a name, and says what is null with one', async () => {
    const [row] = await sql`select cron.schedule(null, 'select 1') as id`;
    expect(row?.id).toBeNull();
    expect(await errorOf(sql`select cron.schedule(null, ${never}, 'select 1')`)).toMatchObject({
      code: 'XX000',
      message: 'job_name can not be NULL',
    });
    expect((await errorOf(sql`select cron.schedule('a', null, 'select 1')`)).message).toBe(
      'schedule can not be NULL',
    );
    expect((await errorOf(sql`select cron.schedule('a', ${never}, null)`)).message).toBe(
      'command can not be NULL',
    );
  });

  it('refuses a schedule it cannot read', async () => {
    const error = await errorOf(sql`select cron.schedule('bad', 'every day', 'select 1')`);
    expect(error).toMatchObject({ code: '22023', message: 'invalid schedule: every day' });
    if (is16) {
      expect(error.hint).toBe("Use cron format (e.g. 5 4 * * *), or interval format '[1-59] seconds'");
    }
  });
});

describe('cron.schedule_in_database', () => {
  it('takes another database and a sleeping job, and leaves an existing job as active as it was', async () => {
    await sql`select cron.schedule_in_database('there', ${never}, 'select 1', 'postgres', active => false)`;
    expect(await job('there')).toMatchObject({ database: 'postgres', active: false });
    await sql`select cron.schedule_in_database('there', ${never}, 'select 2', 'postgres', active => true)`;
    expect(await job('there')).toMatchObject({ command: 'select 2', active: false });
  });

  it.skipIf(!is16)('moves an existing job to the database named (from 1.6.3 on)', async () => {
    await sql`select cron.schedule_in_database('moves', ${never}, 'select 1', 'postgres')`;
    await sql`select cron.schedule_in_database('moves', ${never}, 'select 1', ${database.name})`;
    expect(await job('moves')).toMatchObject({ database: database.name });
  });

  it('is for those it was granted to, and another user only for a superuser', async () => {
    const call = "cron.schedule_in_database('x', '0 0 31 12 *', 'select 1', 'postgres')";
    expect(await errorOf(other.unsafe(`select ${call}`))).toMatchObject({ code: '42501' });
    const foreign = sql`
      select cron.schedule_in_database('x', ${never}, 'select 1', 'postgres', 'cron_other')`;
    expect(await errorOf(foreign)).toMatchObject({
      code: 'XX000',
      message: 'must be superuser to create a job for another role',
    });
    await superuser`select cron.schedule_in_database('x', ${never}, 'select 1', ${database.name}, 'cron_other')`;
    expect(await job('x')).toMatchObject({ username: 'cron_other' });
  });

  it('names a database or a user that does not exist', async () => {
    const nowhere = sql`select cron.schedule_in_database('x', ${never}, 'select 1', 'nowhere')`;
    expect(await errorOf(nowhere)).toMatchObject({
      code: '3D000',
      message: 'database "nowhere" does not exist',
    });
    const nobody = superuser`select cron.schedule_in_database('x', ${never}, 'select 1', 'postgres', 'nobody_here')`;
    expect(await errorOf(nobody)).toMatchObject({
      code: 'XX000',
      message: 'role "nobody_here" does not exist',
    });
  });
});

describe('cron.alter_job', () => {
  it('changes what is given and leaves the rest', async () => {
    const [made] = await sql`select cron.schedule('change', ${never}, 'select 1') as id`;
    await sql`select cron.alter_job(${made?.id}, schedule => '1 2 3 4 *')`;
    expect(await job('change')).toMatchObject({ schedule: '1 2 3 4 *', command: 'select 1', active: true });
    await sql`select cron.alter_job(${made?.id}, command => 'select 2', active => false)`;
    expect(await job('change')).toMatchObject({ schedule: '1 2 3 4 *', command: 'select 2', active: false });
  });

  it('says what is wrong', async () => {
    const [mine] = await sql`select cron.schedule('mine', ${never}, 'select 1') as id`;
    const [foreign] = await other`select cron.schedule('foreign', ${never}, 'select 1') as id`;
    expect(await errorOf(sql`select cron.alter_job(null)`)).toMatchObject({
      message: 'job_id can not be NULL',
    });
    expect(await errorOf(sql`select cron.alter_job(${mine?.id})`)).toMatchObject({
      code: 'XX000',
      message: 'no updates specified',
      hint: 'You must specify at least one job attribute to change when calling alter_job',
    });
    expect(await errorOf(sql`select cron.alter_job(${mine?.id}, schedule => 'x')`)).toMatchObject({
      code: '22023',
      message: 'invalid schedule: x',
    });
    for (const id of [foreign?.id, 987654]) {
      expect(await errorOf(sql`select cron.alter_job(${id}, active => false)`)).toMatchObject({
        code: 'XX000',
        message: `Job ${id} does not exist or you don't own it`,
      });
    }
    expect(await errorOf(other`select cron.alter_job(${foreign?.id}, active => false)`)).toMatchObject({
      code: '42501',
    });
  });
});

describe('cron.unschedule', () => {
  it('removes by id and by name', async () => {
    const [made] = await sql`select cron.schedule('one', ${never}, 'select 1') as id`;
    await sql`select cron.schedule('two', ${never}, 'select 1')`;
    expect(await sql`select cron.unschedule(${made?.id}::bigint) as gone`).toEqual([{ gone: true }]);
    expect(await sql`select cron.unschedule('two') as gone`).toEqual([{ gone: true }]);
    expect(await sql`select from cron.job`).toHaveLength(0);
  });

  it('says which job it did not find, and does nothing for null', async () => {
    expect(await errorOf(sql`select cron.unschedule(999)`)).toMatchObject({
      code: 'XX000',
      message: 'could not find valid entry for job 999',
    });
    expect(await errorOf(sql`select cron.unschedule('zzz')`)).toMatchObject({
      code: 'XX000',
      message: "could not find valid entry for job 'zzz'",
    });
    const [row] = await sql`select cron.unschedule(null::bigint) as gone`;
    expect(row?.gone).toBeNull();
  });

  it('keeps the jobs of others', async () => {
    const [foreign] = await other`select cron.schedule('foreign', ${never}, 'select 1') as id`;
    expect(await errorOf(sql`select cron.unschedule(${foreign?.id}::bigint)`)).toMatchObject({
      code: '42501',
      message: 'permission denied for table job',
    });
    expect(await errorOf(sql`select cron.unschedule('foreign')`)).toMatchObject({
      message: "could not find valid entry for job 'foreign'",
    });
  });
});

describe('the tables', () => {
  it('show postgres every job, and other users their own', async () => {
    await sql`select cron.schedule('a', ${never}, 'select 1')`;
    await other`select cron.schedule('b', ${never}, 'select 1')`;
    expect((await sql`select jobname from cron.job order by jobname`).map((row) => row.jobname)).toEqual([
      'a',
      'b',
    ]);
    expect((await other`select jobname from cron.job`).map((row) => row.jobname)).toEqual(['b']);
  });

  it('are written through the functions only, but for deleting own history', async () => {
    await sql`select cron.schedule('a', ${never}, 'select 1')`;
    const insert = sql`insert into cron.job (schedule, command) values (${never}, 'select 1')`;
    for (const statement of [insert, sql`update cron.job set active = false`, sql`delete from cron.job`]) {
      expect(await errorOf(statement)).toMatchObject({
        code: '42501',
        message: 'permission denied for table job',
      });
    }
    await superuser`
      insert into cron.job_run_details (runid, username, status)
      values (900001, 'postgres', 'failed'), (900002, 'cron_other', 'failed')`;
    expect((await other`select runid from cron.job_run_details`).map((row) => row.runid)).toEqual(['900002']);
    const deleted = await other`delete from cron.job_run_details where runid >= 900000`;
    expect(deleted.count).toBe(1);
    expect((await sql`delete from cron.job_run_details where runid >= 900000`).count).toBe(1);
  });

  it('have the columns, keys, policies and sequences of the original', async () => {
    const columns = await sql`
      select c.table_name || '.' || c.column_name as name, c.data_type as type, c.is_nullable as nullable
      from information_schema.columns c
      where c.table_schema = 'cron' and c.table_name in ('job', 'job_run_details')
      order by c.table_name, c.ordinal_position`;
    const nameType = cronVersion >= 1.5 ? 'text' : 'name';
    expect(columns.map((row) => `${row.name} ${row.type} ${row.nullable}`)).toEqual([
      'job.jobid bigint NO',
      'job.schedule text NO',
      'job.command text NO',
      'job.nodename text NO',
      'job.nodeport integer NO',
      'job.database text NO',
      'job.username text NO',
      'job.active boolean NO',
      `job.jobname ${nameType} YES`,
      'job_run_details.jobid bigint YES',
      'job_run_details.runid bigint NO',
      'job_run_details.job_pid integer YES',
      'job_run_details.database text YES',
      'job_run_details.username text YES',
      'job_run_details.command text YES',
      'job_run_details.status text YES',
      'job_run_details.return_message text YES',
      'job_run_details.start_time timestamp with time zone YES',
      'job_run_details.end_time timestamp with time zone YES',
    ]);
    const constraints = await sql`
      select c.conname as name from pg_catalog.pg_constraint c
      join pg_catalog.pg_namespace n on n.oid = c.connamespace
      where n.nspname = 'cron' and c.contype in ('p', 'u')
      order by c.conname`;
    expect(constraints.map((row) => row.name)).toEqual([
      'job_pkey',
      'job_run_details_pkey',
      'jobname_username_uniq',
    ]);
    const policies = await sql`
      select p.policyname as name, p.qual from pg_catalog.pg_policies p where p.schemaname = 'cron' order by 1`;
    expect(policies.map((row) => row.name)).toEqual(['cron_job_policy', 'cron_job_run_details_policy']);
    const triggers = await sql`
      select t.tgname as name from pg_catalog.pg_trigger t where t.tgrelid = 'cron.job'::regclass and not t.tgisinternal`;
    expect(triggers.map((row) => row.name)).toEqual(['cron_job_cache_invalidate']);
  });

  it('offer the functions under the names of their arguments', async () => {
    const rows = await sql`
      select p.proname || '(' || pg_catalog.pg_get_function_arguments(p.oid) || ') '
        || pg_catalog.pg_get_function_result(p.oid) as signature
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'cron' and p.proname not like '\\_%'
      order by 1`;
    const text = cronVersion >= 1.5 ? 'text' : 'name';
    expect(rows.map((row) => row.signature)).toEqual([
      'alter_job(job_id bigint, schedule text DEFAULT NULL::text, command text DEFAULT NULL::text, ' +
        'database text DEFAULT NULL::text, username text DEFAULT NULL::text, active boolean DEFAULT NULL::boolean) void',
      'job_cache_invalidate() trigger',
      'schedule(job_name text, schedule text, command text) bigint',
      'schedule(schedule text, command text) bigint',
      'schedule_in_database(job_name text, schedule text, command text, database text, ' +
        'username text DEFAULT NULL::text, active boolean DEFAULT true) bigint',
      'unschedule(job_id bigint) boolean',
      `unschedule(job_name ${text}) boolean`,
    ]);
  });
});

it.skipIf(database.realCron)('lets nobody pose as another user towards the stand-in', async () => {
  const direct = other`
    select cron._schedule('supabase_admin', 'x', ${never}, 'select 1', 'postgres', null, true)`;
  expect(await errorOf(direct)).toMatchObject({ code: '42501' });
  const forged = other`
    insert into cron._requests (caller, action, job_name, schedule, command, database, active)
    values ('supabase_admin', 'schedule', 'x', ${never}, 'select 1', 'postgres', true)`;
  expect(await errorOf(forged)).toMatchObject({ code: '42501' });
  const around = other`insert into cron._requests (action, job_id, active) values ('alter', 1, false)`;
  expect(await errorOf(around)).toMatchObject({
    code: '42501',
    message: 'permission denied for function alter_job',
  });
});

it('goes by the current user, also inside functions that run with the rights of their owner', async () => {
  await superuser.unsafe(`
    create function public.schedule_as_owner() returns bigint language sql security definer
      as $$ select cron.schedule('of the owner', '0 0 31 12 *', 'select 1') $$;
    alter function public.schedule_as_owner() owner to postgres;`);
  await other`select public.schedule_as_owner()`;
  expect(await job('of the owner')).toMatchObject({ username: 'postgres' });
  await superuser.begin(async (transaction) => {
    await transaction`set local role cron_other`;
    await transaction`select cron.schedule('by role', ${never}, 'select 1')`;
  });
  expect(await job('by role')).toMatchObject({ username: 'cron_other' });
});

it('takes no job for a user that cannot log in', async () => {
  await superuser`create role cron_group`;
  try {
    const call = superuser`
      select cron.schedule_in_database('x', ${never}, 'select 1', current_database(), 'cron_group')`;
    expect(await errorOf(call)).toMatchObject({ code: 'XX000', message: 'role "cron_group" can not log in' });
  } finally {
    await superuser`drop role cron_group`;
  }
});
