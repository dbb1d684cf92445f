import postgres from 'postgres';
import * as z from 'zod';
import { enqueueJob, enqueueJobs } from '../actions/_shared/queue/statements.ts';
import { createWorkLog } from '../actions/_shared/queue/work-log.ts';
import { startWorker } from '../actions/_shared/queue/worker.ts';
import { defineJob } from '../functions/_shared/jobs/define-job.ts';
import { handlerOf } from '../functions/_shared/jobs/handler.ts';
import { type Contender, PAYLOAD, settleTables, TASK_TYPE } from './queue-contender.ts';

/** Our queue with the machinery of `opsroom work`, in this process. */
export async function openOurs(options: {
  readonly url: string;
  readonly superuserUrl: string;
  readonly concurrency: number;
  readonly prefetch: number;
  /** Keep rows as succeeded instead of deleting them. */
  readonly keep: boolean;
}): Promise<Contender> {
  const sql = postgres(options.url, { max: 2, onnotice: () => {}, fetch_types: false });
  const superuser = postgres(options.superuserUrl, { max: 1, onnotice: () => {} });
  const kept = options.keep ? null : '0';
  const payload = z.strictObject({ n: z.number() });
  return {
    name: `ours, prefetch ${options.prefetch}, row ${options.keep ? 'kept' : 'deleted'}`,
    async empty() {
      await sql`truncate ops.queued_jobs, ops.job_leases`;
      await sql`
        insert into ops.job_types (task_type, keep_succeeded) values (${TASK_TYPE}, ${kept}::text::interval)
        on conflict (task_type) do update set keep_succeeded = excluded.keep_succeeded`;
    },
    async enqueueMany(count) {
      const jobs = Array.from({ length: count }, () => ({ taskType: TASK_TYPE, payload: PAYLOAD }));
      await enqueueJobs(sql, jobs);
    },
    async enqueueOne() {
      await enqueueJob(sql, { taskType: TASK_TYPE, payload: PAYLOAD });
    },
    async isDone() {
      const [row] = await sql`
        select not exists (select from ops.queued_jobs where status = 'pending')
           and not exists (select from ops.job_leases) as done`;
      return row?.done === true;
    },
    async work(onJob) {
      await settleTables(superuser, ['ops.queued_jobs', 'ops.job_leases']);
      const handler = handlerOf(TASK_TYPE, defineJob({ payload, timeout: '1m', run: () => onJob() }));
      const worker = await startWorker({
        url: options.url,
        handlers: new Map([[TASK_TYPE, handler]]),
        concurrency: options.concurrency,
        prefetch: options.prefetch,
        log: createWorkLog({ level: 'error', format: 'json', out: (text) => process.stderr.write(text) }),
      });
      return { stop: () => worker.stop({ graceMs: 5000 }) };
    },
    async close() {
      await Promise.all([sql.end(), superuser.end()]);
    },
  };
}
