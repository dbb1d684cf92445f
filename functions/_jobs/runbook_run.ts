import * as z from 'zod';
import { OpsExecutorAnswer } from '../_shared/contracts/ops-executor.ts';
import { defineJob } from '../_shared/jobs/define-job.ts';

/** Execute a queued run of a runbook, through the function `ops-executor`. Who comes second finds nothing to claim. */
export const job = defineJob({
  payload: z.strictObject({ run_id: z.uuid() }),
  timeout: '150s',
  async run({ run_id }, { callFunction }) {
    const { status } = await callFunction('ops-executor', { run_id }, OpsExecutorAnswer);
    return { status };
  },
});
