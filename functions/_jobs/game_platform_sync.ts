import * as z from 'zod';
import { SyncAnswer, SyncRequest } from '../_shared/contracts/sync.ts';
import { defineJob } from '../_shared/jobs/define-job.ts';

/** Pull what competitors did since the last pull, or all of it, through the function `sync`. */
export const job = defineJob({
  payload: SyncRequest.extend({ mode: z.enum(['incremental', 'full']).default('incremental') }),
  timeout: '150s',
  async run(payload, { callFunction, log }) {
    const { processed, failed, remaining } = await callFunction('sync', payload, SyncAnswer);
    if (failed > 0) log.warn('some competitors could not be synced', { failed });
    return { processed, failed, remaining };
  },
});
