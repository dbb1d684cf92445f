import * as z from 'zod';
import { defineJob } from '../../../../../functions/_shared/jobs/define-job.ts';

/** Answers with what it was given, and with what it knows of itself. */
export const job = defineJob({
  payload: z.strictObject({ text: z.string() }),
  timeout: '10s',
  run({ text }, { attempt, maxAttempts, idempotencyKey }) {
    return { text, attempt, maxAttempts, idempotencyKey };
  },
});
