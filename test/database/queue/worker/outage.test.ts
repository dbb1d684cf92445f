import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recordCompletions } from './support/completions.ts';
import { type OwnServer, startOwnServer } from './support/own-server.ts';
import { createEffects, openWorkshop, type WorkerProcess, type Workshop } from './support/worker-process.ts';

let server: OwnServer;
let workshop: Workshop;
let sql: Sql;
const connect = () => postgres(server.url, { max: 1, onnotice: () => undefined });
beforeAll(async () => {
  server = await startOwnServer();
  sql = connect();
  await createEffects(sql);
  await recordCompletions(sql);
  workshop = openWorkshop(server.url);
}, 120_000);
afterEach(async () => {
  await workshop.killAll();
  await sql`truncate ops.queued_jobs, ops.job_leases, ops.job_types, public.effects, public.completions`;
});
afterAll(async () => {
  await workshop.close();
  await sql.end({ timeout: 1 });
  await server.close();
});

async function enqueue(count: number, ms: number): Promise<void> {
  await sql`
    insert into ops.job_types (task_type, backoff_base, backoff_cap) values ('pid', '10 milliseconds', '10 milliseconds')`;
  await sql`
    insert into ops.queued_jobs (task_type, payload, max_attempts)
    select 'pid', jsonb_build_object('ms', ${ms}::int), 3 from generate_series(1, ${count}::int)`;
}

async function untilDone(count: number): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    const [row] = await sql`select count(*)::int as done from ops.job_queue where status = 'succeeded'`;
    if (row?.done === count) return;
    if (Date.now() > until) throw new Error(`${row?.done} of ${count} are done`);
    await sleep(50);
  }
}

async function expectEachOnce(count: number): Promise<void> {
  const [row] = await sql`
    select count(*)::int as rows, count(distinct job_id)::int as jobs, count(*) filter (where status <> 'succeeded')::int as bad
    from public.completions`;
  expect(row).toEqual({ rows: count, jobs: count, bad: 0 });
  const [leases] = await sql`select count(*)::int as open from ops.job_leases`;
  expect(leases?.open).toBe(0);
}

async function stopped(worker: WorkerProcess): Promise<void> {
  worker.kill('SIGTERM');
  expect(await worker.exited, worker.errors()).toBe(0);
}

describe('a restart of the database', () => {
  it('in the middle of work is waited for; nothing is lost or completed twice', async () => {
    await enqueue(600, 15);
    const workers = [
      workshop.work('--lease', '3s', '--poll', '200ms'),
      workshop.work('--lease', '3s', '--poll', '200ms', '--prefetch', '0', '--concurrency', '3'),
    ];
    await Promise.all(workers.map((worker) => worker.event('job_succeeded')));
    await sql.end({ timeout: 1 });
    await server.restart(500);
    sql = connect();
    await untilDone(600);
    for (const worker of workers) {
      await worker.event('database_away');
      await worker.event('database_back');
      await stopped(worker);
      expect(worker.errors()).toBe('');
    }
    await expectEachOnce(600);
  }, 60_000);

  it('hands back what a lost answer had claimed, without spending an attempt', async () => {
    await enqueue(400, 5);
    const worker = workshop.work(
      '--lease',
      '1m',
      '--poll',
      '200ms',
      '--concurrency',
      '4',
      '--prefetch',
      '20',
    );
    await worker.event('job_succeeded');
    const cutter = connect();
    for (let cut = 0; cut < 15; cut += 1) {
      await cutter`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'opsroom work' and datname = current_database()`;
      await sleep(60);
    }
    await cutter.end();
    // The lease is a minute long: were a claim forgotten, its jobs would not be done by then.
    await untilDone(400);
    const [row] = await sql`select max(attempts) as attempts, max(rescues) as rescues from ops.job_queue`;
    expect(row?.rescues).toBe(0);
    await expectEachOnce(400);
    await stopped(worker);
  }, 60_000);

  it('does not keep a worker from stopping', async () => {
    await enqueue(50, 400);
    const worker = workshop.work('--lease', '3s', '--grace', '1s');
    await worker.event('job_started');
    await sql.end({ timeout: 1 });
    const away = server.restart(5000);
    await worker.event('database_away');
    worker.kill('SIGTERM');
    const asked = Date.now();
    expect(await worker.exited).toBe(0);
    expect(Date.now() - asked).toBeLessThan(6000);
    await away;
    sql = connect();
  }, 60_000);
});

describe('a worker without a database', () => {
  it('says so at its start and ends', async () => {
    const url = new URL(server.url);
    url.port = '1';
    const lost = openWorkshop(url.href);
    const worker = lost.work();
    expect(await worker.exited).toBe(1);
    expect(worker.errors()).toContain(
      'No database answers there (127.0.0.1:1, database work, user postgres)',
    );
    expect(worker.errors()).not.toContain(url.password);
    await lost.close();
  });
});
