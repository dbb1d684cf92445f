import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../../../../functions/_shared/jobs/define-job.ts';

/** Says which process ran it, after a moment. */
export const job = defineJob({
  payload: z.object({ ms: z.number().default(0) }),
  timeout: '10s',
  async run({ ms }) {
    if (ms > 0) await sleep(ms);
    return { pid: process.pid, at: Date.now() };
  },
});
