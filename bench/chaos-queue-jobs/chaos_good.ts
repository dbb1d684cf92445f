import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../functions/_shared/jobs/define-job.ts';

/** Most jobs: some milliseconds, then done. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '30s',
  async run({ ms }) {
    await sleep(ms);
  },
});
