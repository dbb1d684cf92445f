import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enqueueJob } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { openWorkshop, type Workshop, waitForStatus } from './support/worker-process.ts';

let database: TestDatabase;
let workshop: Workshop;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  workshop = openWorkshop(database.url);
});
afterEach(async () => {
  await workshop.killAll();
  await database.sql`truncate ops.queued_jobs, ops.job_leases, ops.job_types`;
});
afterAll(async () => {
  await workshop.close();
  await database.drop();
});

/** Milliseconds from the commit of an enqueue to the start of the job, for each of `count` jobs. */
async function latencies(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = await enqueueJob(database.sql, { taskType: 'pid' });
    const queuedAt = Date.now();
    await waitForStatus(database.sql, id, 'succeeded');
    const [row] =
      await database.sql`select (result ->> 'at')::float8 as at from ops.job_queue where id = ${id}`;
    found.push(Number(row?.at) - queuedAt);
  }
  return found.sort((a, b) => a - b);
}

async function stopped(worker: ReturnType<Workshop['work']>): Promise<void> {
  worker.kill('SIGTERM');
  expect(await worker.exited, worker.errors()).toBe(0);
}

describe('a new job', () => {
  it('is heard of at once, without waiting for the poll', async () => {
    const worker = workshop.work('--poll', '1h');
    await worker.event('worker_started', (line) => line.listening === true);
    const found = await latencies(10);
    expect(found[5], found.join(' ')).toBeLessThan(200);
    await stopped(worker);
  });

  it('is found by the poll alone', async () => {
    const worker = workshop.work('--poll', '100ms', '--no-listen');
    await worker.event('worker_started', (line) => line.listening === false);
    const found = await latencies(3);
    expect(found[1], found.join(' ')).toBeLessThan(1500);
    await stopped(worker);
  });

  it('that is due later is found by the poll when its time has come', async () => {
    const worker = workshop.work('--poll', '100ms');
    await worker.event('worker_started');
    const runAt = new Date(Date.now() + 700);
    const id = await enqueueJob(database.sql, { taskType: 'pid', runAt });
    await waitForStatus(database.sql, id, 'succeeded');
    const [row] =
      await database.sql`select (result ->> 'at')::float8 as at from ops.job_queue where id = ${id}`;
    expect(Number(row?.at)).toBeGreaterThanOrEqual(runAt.getTime() - 5);
    await stopped(worker);
  });

  it('of a resumed type is heard of', async () => {
    await database.sql`select ops.pause_task_type('pid')`;
    const id = await enqueueJob(database.sql, { taskType: 'pid' });
    const worker = workshop.work('--poll', '1h');
    await worker.event('worker_started');
    await sleep(300);
    const { out } = await workshop.opsroom('jobs', 'resume', 'pid');
    expect(out).toBe('pid is claimed again\n');
    await waitForStatus(database.sql, id, 'succeeded');
    await stopped(worker);
  });
});

describe('notices', () => {
  it('are heard again after the connection for them was cut', async () => {
    const worker = workshop.work('--poll', '1h', '--lease', '1h');
    await worker.event('worker_started');
    await database.superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = ${database.name} and application_name = 'opsroom work' and query ilike 'listen%'`;
    await worker.event('notices_lost');
    const heard = async () => {
      const [row] = await database.superuser`
        select count(*)::int as listening from pg_stat_activity
        where datname = ${database.name} and application_name = 'opsroom work' and query ilike 'listen%'`;
      return row?.listening === 1;
    };
    while (!(await heard())) await sleep(20);
    const id = await enqueueJob(database.sql, { taskType: 'pid' });
    await waitForStatus(database.sql, id, 'succeeded');
    await stopped(worker);
  });
});

describe('an idle worker', () => {
  it('does not ask the database more often than its poll says', async () => {
    const worker = workshop.work('--poll', '200ms', '--concurrency', '4', '--prefetch', '0');
    await worker.event('worker_started');
    await sleep(500);
    const calls = async () => {
      const [row] = await database.superuser`
        select coalesce(sum(xact_commit), 0)::int as commits from pg_stat_database where datname = ${database.name}`;
      return Number(row?.commits);
    };
    await sleep(1100);
    const before = await calls();
    await sleep(3000);
    const made = (await calls()) - before;
    expect(made).toBeLessThan(45);
    await stopped(worker);
  });
});
