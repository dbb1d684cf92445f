import { readdirSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { JobWorkerAnswer } from '../../../functions/_shared/contracts/job-worker.ts';
import { defineJob, FailForGood, RetryLater } from '../../../functions/_shared/jobs/define-job.ts';
import { handlerOf } from '../../../functions/_shared/jobs/handler.ts';
import { workJobs } from '../../../functions/job-worker/handler.ts';
import { HANDLERS } from '../../../functions/job-worker/handlers.ts';
import { post, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const secret = 'r'.repeat(40);
const ran: number[] = [];

const payload = z.strictObject({ do: z.enum(['well', 'fail', 'die', 'later', 'hang']) });
const handlers = new Map([
  [
    'test_job',
    handlerOf(
      'test_job',
      defineJob({
        payload,
        timeout: '60s',
        run: async ({ do: what }, { jobId, signal }) => {
          ran.push(jobId);
          if (what === 'fail') throw new Error('it broke');
          if (what === 'die') throw new FailForGood('never');
          if (what === 'later') throw new RetryLater('1h', 'not yet');
          if (what === 'hang')
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          return { done: jobId };
        },
      }),
    ),
  ],
]);

beforeEach(async () => {
  await sql`truncate ops.queued_jobs, ops.job_leases, ops.alerts`;
  ran.length = 0;
});

async function work(
  body: unknown = {},
  headers: Record<string, string> = { authorization: `Bearer ${secret}` },
) {
  const handle = workJobs(fixture.dependencies({ JOB_QUEUE_RUNNER_SECRET: secret }), handlers);
  const response = await handle(post(body, headers));
  return { status: response.status, answer: JobWorkerAnswer.safeParse(await response.json()).data };
}
const queue = (what: string) =>
  sql<{ id: string }[]>`select ops.enqueue_job('test_job', ${sql.json({ do: what })}, 3) as id`.then(
    ([row]) => Number(row?.id),
  );
const row = async (id: number) =>
  (
    await sql`select status, attempts, last_error, result, run_at > now() + interval '50 minutes' as far from ops.job_queue where id = ${id}`
  )[0];

describe('job-worker', () => {
  it('works on due jobs and reports each', async () => {
    const [well, fail, die, later] = [
      await queue('well'),
      await queue('fail'),
      await queue('die'),
      await queue('later'),
    ];
    const { status, answer } = await work();

    expect(status).toBe(200);
    expect(answer).toMatchObject({ processed: 4, succeeded: 1, failed: 3 });
    expect(answer?.results.map(({ id, status }) => [id, status]).sort()).toEqual([
      [well, 'succeeded'],
      [fail, 'retry'],
      [die, 'failed'],
      [later, 'retry'],
    ]);
    expect(await row(well)).toMatchObject({ status: 'succeeded', result: { done: well } });
    expect(await row(fail)).toMatchObject({
      status: 'pending',
      attempts: 1,
      last_error: expect.stringContaining('it broke'),
    });
    expect(await row(die)).toMatchObject({ status: 'failed' });
    expect(await row(later)).toMatchObject({ status: 'pending', far: true });
  });

  it('makes a dead letter of a payload that does not fit, and says where', async () => {
    const id = await queue('nonsense');
    const { answer } = await work();

    expect(answer?.results[0]).toMatchObject({
      id,
      status: 'failed',
      error: expect.stringContaining('payload.do'),
    });
    expect(ran).toEqual([]);
  });

  it('takes no more than it is told', async () => {
    for (let at = 0; at < 5; at += 1) await queue('well');
    expect((await work({ limit: 2 })).answer?.processed).toBe(2);
    expect((await work({ limit: 10 })).answer?.processed).toBe(3);
    expect((await work()).answer).toEqual({ processed: 0, succeeded: 0, failed: 0, results: [] });
  });

  it('hands back what its time does not suffice for, without spending a try', async () => {
    const id = await queue('hang');
    const { answer } = await work({ seconds: 4 });

    expect(answer?.results).toEqual([expect.objectContaining({ id, status: 'released' })]);
    expect(await row(id)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('two at once never take the same job', async () => {
    for (let at = 0; at < 40; at += 1) await queue('well');
    await Promise.all([work({ limit: 30 }), work({ limit: 30 }), work({ limit: 30 })]);
    expect([ran.length, new Set(ran).size]).toEqual([40, 40]);
  });

  it('works on its own task types only', async () => {
    await sql`select ops.enqueue_job('of_somebody_else')`;
    expect((await work()).answer?.processed).toBe(0);
    expect((await work({ task_types: ['of_somebody_else'] })).answer?.processed).toBe(0);
  });

  it.each([
    ['nobody', {}],
    ['another secret', { authorization: `Bearer ${'x'.repeat(40)}` }],
    ['an empty secret', { authorization: 'Bearer ' }],
  ])('refuses %s', async (_who, headers: Record<string, string>) => {
    await queue('well');
    expect((await work({}, headers)).status).toBe(401);
    expect(ran).toEqual([]);
  });

  it('has a handler for every file of _jobs', () => {
    const files = readdirSync(new URL('../../../functions/_jobs', import.meta.url)).map((name) =>
      name.replace(/\.ts$/, ''),
    );
    expect([...HANDLERS.keys()].sort()).toEqual(files.sort());
  });
});
