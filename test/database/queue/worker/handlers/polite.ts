import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../../../../functions/_shared/jobs/define-job.ts';

/** Has half a second and stops when its signal says so. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '500ms',
  async run({ ms }, { signal }) {
    await sleep(ms, undefined, { signal });
  },
});
