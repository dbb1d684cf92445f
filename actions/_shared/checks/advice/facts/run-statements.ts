/** What became of the runs of declared jobs. */
import * as z from 'zod';
import type { Queryable } from '../../../database/connect.ts';

export const RunFacts = z.object({
  /** Requests whose answer never came, of the last 7 days and the newest 20,000 runs. */
  lost: z.array(z.object({ job: z.string(), count: z.number() })),
  /** Slots of the last 24 hours that were left out because the run before had not ended. */
  overlaps: z.array(z.object({ job: z.string(), count: z.number() })),
  /** How long answered requests took: the 95th percentile of at least 20, of the newest 20,000 attempts. */
  durations: z.array(z.object({ job: z.string(), p95Ms: z.number(), count: z.number() })),
});
export type RunFacts = z.infer<typeof RunFacts>;

/** Reads the newest runs and attempts. */
export async function readRunFacts(sql: Queryable): Promise<RunFacts> {
  const rows = await sql`
    with newest as materialized (
      select r.id, r.job, r.status, r.error_code, r.created_at from ops.cron_runs r order by r.id desc limit 20000
    ), took as (
      select r.job, extract(epoch from a.delivered_at - a.fired_at) * 1000 as ms
      from newest r
      join ops.cron_attempts a on a.run_id = r.id
      where a.delivered_at is not null and a.http_status is not null
    )
    select
      (select coalesce(json_agg(json_build_object('job', l.job, 'count', l.count) order by l.job), '[]')
       from (select n.job, count(*) as count from newest n
             where n.status = 'lost' and n.created_at > now() - interval '7 days' group by n.job) l) as lost,
      (select coalesce(json_agg(json_build_object('job', o.job, 'count', o.count) order by o.job), '[]')
       from (select n.job, count(*) as count from newest n
             where n.error_code = 'overlap' and n.created_at > now() - interval '24 hours' group by n.job) o) as overlaps,
      (select coalesce(json_agg(json_build_object('job', d.job, 'p95Ms', d.p95, 'count', d.count) order by d.job), '[]')
       from (select t.job, count(*) as count, percentile_cont(0.95) within group (order by t.ms) as p95
             from took t group by t.job having count(*) >= 20) d) as durations`;
  return (
    z
      .array(RunFacts)
      .length(1)
      .parse([...rows])[0] ?? RunFacts.parse(undefined)
  );
}
