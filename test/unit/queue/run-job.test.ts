import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import {
  defineJob,
  FailForGood,
  type JobContext,
  type JobResult,
  RetryLater,
} from '../../../functions/_shared/jobs/define-job.ts';
import { handlerOf } from '../../../functions/_shared/jobs/handler.ts';
import { type JobOutcome, JobRun, JobStopped } from '../../../functions/_shared/jobs/run-job.ts';

const surroundings = {
  callFunction: () => Promise.reject(new Error('not here')),
  log: () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() }),
  secrets: ['hunter2hunter2'],
};

function start(
  run: (payload: unknown, context: JobContext) => JobResult | Promise<JobResult>,
  payload: unknown = {},
): { readonly attempt: JobRun; readonly ended: Promise<JobOutcome> } {
  const handler = handlerOf('test', defineJob({ payload: z.looseObject({}), timeout: '1s', run }));
  const job = { id: 7, taskType: 'test', payload, attempt: 2, maxAttempts: 5 };
  const ends: JobOutcome[] = [];
  let attempt: JobRun | undefined;
  const ended = new Promise<JobOutcome>((resolve) => {
    attempt = new JobRun(job, handler, surroundings, (_, outcome) => {
      ends.push(outcome);
      if (ends.length > 1) throw new Error('it ended twice');
      resolve(outcome);
    });
    attempt.start();
  });
  if (attempt === undefined) throw new Error('no attempt');
  return { attempt, ended };
}

describe('an attempt', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;

  it.each<[string, () => JobResult | Promise<JobResult>, unknown]>([
    ['nothing', () => undefined, { kind: 'succeeded', result: null }],
    ['a promise of nothing', async () => undefined, { kind: 'succeeded', result: null }],
    ['null', () => null, { kind: 'succeeded', result: null }],
    ['a result', () => ({ done: [1, 'a'] }), { kind: 'succeeded', result: '{"done":[1,"a"]}' }],
    ['half a character', () => '\ud800', { kind: 'succeeded', result: expect.stringContaining('omitted') }],
    ['a NUL', () => ['\0'], { kind: 'succeeded', result: expect.stringContaining('omitted') }],
    ['a backslash before u', () => '\\u0000', { kind: 'succeeded', result: '"\\\\u0000"' }],
    [
      'too much',
      () => 'x'.repeat(20_000),
      { kind: 'succeeded', result: expect.stringContaining('20002 characters') },
    ],
    ['a circle', () => cyclic as never, { kind: 'succeeded', result: expect.stringContaining('no JSON') }],
  ])('that returns %s has succeeded', async (_, run, outcome) => {
    expect(await start(run).ended).toEqual(outcome);
  });

  it.each<[string, unknown, unknown]>([
    ['an error', new Error('no'), { kind: 'retry', error: 'no', delayMs: null }],
    ['a text', 'no', { kind: 'retry', error: 'no', delayMs: null }],
    ['nothing', undefined, { kind: 'retry', error: 'unknown error', delayMs: null }],
    ['FailForGood', new FailForGood('never'), { kind: 'dead', error: 'FailForGood: never' }],
    [
      'RetryLater',
      new RetryLater('90s', 'later'),
      { kind: 'retry', error: 'RetryLater: later', delayMs: 90_000 },
    ],
    [
      'an error with causes',
      new Error('outer', { cause: new TypeError('inner') }),
      { kind: 'retry', error: 'outer; because: TypeError: inner', delayMs: null },
    ],
  ])('that throws %s', async (_, thrown, outcome) => {
    const run = () => {
      throw thrown;
    };
    expect(await start(run).ended).toEqual(outcome);
    expect(await start(async () => run()).ended).toEqual(outcome);
  });

  it('keeps no credential in its error, and bounds it', async () => {
    const message = `postgres://me:hunter2hunter2@db/x sb_secret_abcdefgh1234 ${'y'.repeat(9000)}`;
    const outcome = await start(() => {
      throw new Error(message);
    }).ended;
    const error = outcome.kind === 'retry' ? outcome.error : '';
    expect(error).not.toMatch(/hunter2|sb_secret_abc/);
    expect(error.length).toBeLessThanOrEqual(2000);
  });

  it('whose payload does not fit is dead at once, and says where', async () => {
    const payload = z.object({ items: z.array(z.object({ 'the key': z.number() })) });
    const handler = handlerOf('test', defineJob({ payload, timeout: '1s', run: () => undefined }));
    const job = {
      id: 1,
      taskType: 'test',
      payload: { items: [{ 'the key': 'x' }] },
      attempt: 1,
      maxAttempts: 5,
    };
    const outcome = await new Promise<JobOutcome>((resolve) => {
      new JobRun(job, handler, surroundings, (_, end) => resolve(end)).start();
    });
    expect(outcome).toEqual({
      kind: 'dead',
      error: expect.stringMatching(/^invalid payload - payload\.items\[0\]\["the key"\]: /),
    });
  });

  it('gives its handler what it knows', async () => {
    const seen = vi.fn();
    await start((_, { jobId, attempt, maxAttempts, idempotencyKey, taskType, signal }) => {
      seen(jobId, attempt, maxAttempts, idempotencyKey, taskType, signal.aborted);
    }).ended;
    expect(seen).toHaveBeenCalledWith(7, 2, 5, 'job-7', 'test', false);
  });
});

describe('an attempt that is told to stop', () => {
  const untilAborted = (_: unknown, { signal }: JobContext): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it.each([
    ['timeout', { kind: 'retry', error: 'timed out after 1000 ms', delayMs: null }],
    ['cancelled', { kind: 'retry', error: 'cancelled', delayMs: null }],
    ['lease_lost', { kind: 'retry', error: 'the lease was lost', delayMs: null }],
    ['shutdown', { kind: 'released' }],
  ] as const)('because of %s ends so', async (reason, outcome) => {
    const { attempt, ended } = start(untilAborted);
    attempt.stop(reason);
    attempt.stop('timeout');
    expect(await ended).toEqual(outcome);
    expect(attempt.stopReason).toBe(reason);
    expect(attempt.signal.reason).toBeInstanceOf(JobStopped);
  });

  it('sees a signal that is aborted already when it asks for it late', async () => {
    const { attempt, ended } = start(async (_, context) => {
      await Promise.resolve();
      return context.signal.aborted;
    });
    attempt.stop('cancelled');
    expect(await ended).toEqual({ kind: 'succeeded', result: 'true' });
  });

  it('has done its work when it finishes all the same', async () => {
    const { attempt, ended } = start(async () => 'done');
    attempt.stop('timeout');
    expect(await ended).toEqual({ kind: 'succeeded', result: '"done"' });
  });

  it('and does not listen is given up on; its late end is told and changes nothing', async () => {
    let finish: (value: string) => void = () => undefined;
    const { attempt, ended } = start(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    const late = vi.fn();
    attempt.stop('timeout');
    attempt.abandon(late);
    expect(await ended).toMatchObject({ kind: 'retry', error: 'timed out after 1000 ms' });
    expect(late).not.toHaveBeenCalled();
    finish('at last');
    await Promise.resolve();
    await Promise.resolve();
    expect(late).toHaveBeenCalledOnce();
  });
});
