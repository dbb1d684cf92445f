import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { type Cluster, removeCluster, startCluster } from '../../../local/postgres/cluster.ts';
import { prepareDatabase } from '../../../local/postgres/prepare.ts';
import { startStandIns } from '../../../local/standins/start.ts';
import { testFolderPrefix } from '../../support/test-server.ts';
import { startNetServer } from './net-server.ts';
import { waitFor } from './wait-for.ts';

/** The stand-ins alone, on a server that is restarted under them. */
const dataDir = join(tmpdir(), `${testFolderPrefix()}${process.pid}-${randomBytes(4).toString('hex')}`);
const start = (): Promise<Cluster> => startCluster({ dataDir, durable: false, log: () => undefined });
let cluster = await start();
const database = 'restarted';
const { superuserUrl, socketLogin } = cluster;
const first = await prepareDatabase({ superuserUrl, database });
const sql = postgres({ ...socketLogin(database, 'postgres'), max: 2, onnotice: () => undefined });
const messages: string[] = [];
const log = (message: string): void => {
  messages.push(message);
};
const standIns = await startStandIns({ superuserUrl, database, connectAs: socketLogin, log });
const server = await startNetServer();

afterAll(async () => {
  await standIns.stop();
  await server.close();
  await sql.end({ timeout: 1 });
  await cluster.stop();
  await removeCluster(dataDir);
});

async function finishedRuns(command: string): Promise<number> {
  const [row] = await sql`
    select count(*) as runs from cron.job_run_details d where d.command = ${command} and d.status = 'succeeded'`;
  return Number(row?.runs);
}

describe('the stand-ins', () => {
  it('go on after a restart of the server: jobs, requests, and what was running is marked', async () => {
    await sql`select cron.schedule('tick', '1 second', 'select 1'), cron.schedule('long', '1 second', 'select pg_sleep(60)')`;
    await waitFor('the first runs', async () => (await finishedRuns('select 1')) > 0);
    await waitFor('the long run', async () => {
      const rows =
        await sql`select from cron.job_run_details d where d.status = 'running' and d.command like '%60%'`;
      return rows.length === 1;
    });
    await cluster.stop();
    await waitFor('the stand-ins to notice', async () => messages.length >= 2);
    cluster = await start();
    const before = await waitFor('an answer', () => finishedRuns('select 1').catch(() => undefined));
    await waitFor('more runs', async () => (await finishedRuns('select 1')) > before);
    const [interrupted] = await sql`
      select d.status, d.return_message from cron.job_run_details d
      where d.command like '%60%' order by d.runid limit 1`;
    expect(interrupted?.status).toBe('failed');
    const [sent] = await sql`select net.http_get(${`${server.url}/again`}) as id`;
    await waitFor('the request', async () => server.received.some((request) => request.path === '/again'));
    expect(sent?.id).toBeDefined();
    await sql`select net.check_worker_is_up()`;
    // One line when the database went, one when it came back, from each of the two.
    expect(messages.length).toBeLessThanOrEqual(6);
    expect(messages.join('\n')).not.toMatch(/select|secret|http/);
  });

  it('schedule for one process only: a second one waits for the first to stop', async () => {
    const second = await startStandIns({ superuserUrl, database, connectAs: socketLogin, log });
    const [before] = await sql`select max(runid) as id from cron.job_run_details`;
    await waitFor('three more runs', async () => {
      const rows =
        await sql`select from cron.job_run_details d where d.runid > ${before?.id} and d.command = 'select 1'`;
      return rows.length >= 3;
    });
    const [row] = await sql`
      select max(n) as most from (
        select count(*) as n from cron.job_run_details d
        where d.runid > ${before?.id} and d.command = 'select 1' and d.start_time is not null
        group by date_bin('900 milliseconds', d.start_time, 'epoch')) s`;
    expect(Number(row?.most)).toBe(1);
    await second.stop();
  });
});

describe('prepareDatabase', () => {
  it('can be repeated, says the same, and keeps jobs and secrets', async () => {
    await sql`select vault.create_secret('kept', 'kept')`;
    await sql`select cron.schedule('kept', '0 0 31 12 *', 'select 1')`;
    expect(await prepareDatabase({ superuserUrl, database })).toEqual(first);
    expect(first.map((found) => `${found.name} ${found.kind} ${found.version}`)).toEqual([
      'pg_cron stand-in 1.6',
      'pg_net stand-in 0.20',
      'vault stand-in 0.3',
    ]);
    expect(await sql`select decrypted_secret from vault.decrypted_secrets where name = 'kept'`).toHaveLength(
      1,
    );
    expect(await sql`select from cron.job where jobname = 'kept'`).toHaveLength(1);
  });

  it('puts another version of a stand-in over an older one, and keeps what its tables hold', async () => {
    const admin = postgres({ ...socketLogin(database, 'supabase_admin'), max: 1, onnotice: () => undefined });
    await admin.unsafe(`
      comment on schema cron is 'Stand-in for pg_cron 1.6 (an older one)';
      drop function cron.unschedule(bigint);
      create function cron.unschedule(job_id bigint) returns text language sql as $$ select 'old' $$;`);
    await prepareDatabase({ superuserUrl, database });
    const [row] = await sql`select cron.unschedule(jobid) as gone from cron.job where jobname = 'kept'`;
    expect(row?.gone).toBe(true);
    await admin.end();
  });

  it('leaves a server to which we are no superuser as it is, and says what it has', async () => {
    const found = await prepareDatabase({ superuserUrl: cluster.url(database), database });
    expect(found).toEqual(first);
  });
});

it('on a server with one known login, jobs still run as their own user, each in its own database', async () => {
  const elsewhere = 'by_superuser';
  await prepareDatabase({ superuserUrl, database: elsewhere });
  const there = postgres({ ...socketLogin(elsewhere, 'postgres'), max: 1, onnotice: () => undefined });
  const plain = await startStandIns({ superuserUrl, database: elsewhere, log });
  await there`create table seen (who text, place text)`;
  await there`
    select cron.schedule('who', '1 second', 'insert into seen select session_user || '' '' || current_user, current_database()'),
      cron.schedule('none', '1 second', 'select 1; select 2 where false')`;
  const seen = await waitFor('a run', async () => (await there`select * from seen limit 1`)[0]);
  expect(seen).toEqual({ who: 'postgres postgres', place: elsewhere });
  const run = await waitFor('its end', async () => {
    const [row] = await there`
      select d.return_message from cron.job_run_details d where d.end_time is not null and d.command like '%false'`;
    return row;
  });
  expect(run).toEqual({ return_message: '0 rows' });
  await plain.stop();
  await there.end();
});
