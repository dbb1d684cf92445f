import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelJob, retryJobNow } from '../../../../actions/_shared/queue/admin-statements.ts';
import {
  completeJobs,
  enqueueJob,
  enqueueJobs,
  failJobs,
  heartbeatJobs,
  rescueJobs,
} from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { claim, claimOne, expire, forgetJobs, look } from './queue.ts';

const database = await createTestDatabase(import.meta.url);
const sql = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => forgetJobs(database.sql));

interface Alert {
  readonly dedupe_key: string;
  readonly count: number;
  readonly message: string;
}
const alerts = (): Promise<Alert[]> =>
  database.sql<
    Alert[]
  >`select dedupe_key, count, message from ops.alerts where resolved_at is null order by 1`;

describe('work that is done', () => {
  it('is kept with its result, or deleted where its type says so', async () => {
    await database.sql`insert into ops.job_types (task_type, keep_succeeded) values ('gone', '0')`;
    const [kept, gone] = await enqueueJobs(sql, [{ taskType: 'kept' }, { taskType: 'gone' }]);
    const jobs = await claim(sql, 2);
    const ids = [kept ?? 0, gone ?? 0];
    const results = new Map(ids.map((id) => [id, { answer: 42 }]));
    expect(await completeJobs(sql, { leaseToken: jobs[0]?.leaseToken ?? 0, ids, results })).toEqual([]);
    const rows =
      await sql`select id::int, status, result, finished_at is not null as ended from ops.job_queue`;
    expect([...rows]).toEqual([{ id: kept, status: 'succeeded', result: { answer: 42 }, ended: true }]);
  });

  it('is pruned after what its type says, or what the pruning job says', async () => {
    await database.sql`insert into ops.job_types (task_type, keep_succeeded) values ('short', '1 hour'), ('long', '1 year')`;
    await database.sql`
      insert into ops.queued_jobs (task_type, status, finished_at)
      select task_type, 'succeeded', now() - interval '20 days'
      from unnest(array['short', 'long', 'plain']) as given (task_type)
      union all values ('short', 'succeeded', now() - interval '2 hours'), ('plain', 'succeeded', now() - interval '2 hours')`;
    await database.sql`select ops.prune_job_queue('14 days')`;
    const left = await sql`select task_type, count(*)::int from ops.job_queue group by 1 order by 1`;
    expect([...left]).toEqual([
      { task_type: 'long', count: 1 },
      { task_type: 'plain', count: 1 },
    ]);
  });
});

describe('work that failed', () => {
  it('waits longer after every try, within a fifth of the plan and never beyond the cap', async () => {
    await database.sql`
      insert into ops.job_types (task_type, backoff_base, backoff_cap) values ('a', '10 seconds', '1 minute')`;
    const waits = await database.sql<{ tries: number; low: number; high: number }[]>`
      select tries, min(s) as low, max(s) as high
      from (
        select tries, extract(epoch from ops.retry_backoff(tries, '10 seconds', '1 minute'))::float8 as s
        from generate_series(1, 40) tries, generate_series(1, 200)
      ) w
      group by 1 order by 1`;
    expect(waits).toHaveLength(40);
    for (const { tries, low, high } of waits) {
      const plan = 10 * 2 ** (tries - 1);
      expect(low).toBeGreaterThanOrEqual(Math.min(plan * 0.8, 60));
      expect(high).toBeLessThanOrEqual(Math.min(plan * 1.2, 60));
      if (plan * 1.2 < 60) expect(high - low).toBeGreaterThan(plan * 0.2);
    }
    const id = await enqueueJob(sql, { taskType: 'a' });
    const job = await claimOne(sql);
    const [fate] = await failJobs(sql, job.leaseToken, [{ id, error: 'boom' }]);
    expect(fate).toMatchObject({ id, status: 'pending' });
    const waitMs = (fate?.runAt?.getTime() ?? 0) - Date.now();
    expect(waitMs).toBeGreaterThan(7000);
    expect(waitMs).toBeLessThan(12_100);
    expect(await claim(sql)).toEqual([]);
  });

  it('waits as long as its worker says instead, or not at all when it must not be tried again', async () => {
    const ids = await enqueueJobs(sql, [{ taskType: 'a' }, { taskType: 'a' }]);
    const [job] = await claim(sql, 2);
    const fates = await failJobs(sql, job?.leaseToken ?? 0, [
      { id: ids[0] ?? 0, error: 'busy', retryInMs: 3_600_000 },
      { id: ids[1] ?? 0, error: 'no such order', final: true },
    ]);
    const byId = new Map(fates.map((fate) => [fate.id, fate]));
    expect((byId.get(ids[0] ?? 0)?.runAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
    expect(byId.get(ids[1] ?? 0)).toMatchObject({ status: 'failed', runAt: null });
  });

  it('for good raises one alert for all errors of one cause, counted, without secrets', async () => {
    const errors = [
      'order 17 of "Ada" not found at 0x1f3a',
      'order 99 of "Bob" not found at 0xdeadbeef',
      'order 5 of "Eve" not found at 0x0\n    at stack line 12',
      'no route to db-7f3c9a1b2c, Bearer abc.def-123',
    ];
    await enqueueJobs(
      sql,
      errors.map(() => ({ taskType: 'mail', maxAttempts: 1 })),
    );
    const jobs = await claim(sql, 4);
    await failJobs(
      sql,
      jobs[0]?.leaseToken ?? 0,
      jobs.map((job, index) => ({ id: job.id, error: errors[index] ?? '' })),
    );
    const raised = await alerts();
    expect(raised.map((alert) => alert.count).sort()).toEqual([1, 3]);
    expect(raised.every((alert) => alert.dedupe_key.startsWith('dead_letter:mail:'))).toBe(true);
    expect(JSON.stringify(raised)).not.toContain('abc.def');
  });

  it('is tried again by hand with all its tries', async () => {
    const id = await enqueueJob(sql, { taskType: 'a', maxAttempts: 2 });
    const job = await claimOne(sql);
    await failJobs(sql, job.leaseToken, [{ id, error: 'x', final: true }]);
    expect(await look(sql, id)).toEqual({ status: 'failed', attempts: 1 });
    expect(await retryJobNow(sql, id)).toBe(true);
    expect(await claimOne(sql)).toMatchObject({ id, attempts: 1, maxAttempts: 2 });
    expect(await retryJobNow(sql, id)).toBe(false);
  });
});

describe('a lease that ended', () => {
  it('costs its jobs a try and brings them back; out of tries they are dead letters', async () => {
    const [two, one] = await enqueueJobs(sql, [
      { taskType: 'a', maxAttempts: 2 },
      { taskType: 'a', maxAttempts: 1 },
    ]);
    const [job] = await claim(sql, 2);
    await expire(database.sql, job?.leaseToken ?? 0);
    expect(await rescueJobs(sql)).toBe(2);
    expect(await look(sql, two ?? 0)).toEqual({ status: 'pending', attempts: 1 });
    expect(await look(sql, one ?? 0)).toEqual({ status: 'failed', attempts: 1 });
    expect(await alerts()).toMatchObject([{ count: 1, message: expect.stringContaining('lost') }]);
    expect(await sql`select from ops.job_leases`).toHaveLength(0);
  });

  it('too often makes a dead letter whatever tries are left', async () => {
    await database.sql`insert into ops.job_types (task_type, rescue_cap) values ('killer', 3)`;
    const id = await enqueueJob(sql, { taskType: 'killer', maxAttempts: 100 });
    for (let lost = 1; lost <= 3; lost += 1) {
      await database.sql`update ops.queued_jobs set run_at = now()`;
      await expire(database.sql, (await claimOne(sql)).leaseToken);
      await rescueJobs(sql);
      expect(await look(sql, id)).toEqual({ status: lost < 3 ? 'pending' : 'failed', attempts: lost });
    }
  });

  it('is noticed by the collector when no worker is left', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    await expire(database.sql, (await claimOne(sql)).leaseToken);
    await database.sql`select ops.collect()`;
    expect(await look(sql, id)).toEqual({ status: 'pending', attempts: 1 });
  });
});

describe('cancelling', () => {
  it('ends a waiting job at once', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    expect(await cancelJob(sql, id)).toBe('cancelled');
    expect(await cancelJob(sql, id)).toBeUndefined();
    expect(await claim(sql)).toEqual([]);
  });

  it('tells the worker of a running job, whose report of failure then ends it', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    const job = await claimOne(sql);
    expect(await cancelJob(sql, id)).toBe('cancelling');
    expect(await look(sql, id)).toEqual({ status: 'running', attempts: 1 });
    expect(await heartbeatJobs(sql, job.leaseToken, [id], 1000)).toEqual([{ id, verdict: 'cancel' }]);
    expect(await failJobs(sql, job.leaseToken, [{ id, error: 'stopped' }])).toMatchObject([
      { status: 'cancelled' },
    ]);
    expect(await alerts()).toEqual([]);
  });

  it('while somebody is just claiming it is told to whoever claimed it', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    const canceller = database.as('service_role');
    const job = await canceller.begin(async (transaction) => {
      await transaction`select ops.cancel_job(${id})`;
      return claimOne(sql);
    });
    expect(await look(sql, id)).toMatchObject({ status: 'cancelled' });
    expect(await heartbeatJobs(sql, job.leaseToken, [id], 1000)).toEqual([{ id, verdict: 'cancel' }]);
    expect(await completeJobs(sql, { leaseToken: job.leaseToken, ids: [id] })).toEqual([id]);
    expect(await look(sql, id)).toMatchObject({ status: 'cancelled' });
  });
});
