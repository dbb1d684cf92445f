import { bearerToken, jobToken, secretKey } from '../_shared/auth/ways-in.ts';
import { type JobReport, type JobWorkerAnswer, JobWorkerRequest } from '../_shared/contracts/job-worker.ts';
import { serviceClient } from '../_shared/database/clients.ts';
import { type Dependencies, requireEnv } from '../_shared/dependencies.ts';
import { endpoint } from '../_shared/http/endpoint.ts';
import { createFunctionCaller } from '../_shared/jobs/call-function.ts';
import type { Handler } from '../_shared/jobs/handler.ts';
import { HANDLERS } from './handlers.ts';
import { type LeasedJob, openQueue } from './queue.ts';
import { runBatch } from './run-batch.ts';

/** Milliseconds kept back for settling with the queue and answering. */
const reserve = 3_000;

/**
 * Work on due jobs of the queue: claim up to `limit`, run them a few at a time, settle each, hand back what the time did
 * not suffice for. Any number of these may run at once, beside any number of `opsroom work` processes.
 */
export function workJobs(
  dependencies: Dependencies,
  handlers: ReadonlyMap<string, Handler> = HANDLERS,
): (request: Request) => Promise<Response> {
  return endpoint(dependencies, {
    name: 'job-worker',
    ways: [
      bearerToken({ secret: 'JOB_QUEUE_RUNNER_SECRET' }),
      jobToken({ header: 'x-job-runner-secret', secret: 'JOB_QUEUE_RUNNER_SECRET' }),
      secretKey(),
    ],
    timeBox: 145_000,
    body: JobWorkerRequest,
    handle: async ({ body, log }) => {
      const deadline = dependencies.now() + body.seconds * 1000 - reserve;
      const queue = openQueue(serviceClient(dependencies), `job-worker ${crypto.randomUUID().slice(0, 8)}`);
      const known = [...handlers.keys()];
      const types = body.task_types?.filter((type) => handlers.has(type)) ?? known;
      const jobs = types.length === 0 ? [] : await queue.claim(body.limit, body.seconds + 30, types);
      const jobLog = (job: LeasedJob) =>
        log.with({ job_id: job.id, task_type: job.taskType, attempt: job.attempt });
      const ended = await runBatch({
        jobs,
        handlers,
        deadline,
        now: dependencies.now,
        surroundings: {
          callFunction: createFunctionCaller({
            url: requireEnv(dependencies.env, 'SUPABASE_URL'),
            token: dependencies.env('OPSROOM_JOB_TOKEN'),
            fetch: dependencies.fetch,
          }),
          log: (job) => log.with({ job_id: job.id, task_type: job.taskType, attempt: job.attempt }),
          secrets: [],
        },
      });
      const results = await queue.settle(ended);
      const byId = new Map(jobs.map((job) => [job.id, job]));
      for (const report of results) {
        const job = byId.get(report.id);
        const level = report.status === 'succeeded' || report.status === 'released' ? 'info' : 'warn';
        if (job !== undefined) jobLog(job)[level](report.status, { ms: report.ms, error: report.error });
      }
      return { body: summary(results) };
    },
  });
}

function summary(results: readonly JobReport[]): JobWorkerAnswer {
  const succeeded = results.filter(({ status }) => status === 'succeeded').length;
  const failed = results.filter(({ status }) => status === 'retry' || status === 'failed').length;
  return { processed: succeeded + failed, succeeded, failed, results: [...results] };
}
