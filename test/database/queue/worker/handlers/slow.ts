import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { defineJob } from '../../../../../functions/_shared/jobs/define-job.ts';
import { begin } from '../support/effects.ts';

/** Takes its time, heeds its signal, and writes down how it ended. */
export const job = defineJob({
  payload: z.object({ ms: z.number() }),
  timeout: '30s',
  async run({ ms }, context) {
    const effect = await begin(context);
    try {
      await sleep(ms, undefined, { signal: context.signal });
    } catch (error) {
      const { reason } = context.signal;
      await effect.end(
        reason instanceof Error && 'reason' in reason ? `stopped: ${String(reason.reason)}` : 'stopped',
      );
      throw error;
    }
    await effect.end('done');
  },
});
