/**
 * What handlers of the tests did, written by the handlers themselves into a table of their own: one row when a run begins
 * and its end filled in when it is over.
 */
import postgres, { type Sql } from 'postgres';
import type { JobContext } from '../../../../../functions/_shared/jobs/define-job.ts';

let opened: Sql | undefined;

function database(): Sql {
  opened ??= postgres(process.env.TEST_EFFECTS_URL ?? '', {
    max: 2,
    idle_timeout: 1,
    onnotice: () => undefined,
    fetch_types: false,
  });
  return opened;
}

export interface Effect {
  readonly end: (how: string) => Promise<void>;
}

/** Note that a run begins. */
export async function begin(context: JobContext): Promise<Effect> {
  const { jobId, attempt } = context;
  const [row] = await database()`
    insert into public.effects (job_id, attempt, pid) values (${jobId}, ${attempt}, ${process.pid}) returning id`;
  return {
    end: async (how) => {
      await database()`update public.effects set how = ${how}, ended_at = clock_timestamp() where id = ${row?.id}`;
    },
  };
}
