import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunningDatabase } from '../../support/real-cluster.ts';
import { waitFor } from './wait-for.ts';

/**
 * Runs unchanged against the stand-in (which follows 1.6) and against the real extension in hosted's mode (libpq). The
 * stand-in's clock is set just before a full minute; on the real one the file waits for the minute to come.
 */
const untilMinute = 60_000 - (Date.now() % 60_000);
const ahead = Math.max(0, untilMinute - 2500);
const database = await createRunningDatabase(import.meta.url, {
  migrations: false,
  now: () => new Date(Date.now() + ahead),
});
const { sql, superuser, cronVersion } = database;
const everyMinute = '* * * * *';
const hasSeconds = cronVersion >= 1.5;

interface Run {
  readonly status: string;
  readonly return_message: string | null;
  readonly job_pid: number | null;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  readonly username: string;
  readonly database: string;
}

/** Commands of jobs that end by themselves, with what their run says in the end. */
const commands: readonly { name: string; command: string; status: string; message: string }[] = [
  { name: 'one row', command: 'select 1', status: 'succeeded', message: '1 row' },
  { name: 'three rows', command: 'select generate_series(1, 3)', status: 'succeeded', message: '3 rows' },
  { name: 'no rows', command: 'select 1 where false', status: 'succeeded', message: '0 rows' },
  {
    name: 'insert',
    command: 'insert into items values (1), (2)',
    status: 'succeeded',
    message: 'INSERT 0 2',
  },
  { name: 'delete', command: 'delete from kept', status: 'succeeded', message: 'DELETE 1' },
  {
    name: 'returning',
    command: 'insert into items values (3) returning id',
    status: 'succeeded',
    message: '1 row',
  },
  {
    name: 'several',
    command: 'select 1; select generate_series(1, 2)',
    status: 'succeeded',
    message: '2 rows',
  },
  {
    name: 'last decides',
    command: 'select 1; insert into items values (4)',
    status: 'succeeded',
    message: 'INSERT 0 1',
  },
  {
    name: 'do',
    command: "do $$ begin raise notice 'heard by nobody'; end $$",
    status: 'succeeded',
    message: 'DO',
  },
  { name: 'transaction', command: 'begin; select 1; commit', status: 'succeeded', message: 'COMMIT' },
  { name: 'empty', command: '', status: 'succeeded', message: '0 rows' },
  { name: 'vacuum', command: 'vacuum kept', status: 'succeeded', message: 'VACUUM' },
  { name: 'create as', command: 'create temp table t as select 1', status: 'succeeded', message: 'SELECT 1' },
  { name: 'division', command: 'select 1/0', status: 'failed', message: 'ERROR:  division by zero\n' },
  {
    name: 'position',
    command: 'select 1,\n  wrong from kept',
    status: 'failed',
    message: 'ERROR:  column "wrong" does not exist\nLINE 2:   wrong from kept\n          ^\n',
  },
  {
    name: 'long line',
    command: `select ${'1 + '.repeat(30)} wrong ${'+ 1'.repeat(30)}`,
    status: 'failed',
    message:
      'ERROR:  column "wrong" does not exist\nLINE 1: ... 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 +  wrong + 1+...\n' +
      '                                                             ^\n',
  },
  {
    name: 'detail',
    command: "do $$ begin raise exception 'refused' using detail = 'the detail', hint = 'the hint'; end $$",
    status: 'failed',
    message:
      'ERROR:  refused\nDETAIL:  the detail\nHINT:  the hint\nCONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n',
  },
  {
    name: 'inner query',
    command: "do $$ begin execute 'selec 1'; end $$",
    status: 'failed',
    message:
      'ERROR:  syntax error at or near "selec"\nLINE 1: selec 1\n        ^\nQUERY:  selec 1\n' +
      'CONTEXT:  PL/pgSQL function inline_code_block line 1 at EXECUTE\n',
  },
  {
    name: 'rolled back',
    command: 'insert into items values (99); select 1/0',
    status: 'failed',
    message: 'ERROR:  division by zero\n',
  },
];

async function lastRun(name: string): Promise<Run | undefined> {
  const [row] = await sql<Run[]>`
    select d.status, d.return_message, d.job_pid, d.start_time, d.end_time, d.username, d.database
    from cron.job_run_details d
    where d.jobid = (select n.jobid from names n where n.name = ${name})
    order by d.runid desc
    limit 1`;
  return row;
}

async function schedule(name: string, when: string, command: string): Promise<void> {
  await sql`insert into names select ${name}, cron.schedule(${name}, ${when}, ${command})`;
}

beforeAll(async () => {
  // Jobs are gone once unscheduled; their names are not.
  await sql`create table names (name text primary key, jobid bigint)`;
  await sql`create table items (id int)`;
  await sql`create table kept (id int)`;
  await sql`insert into kept values (1)`;
  await sql`create table seen (id int generated always as identity, jobid bigint, run jsonb)`;
  await superuser.unsafe(`
    create function note_run() returns trigger language plpgsql security definer as $$
    begin insert into public.seen (jobid, run) values (new.jobid, to_jsonb(new)); return null; end $$;
    create trigger note_run after insert or update on cron.job_run_details for each row execute function note_run();
    create role cron_nobody login;
    grant usage on schema cron to cron_nobody;`);
  for (const { name, command } of commands) await schedule(name, everyMinute, command);
  await schedule('who', everyMinute, 'insert into items select 7 where session_user = $$postgres$$');
  await schedule('cut off', everyMinute, 'select pg_terminate_backend(pg_backend_pid())');
  await schedule('asleep', everyMinute, 'select 1');
  await sql`select cron.alter_job(jobid, active => false) from names where name = 'asleep'`;
  for (const name of ['unscheduled', 'deactivated', 'interrupted']) {
    await schedule(name, everyMinute, 'select pg_sleep(90)');
  }
  await superuser`
    insert into names
    select 'no login', cron.schedule_in_database('no login', ${everyMinute}, 'select 1', current_database(), 'cron_nobody')`;
  await superuser`alter role cron_nobody nologin`;
  await waitFor(
    'every job',
    async () => {
      const [row] = await sql`
      select count(distinct d.jobid) as finished from cron.job_run_details d where d.status in ('succeeded', 'failed')`;
      return Number(row?.finished) >= commands.length + 3;
    },
    75_000,
  );
  // The same again every minute would only be noise.
  await sql`
    select cron.unschedule(j.jobid) from cron.job j
    where j.username = 'postgres' and j.jobname not in ('unscheduled', 'deactivated', 'interrupted')`;
  // By now the launcher is up for certain: on a server just made it may not have been before.
  await schedule('reboot', '@reboot', 'select 1');
}, 90_000);

afterAll(async () => {
  await superuser`delete from cron.job`;
  await superuser`drop owned by cron_nobody`;
  await superuser`drop role cron_nobody`;
  await database.drop();
});

describe('a run', () => {
  it.each(commands)('of "$name" ends $status and says what libpq says', async ({ name, status, message }) => {
    const run = await lastRun(name);
    expect({ status: run?.status, message: run?.return_message }).toEqual({ status, message });
    expect(run).toMatchObject({ username: 'postgres', database: database.name });
    expect(run?.job_pid).toBeTypeOf('number');
    expect(Number(run?.end_time)).toBeGreaterThanOrEqual(Number(run?.start_time));
  });

  it('goes through starting, connecting, sending, running, and learns pid and start on the way', async () => {
    const rows = await sql`
      select s.run ->> 'status' as status, s.run ->> 'job_pid' is not null as pid,
        s.run ->> 'start_time' is not null as started, s.run ->> 'end_time' is not null as ended
      from seen s join names n using (jobid)
      where n.name = 'one row'
      order by s.id
      limit 5`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['starting', false, false, false],
      ['connecting', false, false, false],
      ['sending', true, false, false],
      ['running', true, true, false],
      ['succeeded', true, true, true],
    ]);
  });

  it('logs in as the user of the job', async () => {
    expect(await lastRun('who')).toMatchObject({ return_message: 'INSERT 0 1' });
  });

  it('is one transaction when it has several statements', async () => {
    expect(await sql`select from items where id = 99`).toHaveLength(0);
  });

  it('fails without a pid when its user cannot log in', async () => {
    const run = await lastRun('no login');
    expect(run).toMatchObject({ status: 'failed', return_message: 'connection failed', job_pid: null });
    // From 1.6.3 on such a run has an end.
    if (cronVersion >= 1.6) expect(run?.end_time).toBeInstanceOf(Date);
  });

  it('fails when its connection is cut off', async () => {
    const run = await lastRun('cut off');
    expect(run?.status).toBe('failed');
    expect(run?.return_message).toMatch(/^(connection lost$|server closed the connection unexpectedly\n)/);
  });

  it('is not started for a job that sleeps', async () => {
    expect(await lastRun('asleep')).toBeUndefined();
  });

  it('of @reboot is not started by scheduling it', async () => {
    await sleep(1500);
    expect(await lastRun('reboot')).toBeUndefined();
  });
});

describe('a run that is still going', () => {
  it('shows as running, with its pid at work in the server', async () => {
    const run = await lastRun('interrupted');
    expect(run).toMatchObject({ status: 'running', return_message: null, end_time: null });
    const [activity] = await superuser`
      select a.usename, a.application_name from pg_catalog.pg_stat_activity a where a.pid = ${run?.job_pid ?? 0}`;
    expect(activity).toEqual({ usename: 'postgres', application_name: 'pg_cron' });
  });

  it('fails as canceled when its job is unscheduled', async () => {
    await sql`select cron.unschedule('unscheduled')`;
    const run = await waitFor('the cancellation', async () => {
      const found = await lastRun('unscheduled');
      return found?.status === 'failed' ? found : undefined;
    });
    expect(run.return_message).toBe('job canceled');
  });

  it('fails as canceled when its job is put to sleep', async () => {
    await sql`select cron.alter_job(jobid, active => false) from cron.job where jobname = 'deactivated'`;
    const run = await waitFor('the cancellation', async () => {
      const found = await lastRun('deactivated');
      return found?.status === 'failed' ? found : undefined;
    });
    expect(run.return_message).toBe('job canceled');
  });
});

describe.skipIf(!hasSeconds)('intervals (pg_cron 1.5 and later)', () => {
  afterAll(async () => {
    await sql`select cron.unschedule(jobid) from cron.job where jobname like 'interval%'`;
  });

  it('start at the commit, not before, and within two seconds of it', async () => {
    let committing = 0;
    await sql.begin(async (transaction) => {
      await transaction`
        insert into names select 'interval commit', cron.schedule('interval commit', '1 second', 'select 1')`;
      await sleep(1500);
      committing = Date.now();
    });
    const run = await waitFor(
      'the first run',
      async () => (await lastRun('interval commit'))?.start_time ?? undefined,
    );
    expect(run.getTime() - committing).toBeGreaterThan(900);
    expect(run.getTime() - committing).toBeLessThan(3000);
  });

  it('never overlap themselves; an overrun is followed by the next run at once', async () => {
    await schedule('interval slow', '1 second', 'select pg_sleep(1.6)');
    const runs = await waitFor('three runs', async () => {
      const rows = await sql<{ start_time: Date; end_time: Date }[]>`
        select d.start_time, d.end_time from cron.job_run_details d
        join names n using (jobid)
        where n.name = 'interval slow' and d.end_time is not null
        order by d.runid`;
      return rows.length >= 3 ? rows : undefined;
    });
    const gaps = runs.slice(1).map((run, index) => Number(run.start_time) - Number(runs[index]?.end_time));
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(0);
      expect(gap).toBeLessThan(900);
    }
  });

  it('run at most 32 jobs at once and make the others wait', async () => {
    await sql`
      select cron.schedule('interval many ' || n, '2 seconds', 'select pg_sleep(1)') from generate_series(1, 45) n`;
    let most = 0;
    await waitFor('all of them', async () => {
      const [row] = await superuser`
        select
          (select count(*) from pg_catalog.pg_stat_activity a
            where a.application_name = 'pg_cron' and a.datname = current_database()) as now,
          (select count(distinct d.jobid) from cron.job_run_details d
            where d.command = 'select pg_sleep(1)' and d.end_time is not null) as done`;
      most = Math.max(most, Number(row?.now));
      return Number(row?.done) >= 45;
    });
    // A connection may still be closing in the server when the next one opens.
    expect(most).toBeGreaterThanOrEqual(28);
    expect(most).toBeLessThanOrEqual(36);
  });
});

describe('a new launcher', () => {
  it('marks what it finds running as failed, runs @reboot jobs, and leaves rows it did not reach', async () => {
    await superuser`
      insert into cron.job_run_details (runid, jobid, username, status)
      values (900001, 900001, 'postgres', 'starting'), (900002, 900002, 'postgres', 'connecting'),
        (900003, 900003, 'postgres', 'sending'), (900004, 900004, 'postgres', 'succeeded')`;
    await database.relaunch();
    const run = await waitFor('the mark', async () => {
      const found = await lastRun('interrupted');
      return found?.status === 'failed' ? found : undefined;
    });
    // A launcher that sees its job die before it dies itself writes that down; one that doesn't is found out here.
    if (run.end_time === null) expect(run.return_message).toBe('server restarted');
    else expect(run.return_message).toMatch(/^server closed the connection unexpectedly/);
    const rows = await sql`
      select d.status, d.return_message from cron.job_run_details d where d.runid >= 900000 order by d.runid`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['failed', 'server restarted'],
      ['connecting', null],
      ['sending', null],
      ['succeeded', null],
    ]);
    const reboot = await waitFor('the @reboot job', async () => {
      const found = await lastRun('reboot');
      return found?.end_time === null ? undefined : found;
    });
    expect(reboot).toMatchObject({ status: 'succeeded', return_message: '1 row' });
  });
});
