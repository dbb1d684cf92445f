import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cancelJob, retryJobNow } from '../../../../actions/_shared/queue/admin-statements.ts';
import {
  claimJobs,
  completeJobs,
  enqueueJob,
  enqueueJobs,
  failJobs,
  type UniqueMode,
} from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { claim, claimOne, forgetJobs, idsOf } from './queue.ts';

const database = await createTestDatabase(import.meta.url);
const sql = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => forgetJobs(database.sql));

const later = new Date(Date.now() + 3_600_000);
const put = (uniqueMode: UniqueMode, n: number, runAt?: Date): Promise<number> =>
  enqueueJob(sql, { taskType: 'a', uniqueKey: 'k', uniqueMode, payload: { n }, runAt });

interface Row {
  readonly id: number;
  readonly payload: unknown;
  readonly run_at: Date;
  readonly status: string;
}
const rows = (): Promise<Row[]> =>
  sql<Row[]>`select id::int, payload, run_at, status from ops.job_queue order by id`;

describe('a second job with a unique key', () => {
  it('keep: changes nothing and answers with the first', async () => {
    const first = await put('keep', 1);
    expect(await put('keep', 2)).toBe(first);
    const job = await claimOne(sql);
    expect(await put('keep', 3)).toBe(first);
    await completeJobs(sql, { leaseToken: job.leaseToken, ids: [job.id] });
    expect(await put('keep', 4)).not.toBe(first);
  });

  it('replace: gives the waiting one the new payload and leaves it its time', async () => {
    await put('keep', 1, later);
    const id = await put('replace', 2);
    expect(await rows()).toEqual([{ id, payload: { n: 2 }, run_at: later, status: 'pending' }]);
  });

  it('debounce: gives the waiting one the new payload and the new time', async () => {
    await put('keep', 1);
    const id = await put('debounce', 2, later);
    expect(await rows()).toEqual([{ id, payload: { n: 2 }, run_at: later, status: 'pending' }]);
  });

  it.each(['replace', 'debounce'] as const)('%s: comes after a running one', async (mode) => {
    await put('keep', 1);
    await claimOne(sql);
    await put(mode, 2);
    await put(mode, 3);
    expect((await rows()).map(({ payload, status }) => [payload, status])).toEqual([
      [{ n: 1 }, 'running'],
      [{ n: 3 }, 'pending'],
    ]);
  });

  it('replace: what replaces a job at the moment of its claim is not lost with it', async () => {
    await put('keep', 1);
    const replacer = database.as('service_role');
    const job = await replacer.begin(async (transaction) => {
      await enqueueJob(transaction, {
        taskType: 'a',
        uniqueKey: 'k',
        uniqueMode: 'replace',
        payload: { n: 2 },
      });
      return claimOne(sql);
    });
    expect(job.payload).toEqual({ n: 1 });
    expect(await completeJobs(sql, { leaseToken: job.leaseToken, ids: [job.id] })).toEqual([job.id]);
    expect(await claimOne(sql)).toMatchObject({ payload: { n: 2 }, attempts: 1 });
  });

  it.each(['keep', 'replace', 'debounce'] as const)('%s: of fifty at once one is left', async (mode) => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const session = database.as('service_role');
        const id = await enqueueJob(session, {
          taskType: 'a',
          uniqueKey: 'k',
          uniqueMode: mode,
          payload: { n },
        });
        await session.end();
        return id;
      }),
    );
    const left = await rows();
    expect(left).toHaveLength(1);
    expect(ids).toContain(left[0]?.id);
    if (mode === 'keep') expect(new Set(ids).size).toBe(1);
  });

  it('is another job where its type is another, and in one call it counts too', async () => {
    const ids = await enqueueJobs(sql, [
      { taskType: 'a', uniqueKey: 'k' },
      { taskType: 'b', uniqueKey: 'k' },
      { taskType: 'a', uniqueKey: 'k' },
    ]);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('keeps a dead letter from coming back beside it, and says why', async () => {
    const first = await put('keep', 1);
    const job = await claimOne(sql);
    await failJobs(sql, job.leaseToken, [{ id: first, error: 'x', final: true }]);
    await put('keep', 2);
    await expect(retryJobNow(sql, first)).rejects.toThrow('another open job has the unique key');
  });
});

describe('jobs with a serial key', () => {
  it('run one after the other in their order, beside others', async () => {
    const [one, two, free] = await enqueueJobs(sql, [
      { taskType: 'a', serialKey: 's' },
      { taskType: 'b', serialKey: 's', priority: 9 },
      { taskType: 'a' },
    ]);
    const first = await claim(sql);
    expect(idsOf(first).sort()).toEqual([one, free].sort());
    expect(await claim(sql)).toEqual([]);
    await completeJobs(sql, { leaseToken: first[0]?.leaseToken ?? 0, ids: [one ?? 0] });
    expect(idsOf(await claim(sql))).toEqual([two]);
  });

  it('wait for one that is tried again, and go on when it is a dead letter or cancelled', async () => {
    const [one, two, three] = await enqueueJobs(
      sql,
      Array.from({ length: 3 }, () => ({ taskType: 'a', serialKey: 's' })),
    );
    const first = await claimOne(sql);
    await failJobs(sql, first.leaseToken, [{ id: one ?? 0, error: 'x', retryInMs: 3_600_000 }]);
    expect(await claim(sql)).toEqual([]);
    await cancelJob(sql, one ?? 0);
    const second = await claimOne(sql);
    expect(second.id).toBe(two);
    await failJobs(sql, second.leaseToken, [{ id: second.id, error: 'x', final: true }]);
    expect((await claimOne(sql)).id).toBe(three);
  });

  it('never run two at a time, whoever queues and claims at once', async () => {
    const total = 120;
    let ran = 0;
    const running = new Set<string>();
    const overlaps: string[] = [];
    const order = new Map<string, number[]>();
    const producers = Array.from({ length: 4 }, async (_, producer) => {
      const session = database.as('service_role');
      for (let n = 0; n < total / 4; n += 1)
        await enqueueJob(session, { taskType: 'a', serialKey: `s${n % 3}`, payload: { key: `s${n % 3}` } });
      await session.end();
      return producer;
    });
    const workers = Array.from({ length: 5 }, async (_, index) => {
      const session = database.as('service_role');
      while (ran < total) {
        const jobs = await claimJobs(session, { worker: `w${index}`, limit: 2, leaseMs: 60_000 });
        for (const job of jobs) {
          const { key } = job.payload as { key: string };
          if (running.has(key)) overlaps.push(key);
          running.add(key);
          order.set(key, [...(order.get(key) ?? []), job.id]);
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
        for (const job of jobs) {
          running.delete((job.payload as { key: string }).key);
          await completeJobs(session, { leaseToken: job.leaseToken, ids: [job.id] });
          ran += 1;
        }
      }
      await session.end();
    });
    await Promise.all([...producers, ...workers]);
    expect(overlaps).toEqual([]);
    expect([...order.values()].flat()).toHaveLength(total);
  });
});
