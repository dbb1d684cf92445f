import { SyncAnswer, SyncRequest } from '../_shared/contracts/sync.ts';
import { defineJob } from '../_shared/jobs/define-job.ts';

/** Fetch fresh totals of competitors the incremental pull marked as stale, through the function `sync`. */
export const job = defineJob({
  payload: SyncRequest.omit({ mode: true }),
  timeout: '150s',
  async run(payload, { callFunction, log }) {
    const request = { ...payload, mode: 'totals_sweep' };
    const { processed, failed, remaining } = await callFunction('sync', request, SyncAnswer);
    if (failed > 0) log.warn('some totals could not be fetched', { failed });
    return { processed, failed, remaining };
  },
});
