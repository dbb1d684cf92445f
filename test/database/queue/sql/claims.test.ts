import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { pauseTaskType, resumeTaskType } from '../../../../actions/_shared/queue/admin-statements.ts';
import {
  claimJobs,
  completeAndClaimJobs,
  completeJobs,
  enqueueJob,
  enqueueJobs,
  heartbeatJobs,
  releaseJobs,
} from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { claim, claimOne, expire, forgetJobs, idsOf, look } from './queue.ts';

const database = await createTestDatabase(import.meta.url);
const sql = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => forgetJobs(database.sql));

describe('a claim', () => {
  it('takes the higher priority first, then what was due first, then what came first', async () => {
    const at = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
    const late = await enqueueJob(sql, { taskType: 'a', runAt: at(1) });
    const early = await enqueueJob(sql, { taskType: 'a', runAt: at(9) });
    const same = await enqueueJob(sql, { taskType: 'b', runAt: at(9) });
    const urgent = await enqueueJob(sql, { taskType: 'b', priority: 5 });
    const idle = await enqueueJob(sql, { taskType: 'a', priority: -5, runAt: at(60) });
    await enqueueJob(sql, { taskType: 'a', priority: 9, runAt: new Date(Date.now() + 60_000) });
    const order: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) order.push(...idsOf(await claim(sql, 1)));
    expect(order[0]).toBe(urgent);
    expect([...order.slice(1, 3)].sort()).toEqual([early, same].sort());
    expect(order.slice(3)).toEqual([late, idle]);
    expect(await claim(sql)).toEqual([]);
  });

  it('tells which try it is and shows the job as running until it ends', async () => {
    const id = await enqueueJob(sql, { taskType: 'a', payload: { n: 1 }, maxAttempts: 3 });
    const [job] = await claim(sql);
    expect(job).toMatchObject({ id, taskType: 'a', payload: { n: 1 }, attempts: 1, maxAttempts: 3 });
    expect(await look(sql, id)).toEqual({ status: 'running', attempts: 1 });
    await completeJobs(sql, { leaseToken: job?.leaseToken ?? 0, ids: [id] });
    expect(await look(sql, id)).toEqual({ status: 'succeeded', attempts: 1 });
    expect(await sql`select from ops.job_leases`).toHaveLength(0);
  });

  it('takes only the types it asked for, and nothing of a paused one', async () => {
    const [a, b] = await enqueueJobs(sql, [{ taskType: 'a' }, { taskType: 'b' }, { taskType: 'c' }]);
    await pauseTaskType(sql, 'b');
    expect(idsOf(await claim(sql, 10, ['a', 'b']))).toEqual([a]);
    expect(await claim(sql, 10, ['b'])).toEqual([]);
    await resumeTaskType(sql, 'b');
    expect(idsOf(await claim(sql, 10, ['b']))).toEqual([b]);
  });

  it('gives no job to two of eight sessions that claim at once', async () => {
    await enqueueJobs(
      sql,
      Array.from({ length: 2000 }, (_, index) => ({ taskType: index % 3 === 0 ? 'a' : 'b' })),
    );
    const claimed = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const session = database.as('service_role');
        const mine: number[] = [];
        for (;;) {
          const limit = 1 + ((index * 7) % 25);
          const jobs = await claimJobs(session, { worker: `w${index}`, limit, leaseMs: 60_000 });
          if (jobs.length === 0) return mine;
          mine.push(...idsOf(jobs));
        }
      }),
    );
    const all = claimed.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBe(2000);
  });

  it('is refused in a transaction that would not see the lease before it', async () => {
    await enqueueJob(sql, { taskType: 'a' });
    await expect(
      database.sql.begin('isolation level repeatable read', (transaction) =>
        claimJobs(transaction, { worker: 'w', limit: 1, leaseMs: 1000 }),
      ),
    ).rejects.toThrow('isolation level read committed');
  });
});

describe('completing and claiming in one', () => {
  it('goes on under the same lease, and tells what was not its own', async () => {
    await enqueueJobs(sql, [{ taskType: 'a' }, { taskType: 'a' }, { taskType: 'a' }]);
    const [first, second] = await claim(sql, 2);
    const token = first?.leaseToken ?? 0;
    const turn = await completeAndClaimJobs(
      sql,
      { leaseToken: token, ids: [first?.id ?? 0, 999] },
      { worker: 'w', limit: 5, leaseMs: 60_000 },
    );
    expect(turn.lost).toEqual([999]);
    expect(turn.jobs.map((job) => job.leaseToken)).toEqual([token]);
    const [lease] = await sql`select held::text from ops.job_leases`;
    expect(lease?.held).toBe(`{[${second?.id},${(second?.id ?? 0) + 2})}`);
  });
});

describe('a lease', () => {
  it('that passed on lets its former holder change nothing, and says so', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    const job = await claimOne(sql);
    await expire(database.sql, job.leaseToken);
    await sql`select ops.rescue_jobs()`;
    await database.sql`update ops.queued_jobs set run_at = now()`;
    const next = await claimOne(sql);
    expect(next).toMatchObject({ id, attempts: 2 });
    const stale = { leaseToken: job.leaseToken, ids: [id] };
    expect(await completeJobs(sql, stale)).toEqual([id]);
    expect(await releaseJobs(sql, job.leaseToken, [id])).toEqual([id]);
    expect(await heartbeatJobs(sql, job.leaseToken, [id], 1000)).toEqual([{ id, verdict: 'lost' }]);
    expect(await look(sql, id)).toEqual({ status: 'running', attempts: 2 });
    expect(await completeJobs(sql, { leaseToken: next.leaseToken, ids: [id] })).toEqual([]);
  });

  it('is moved on by a heartbeat, for as long as it lasts', async () => {
    const id = await enqueueJob(sql, { taskType: 'a' });
    const job = await claimOne(sql);
    await expire(database.sql, job.leaseToken);
    expect(await heartbeatJobs(sql, job.leaseToken, [id], 60_000)).toEqual([]);
    const [{ rescued } = {}] = await sql`select ops.rescue_jobs() as rescued`;
    expect(rescued).toBe(0);
    expect(await look(sql, id)).toEqual({ status: 'running', attempts: 1 });
  });

  it('gives back what was not begun, without a try spent', async () => {
    const ids = await enqueueJobs(sql, [{ taskType: 'a' }, { taskType: 'a' }]);
    const [job] = await claim(sql, 2);
    expect(await releaseJobs(sql, job?.leaseToken ?? 0, ids)).toEqual([]);
    expect(await look(sql, ids[0] ?? 0)).toEqual({ status: 'pending', attempts: 0 });
    expect((await claim(sql, 2)).map((again) => again.attempts)).toEqual([1, 1]);
  });

  it('gives back what its worker never heard of', async () => {
    const ids = await enqueueJobs(sql, [{ taskType: 'a' }, { taskType: 'a' }, { taskType: 'a' }]);
    await claim(sql, 2);
    await claim(sql, 1);
    const [{ count } = {}] =
      await sql`select ops.release_unknown_jobs('w', ${`{${ids[1]}}`}::text::bigint[]) as count`;
    expect(count).toBe(2);
    expect(idsOf(await claim(sql, 5))).toEqual([ids[0], ids[2]]);
  });
});
