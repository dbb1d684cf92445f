import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../functions/_shared/jobs/define-job.ts';

/** Runs long enough to need heartbeats and to be there when its worker is killed. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '30s',
  async run({ ms }, { signal }) {
    await sleep(ms, undefined, { signal });
    return { slept: ms };
  },
});
