import * as z from 'zod';

/** What `job-worker` is asked: so many due jobs, within so many seconds. */
export const JobWorkerRequest = z.strictObject({
  limit: z.int().min(1).max(100).default(25),
  /** What is not done by then is handed back to the queue. */
  seconds: z.int().min(1).max(140).default(50),
  /** Only these types; all this worker has handlers for when left out. */
  task_types: z.array(z.string().min(1).max(63)).min(1).max(50).optional(),
});

/** What became of one job. */
export const JobReport = z.object({
  id: z.number(),
  task_type: z.string(),
  attempt: z.number(),
  status: z.enum(['succeeded', 'retry', 'failed', 'cancelled', 'released', 'lost']),
  ms: z.number(),
  error: z.string().optional(),
});
export type JobReport = z.infer<typeof JobReport>;

/** What it answers; jobs that were handed back count as neither. */
export const JobWorkerAnswer = z.object({
  processed: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  results: z.array(JobReport),
});
export type JobWorkerAnswer = z.infer<typeof JobWorkerAnswer>;
