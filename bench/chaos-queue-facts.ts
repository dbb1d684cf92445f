import type { Sql } from 'postgres';
import * as z from 'zod';
import { type Fact, fact } from './facts.ts';

const Counted = z
  .array(
    z.object({
      jobs: z.number(),
      open: z.number(),
      leases: z.number(),
      ended: z.number(),
      unended: z.number(),
      twice: z.number(),
      twice_under_one_lease: z.number(),
      without_lease: z.number(),
      bad: z.number(),
      dead: z.number(),
      bad_not_dead: z.number(),
      dead_not_bad: z.number(),
      alerted: z.number(),
      flaky: z.number(),
      flaky_right: z.number(),
      serial: z.number(),
      serial_overlaps: z.number(),
      serial_out_of_order: z.number(),
    }),
  )
  .length(1);

/** Ask the database what became of the jobs; nothing is taken from what the workers said. */
export async function readFacts(sql: Sql): Promise<Fact[]> {
  const rows = await sql`
    select
      (select count(*)::int from chaos.jobs) as jobs,
      (select count(*)::int from ops.job_queue where status in ('pending', 'running')) as open,
      (select count(*)::int from ops.job_leases) as leases,
      (select count(distinct job_id)::int from chaos.completions) as ended,
      (select count(*)::int from chaos.jobs j
       where not exists (select from chaos.completions c where c.job_id = j.id)) as unended,
      (select count(*)::int from (
         select from chaos.completions group by job_id having count(*) > 1
       ) x) as twice,
      (select count(*)::int from (
         select from chaos.completions group by job_id, lease_token having count(*) > 1
       ) x) as twice_under_one_lease,
      (select count(*)::int from chaos.completions where lease_token is null) as without_lease,
      (select count(*)::int from chaos.jobs where kind = 'chaos_bad') as bad,
      (select count(*)::int from chaos.completions where status = 'failed') as dead,
      (select count(*)::int from chaos.jobs j where j.kind = 'chaos_bad' and not exists (
         select from ops.job_queue q where q.id = j.id and q.status = 'failed')) as bad_not_dead,
      (select count(*)::int from chaos.completions c join chaos.jobs j on j.id = c.job_id
       where c.status <> 'succeeded' and j.kind <> 'chaos_bad') as dead_not_bad,
      (select coalesce(sum(count), 0)::int from ops.alerts where kind = 'dead_letter') as alerted,
      (select count(*)::int from chaos.jobs where kind = 'chaos_flaky') as flaky,
      (select count(*)::int from ops.job_queue where task_type = 'chaos_flaky' and status = 'succeeded'
         and attempts >= 3 and (result ->> 'attempt')::int = attempts) as flaky_right,
      (select count(*)::int from chaos.jobs where kind = 'chaos_serial') as serial,
      (select count(*)::int from (
         select began_at < max(ended_at) over (
           partition by key order by began_at rows between unbounded preceding and 1 preceding
         ) as overlapping from chaos.serial_runs
       ) x where overlapping) as serial_overlaps,
      (select count(*)::int from (
         select c.at < lag(c.at) over (partition by j.serial_key order by j.id) as early
         from chaos.completions c join chaos.jobs j on j.id = c.job_id where j.serial_key is not null
       ) x where early) as serial_out_of_order`;
  return Counted.parse([...rows]).flatMap((n) => [
    fact('jobs that ended', `${n.ended} of ${n.jobs}`, n.ended === n.jobs && n.unended === 0),
    fact('jobs still open', n.open, n.open === 0),
    fact('jobs that ended twice', n.twice, n.twice === 0),
    fact('jobs that ended twice under one lease', n.twice_under_one_lease, n.twice_under_one_lease === 0),
    fact('ends written by somebody without the lease', n.without_lease, n.without_lease === 0),
    fact(
      'dead letters, of jobs that always fail',
      `${n.dead} of ${n.bad}`,
      n.dead === n.bad && n.bad_not_dead === 0,
    ),
    fact('dead letters that are none', n.dead_not_bad, n.dead_not_bad === 0),
    fact('dead letters counted by alerts', n.alerted, n.alerted === n.bad),
    fact(
      'jobs that fail twice, succeeded at the third attempt or later',
      `${n.flaky_right} of ${n.flaky}`,
      n.flaky_right === n.flaky,
    ),
    fact(
      `runs of one serial key that overlap (${n.serial} jobs)`,
      n.serial_overlaps,
      n.serial_overlaps === 0,
    ),
    fact(
      'serial jobs that ended before the one in front',
      n.serial_out_of_order,
      n.serial_out_of_order === 0,
    ),
    fact('leases left', n.leases, n.leases === 0),
  ]);
}
