import * as z from 'zod';
import { defineJob } from '../../functions/_shared/jobs/define-job.ts';

/** Always fails: a dead letter after its last attempt. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '30s',
  run({ ms }, { attempt }) {
    throw new Error(`attempt ${attempt} of ${ms} failed, as all do`);
  },
});
