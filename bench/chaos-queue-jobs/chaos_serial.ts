import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import * as z from 'zod';
import { defineJob } from '../../functions/_shared/jobs/define-job.ts';

/** Writes down when it ran, with a connection of its own: runs of one key must never overlap. */
export const job = defineJob({
  payload: z.object({ key: z.string(), ms: z.number() }),
  timeout: '30s',
  async run({ key, ms }, { jobId, attempt }) {
    const sql = postgres(process.env.CHAOS_EFFECTS_URL ?? '', {
      max: 1,
      fetch_types: false,
      connect_timeout: 5,
    });
    try {
      await sql`insert into chaos.serial_runs (job_id, attempt, key) values (${jobId}, ${attempt}, ${key})`;
      await sleep(ms);
      await sql`
        update chaos.serial_runs set ended_at = clock_timestamp() where job_id = ${jobId} and attempt = ${attempt}`;
    } finally {
      await sql.end({ timeout: 1 });
    }
  },
});
