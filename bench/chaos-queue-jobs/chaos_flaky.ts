import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../functions/_shared/jobs/define-job.ts';

/** Fails twice, then succeeds. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '30s',
  async run({ ms }, { attempt }) {
    await sleep(ms);
    if (attempt < 3) throw new Error(`attempt ${attempt} fails`);
    return { attempt };
  },
});
