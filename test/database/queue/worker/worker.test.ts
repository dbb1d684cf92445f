import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enqueueJob } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { createEffects, openWorkshop, type Workshop, waitForStatus } from './support/worker-process.ts';

let database: TestDatabase;
let workshop: Workshop;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  await createEffects(database.sql);
  workshop = openWorkshop(database.url);
});
afterEach(async () => {
  await workshop.killAll();
  await database.sql`truncate ops.queued_jobs, ops.job_leases, ops.job_types, public.effects`;
});
afterAll(async () => {
  await workshop.close();
  await database.drop();
});

async function job(id: number) {
  const [row] = await database.sql`
    select status, attempts, last_error, result, rescues, run_at > now() + interval '50 minutes' as later
    from ops.job_queue where id = ${id}`;
  return row;
}

async function effects() {
  return database.sql`select job_id::int, attempt, pid, how from public.effects order by id`;
}

describe('opsroom work --drain', () => {
  it('runs what is due, keeps results, and exits 0', async () => {
    const id = await enqueueJob(database.sql, {
      taskType: 'echo',
      payload: { text: 'é"\\' },
      maxAttempts: 4,
    });
    const worker = workshop.work('--drain');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(id)).toMatchObject({
      status: 'succeeded',
      attempts: 1,
      result: { text: 'é"\\', attempt: 1, maxAttempts: 4, idempotencyKey: `job-${id}` },
    });
    expect(worker.lines.map(({ event }) => event)).toEqual([
      'worker_started',
      'job_started',
      'job_succeeded',
      'worker_ended',
    ]);
    const [leases] = await database.sql`select count(*)::int as open from ops.job_leases`;
    expect(leases?.open).toBe(0);
  });

  it.each([
    ['echo', { text: 7 }, 'failed', 1, /^invalid payload - payload\.text: /],
    ['fail', { how: 'for_good' }, 'failed', 1, /^FailForGood: this can never work$/],
    ['fail', { how: 'error' }, 'pending', 1, /^attempt 1 failed; because: TypeError: the cause$/],
    ['fail', { how: 'later' }, 'pending', 1, /^RetryLater: not yet$/],
  ])('%s %j ends as %s', async (taskType, payload, status, attempts, error) => {
    const id = await enqueueJob(database.sql, { taskType, payload });
    const worker = workshop.work('--drain');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(id)).toMatchObject({ status, attempts, last_error: expect.stringMatching(error) });
    expect((await job(id))?.later).toBe(taskType === 'fail' && 'how' in payload && payload.how === 'later');
  });

  it('goes on past retries that are due at once, and leaves a dead letter with its alert', async () => {
    await database.sql`
      insert into ops.job_types (task_type, backoff_base, backoff_cap) values ('fail', '1 microsecond', '1 microsecond')`;
    const good = await enqueueJob(database.sql, { taskType: 'fail', payload: { how: 'error', until: 3 } });
    const bad = await enqueueJob(database.sql, {
      taskType: 'fail',
      payload: { how: 'error' },
      maxAttempts: 2,
    });
    const worker = workshop.work('--drain');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(good)).toMatchObject({ status: 'succeeded', attempts: 3, result: { succeeded_at: 3 } });
    expect(await job(bad)).toMatchObject({ status: 'failed', attempts: 2 });
    expect(worker.lines.filter(({ event }) => event === 'job_dead')).toMatchObject([
      { id: bad, attempt: 2, max_attempts: 2 },
    ]);
    const alerts =
      await database.sql`select details ->> 'job_id' as id from ops.alerts where kind = 'dead_letter'`;
    expect(alerts.map((alert) => alert.id)).toContain(String(bad));
  });

  it('never writes a secret into the row or the log', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'fail', payload: { how: 'secret' } });
    const worker = workshop.work('--drain');
    await worker.exited;
    const { password } = new URL(database.url);
    const told = `${(await job(id))?.last_error}${JSON.stringify(worker.lines)}`;
    expect(told).toContain('[redacted]');
    expect(told).not.toContain(password);
    expect(told).not.toContain('abcdefgh12345678');
  });

  it('runs jobs of one serial key one after the other, in order', async () => {
    const ids: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      ids.push(await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 30 }, serialKey: 'one' }));
    }
    const worker = workshop.work('--drain', '--concurrency', '4');
    expect(await worker.exited, worker.errors()).toBe(0);
    const rows = await database.sql`
      select job_id::int as id, began_at < lag(ended_at) over (order by id) as overlaps from public.effects order by id`;
    expect(rows.map((row) => row.id)).toEqual(ids);
    expect(rows.some((row) => row.overlaps === true)).toBe(false);
  });

  it('claims only the types it is asked for', async () => {
    const mine = await enqueueJob(database.sql, { taskType: 'pid' });
    const other = await enqueueJob(database.sql, { taskType: 'echo', payload: { text: '' } });
    const unknown = await enqueueJob(database.sql, { taskType: 'nobody' });
    const worker = workshop.work('--drain', '--task-types', 'pid');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(mine)).toMatchObject({ status: 'succeeded' });
    expect(await job(other)).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await job(unknown)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('leaves paused types alone', async () => {
    await database.sql`select ops.pause_task_type('pid')`;
    const id = await enqueueJob(database.sql, { taskType: 'pid' });
    expect(await workshop.work('--drain').exited).toBe(0);
    expect(await job(id)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it.each([['0'], ['1'], ['200'], ['auto']])('drains a thousand jobs with prefetch %s', async (prefetch) => {
    await database.sql`
      insert into ops.queued_jobs (task_type, payload) select 'pid', '{}' from generate_series(1, 1000)`;
    const worker = workshop.work(
      '--drain',
      '--prefetch',
      prefetch,
      '--concurrency',
      '3',
      '--log-level',
      'warn',
    );
    expect(await worker.exited, worker.errors()).toBe(0);
    const rows = await database.sql`
      select status, attempts, count(*)::int from ops.job_queue group by status, attempts`;
    expect([...rows]).toEqual([{ status: 'succeeded', attempts: 1, count: 1000 }]);
    expect(worker.lines).toEqual([]);
  });
});

describe('a handler that takes too long', () => {
  it('is told so by its signal, and the attempt has failed', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'polite', payload: { ms: 20_000 } });
    const worker = workshop.work('--drain');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(id)).toMatchObject({
      status: 'pending',
      last_error: expect.stringContaining('timed out after 500 ms'),
    });
  });

  it('loses its slot when it does not listen, and does not hold up the others', async () => {
    const deaf = await enqueueJob(database.sql, { taskType: 'deaf', payload: { ms: 6000 } });
    const other = await enqueueJob(database.sql, { taskType: 'pid' });
    const started = Date.now();
    const worker = workshop.work('--concurrency', '1');
    await waitForStatus(database.sql, other, 'succeeded');
    expect(Date.now() - started).toBeLessThan(5500);
    expect(await job(deaf)).toMatchObject({ status: 'pending', last_error: 'timed out after 500 ms' });
    worker.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(worker.lines.filter(({ event }) => event === 'job_ignores_its_signal')).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('lets running jobs finish and hands back what was not begun, without spending an attempt', async () => {
    const ids: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      ids.push(await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 700 } }));
    }
    const worker = workshop.work('--concurrency', '2', '--prefetch', '5');
    await worker.event('job_started');
    worker.kill('SIGTERM');
    expect(await worker.exited, worker.errors()).toBe(0);
    const rows = await database.sql`
      select status, attempts, count(*)::int from ops.job_queue group by 1, 2 order by 1`;
    expect([...rows]).toEqual([
      { status: 'pending', attempts: 0, count: 8 },
      { status: 'succeeded', attempts: 1, count: 2 },
    ]);
    const [leases] = await database.sql`select count(*)::int as open from ops.job_leases`;
    expect(leases?.open).toBe(0);
  });

  it('stops what is still running when the grace is over, and hands it back', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 20_000 } });
    const worker = workshop.work('--grace', '300ms');
    await worker.event('job_started');
    await sleep(100);
    worker.kill('SIGINT');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(await job(id)).toMatchObject({ status: 'pending', attempts: 0, last_error: null });
    expect((await effects()).map(({ how }) => how)).toEqual(['stopped: shutdown']);
  });

  it('does so at once at the second signal', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 20_000 } });
    const worker = workshop.work('--grace', '20s');
    await worker.event('job_started');
    worker.kill('SIGTERM');
    await worker.event('worker_stopping');
    const asked = Date.now();
    worker.kill('SIGTERM');
    expect(await worker.exited, worker.errors()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(3000);
    expect(await job(id)).toMatchObject({ status: 'pending', attempts: 0 });
  });
});

describe('a cancelled job', () => {
  it('gets its signal while it runs', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 20_000 } });
    const worker = workshop.work('--lease', '2s');
    await worker.event('job_started');
    const { out } = await workshop.opsroom('jobs', 'cancel', String(id));
    expect(out).toBe(`job ${id} is running; its worker is told to stop\n`);
    await waitForStatus(database.sql, id, 'cancelled');
    expect((await effects()).map(({ how }) => how)).toEqual(['stopped: cancelled']);
    worker.kill('SIGTERM');
    await worker.exited;
  });
});

describe('leases', () => {
  it('of long jobs are kept by heartbeats', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 3500 } });
    const workers = [workshop.work('--lease', '1s'), workshop.work('--lease', '1s')];
    await waitForStatus(database.sql, id, 'succeeded');
    expect(await job(id)).toMatchObject({ attempts: 1, rescues: 0 });
    expect(await effects()).toHaveLength(1);
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(workers.map((worker) => worker.exited));
  });

  it('of a worker killed with SIGKILL end, and another worker does its jobs', async () => {
    await database.sql`
      insert into ops.job_types (task_type, backoff_base, backoff_cap) values ('slow', '10 milliseconds', '10 milliseconds')`;
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 1500 } });
    const victim = workshop.work('--lease', '1s');
    await victim.event('job_started');
    await sleep(200);
    victim.kill('SIGKILL');
    await victim.exited;
    const heir = workshop.work('--lease', '1s', '--poll', '100ms');
    await waitForStatus(database.sql, id, 'succeeded');
    expect(await job(id)).toMatchObject({ attempts: 2, rescues: 1 });
    const ran = await effects();
    expect(ran.map(({ attempt, how }) => [attempt, how])).toEqual([
      [1, null],
      [2, 'done'],
    ]);
    expect(ran[1]?.pid).toBe(heir.pid);
    heir.kill('SIGTERM');
    await heir.exited;
  });

  it('that passed on while the worker was frozen are heeded: the job gets its signal and writes nothing', async () => {
    await database.sql`
      insert into ops.job_types (task_type, backoff_base, backoff_cap) values ('slow', '10 milliseconds', '10 milliseconds')`;
    const id = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 4000 } });
    const frozen = workshop.work('--lease', '1s');
    await frozen.event('job_started');
    await sleep(300);
    frozen.kill('SIGSTOP');
    const heir = workshop.work('--lease', '1s', '--poll', '100ms');
    await heir.event('job_started');
    frozen.kill('SIGCONT');
    await frozen.event('job_lease_lost');
    await waitForStatus(database.sql, id, 'succeeded');
    const ran = await effects();
    expect(ran.map(({ pid, how }) => [pid, how]).sort()).toEqual(
      [
        [frozen.pid, 'stopped: lease_lost'],
        [heir.pid, 'done'],
      ].sort(),
    );
    expect(await job(id)).toMatchObject({ attempts: 2 });
    for (const worker of [frozen, heir]) worker.kill('SIGTERM');
    await Promise.all([frozen.exited, heir.exited]);
  });
});

describe('several workers', () => {
  it('share the jobs and run each once', async () => {
    const workers = Array.from({ length: 3 }, () => workshop.work('--concurrency', '4'));
    // All of them are there before the work is: the slowest to start would otherwise find none left.
    await Promise.all(workers.map((worker) => worker.event('worker_started')));
    await database.sql`
      select ops.enqueue_jobs(jsonb_agg(jsonb_build_object('task_type', 'pid', 'payload', '{"ms": 20}'::jsonb)))
      from generate_series(1, 200)`;
    const done = async () =>
      (await database.sql`select count(*)::int as n from ops.job_queue where status = 'succeeded'`)[0]?.n;
    await expect.poll(done, { timeout: 20_000 }).toBe(200);
    for (const worker of workers) worker.kill('SIGTERM');
    expect(await Promise.all(workers.map((worker) => worker.exited))).toEqual([0, 0, 0]);
    const rows = await database.sql`
      select (result ->> 'pid')::int as pid, max(attempts) as attempts, count(*)::int from ops.job_queue
      where status = 'succeeded' group by 1`;
    expect(rows.map((row) => row.attempts)).toEqual([1, 1, 1]);
    expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(200);
  });
});
