import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../../../../functions/_shared/jobs/define-job.ts';

/** Has half a second and takes as long as it is told, whatever its signal says. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '500ms',
  async run({ ms }) {
    await sleep(ms);
  },
});
