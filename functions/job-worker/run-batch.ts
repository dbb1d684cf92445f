import type { Handler } from '../_shared/jobs/handler.ts';
import { type JobOutcome, JobRun, type JobSurroundings } from '../_shared/jobs/run-job.ts';
import type { LeasedJob } from './queue.ts';

/** A job and how its attempt ended. */
export interface EndedJob {
  readonly job: LeasedJob;
  readonly outcome: JobOutcome;
  readonly ms: number;
}

const lanes = 5;
/** Milliseconds a handler has to end after it was told to stop. */
const patience = 1_000;

/**
 * Run jobs a few at a time until the deadline. What runs then is told to stop and, like what never began, ends as
 * released: the queue offers it again without counting a try.
 *
 * @param batch.deadline milliseconds since 1970
 */
export async function runBatch(batch: {
  readonly jobs: readonly LeasedJob[];
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly surroundings: JobSurroundings;
  readonly deadline: number;
  readonly now: () => number;
}): Promise<readonly EndedJob[]> {
  const waiting = [...batch.jobs];
  const ended: EndedJob[] = [];
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const handler = batch.handlers.get(job.taskType);
      const left = batch.deadline - batch.now();
      if (handler === undefined || left <= 0) ended.push({ job, outcome: { kind: 'released' }, ms: 0 });
      else ended.push(await runOne(job, handler, left, batch));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ended;
}

function runOne(
  job: LeasedJob,
  handler: Handler,
  left: number,
  { surroundings, now }: { readonly surroundings: JobSurroundings; readonly now: () => number },
): Promise<EndedJob> {
  return new Promise((resolve) => {
    const started = now();
    const timers: ReturnType<typeof setTimeout>[] = [];
    const run = new JobRun(job, handler, surroundings, (_, outcome) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ job, outcome, ms: now() - started });
    });
    const stop = (reason: 'timeout' | 'shutdown') => {
      run.stop(reason);
      timers.push(setTimeout(() => run.abandon(() => undefined), patience));
    };
    timers.push(
      handler.timeoutMs <= left
        ? setTimeout(() => stop('timeout'), handler.timeoutMs)
        : setTimeout(() => stop('shutdown'), left),
    );
    run.start();
  });
}
