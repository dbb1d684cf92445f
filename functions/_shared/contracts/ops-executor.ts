import * as z from 'zod';

/** What `ops-executor` is asked: one run, or the oldest that waits. */
export const OpsExecutorRequest = z.strictObject({ run_id: z.uuid().optional() });

/** What it answers; `status` is null when there was nothing to claim. */
export const OpsExecutorAnswer = z.object({
  run_id: z.uuid().nullable(),
  status: z.enum(['success', 'error', 'cancelled', 'awaiting_approval', 'lost']).nullable(),
});
export type OpsExecutorAnswer = z.infer<typeof OpsExecutorAnswer>;
