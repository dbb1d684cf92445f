import * as z from 'zod';
import { defineJob, FailForGood, RetryLater } from '../../../../../functions/_shared/jobs/define-job.ts';

/** Fails in the way it is told, until the attempt it is told. */
export const job = defineJob({
  payload: z.object({
    how: z.enum(['error', 'for_good', 'later', 'secret']),
    until: z.number().default(99),
  }),
  timeout: '10s',
  run({ how, until }, { attempt }) {
    if (attempt >= until) return { succeeded_at: attempt };
    switch (how) {
      case 'error':
        throw new Error(`attempt ${attempt} failed`, { cause: new TypeError('the cause') });
      case 'for_good':
        throw new FailForGood('this can never work');
      case 'later':
        throw new RetryLater('1h', 'not yet');
      case 'secret':
        throw new Error(`cannot connect to ${process.env.TEST_EFFECTS_URL} as Bearer abcdefgh12345678`);
    }
  },
});
