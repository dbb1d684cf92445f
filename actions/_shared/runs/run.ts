import * as z from 'zod';

/** States a run can be in; the last six are final. */
export const RunStatus = z.enum([
  'queued',
  'fired',
  'delivered',
  'succeeded',
  'failed',
  'timed_out',
  'lost',
  'skipped',
  'cancelled',
]);
export type RunStatus = z.infer<typeof RunStatus>;

/** One row of `ops.cron_runs`: a run and its three truths (fired, delivered, reported). */
export const Run = z.object({
  id: z.coerce.number(),
  job: z.string(),
  trigger: z.string(),
  status: RunStatus,
  attempt: z.number(),
  scheduledFor: z.date(),
  firedAt: z.date().nullable(),
  deliveredAt: z.date().nullable(),
  reportedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  httpStatus: z.number().nullable(),
  errorCode: z.string().nullable(),
  error: z.string().nullable(),
  actor: z.string().nullable(),
});
export type Run = z.infer<typeof Run>;

/** True when the run will not change any more. */
export function isFinal(run: Run): boolean {
  return run.status !== 'queued' && run.status !== 'fired' && run.status !== 'delivered';
}
