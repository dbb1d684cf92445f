import type { Sql, TransactionSql } from 'postgres';
import * as z from 'zod';
import type { JobReport } from './chaos-builds-messages.ts';

/** A run as GitHub knows it, and what its job says of itself. */
export interface RunTruth {
  readonly runId: number;
  readonly buildId: string;
  readonly isOver: boolean;
  /** Null when GitHub knows no such run any more. */
  readonly conclusion: string | null;
  /** Its machine went away in the middle, or GitHub lost it: nobody knows how far it came. */
  readonly isVanished: boolean;
  /** Its recorder was killed, or lay still for longer than anybody waits. */
  readonly isSilent: boolean;
  /** Its job ended with warnings. */
  readonly hasWarned: boolean;
  /** Null when its job never came to its end. */
  readonly story: JobReport['story'] | null;
  readonly heardCancel: boolean;
  readonly note: string | null;
  /** GitHub's own log of its job has lines. */
  readonly hasLog: boolean;
  /** Every line, in order, written down before it was said. */
  readonly said: readonly string[];
}

const Build = z.object({
  id: z.string(),
  status: z.string(),
  attempt: z.number(),
  runId: z.coerce.number().nullable(),
  wasCancelled: z.boolean(),
  isFinal: z.boolean(),
});
const Order = z.object({
  buildId: z.string(),
  attempt: z.number(),
  state: z.string(),
  runId: z.coerce.number().nullable(),
  extraRuns: z.number(),
  posts: z.number(),
  looks: z.number(),
  error: z.string().nullable(),
});
const Log = z.object({
  buildId: z.string(),
  attempt: z.number(),
  first: z.number(),
  last: z.number(),
  count: z.number(),
  messages: z.array(z.string()),
});
const Left = z.object({
  jobs: z.number(),
  jobLeases: z.number(),
  buildLeases: z.number(),
  recoveries: z.number(),
});

/** What the database says of all builds. */
export interface Told {
  readonly builds: readonly z.infer<typeof Build>[];
  readonly orders: readonly z.infer<typeof Order>[];
  /** One a build and attempt; attempt 0 is the control room itself. */
  readonly logs: readonly z.infer<typeof Log>[];
  /** Keys of alerts nobody resolved. */
  readonly alerts: readonly string[];
  readonly left: z.infer<typeof Left>;
}

/** Ask the database for everything that is to be compared. */
export async function readTold(sql: Sql | TransactionSql): Promise<Told> {
  const builds = await sql`
    select id, status, attempt, github_run_id::text as "runId", cancel_requested_at is not null or status = 'cancelled' and attempt = 0
      as "wasCancelled", ops.build_is_final(status) as "isFinal"
    from ops.builds order by id`;
  const orders = await sql`
    select build_id as "buildId", attempt, state, github_run_id::text as "runId", cardinality(extra_runs) as "extraRuns",
           posts, looks, error
    from ops.build_dispatches order by build_id, attempt`;
  const logs = await sql`
    select build_id as "buildId", attempt, min(seq) as first, max(seq) as last, count(*)::int as count,
           json_agg(message order by seq) as messages
    from ops.build_events group by build_id, attempt order by build_id, attempt`;
  const alerts = await sql`select dedupe_key from ops.alerts where resolved_at is null order by dedupe_key`;
  const left = await sql`
    select
      (select count(*)::int from ops.queued_jobs where status in ('pending', 'running')) as jobs,
      (select count(*)::int from ops.job_leases) as "jobLeases",
      (select count(*)::int from ops.build_leases l join ops.builds b on b.id = l.build_id
       where not ops.build_is_final(b.status)) as "buildLeases",
      (select count(*)::int from ops.log_recoveries where state = 'open') as recoveries`;
  return {
    builds: z.array(Build).parse([...builds]),
    orders: z.array(Order).parse([...orders]),
    logs: z.array(Log).parse([...logs]),
    alerts: alerts.map(({ dedupe_key }) => String(dedupe_key)),
    left: Left.parse(left[0]),
  };
}

/**
 * What a build must be, by what is known of the run that had it last. More than one of a run that lay still, was given up by GitHub, and came
 * back before anybody had asked: then its own word counts as much.
 */
export function rightEnds(
  build: Pick<Told['builds'][number], 'attempt' | 'wasCancelled'>,
  run: RunTruth | undefined,
): readonly string[] {
  if (run === undefined) return build.wasCancelled ? ['cancelled'] : [];
  // Found in an artifact after GitHub had been asked, it is the recorder who knows of warnings, and that somebody stopped it.
  const hasSpoken = run.story === 'stored' || run.story === 'artifact';
  if (run.isVanished) {
    const own = run.isSilent && hasSpoken ? ['succeeded', 'cancelled'] : [];
    if (build.wasCancelled) return ['cancelled', ...own];
    return build.attempt >= 3 ? ['lost', ...own] : own;
  }
  switch (run.conclusion) {
    case 'success':
      return [run.hasWarned && hasSpoken ? 'almost' : 'succeeded'];
    case 'failure':
      if (run.isSilent && hasSpoken) return ['failed', 'succeeded', 'cancelled'];
      return [run.heardCancel && hasSpoken ? 'cancelled' : 'failed'];
    case 'cancelled':
      return run.isSilent && hasSpoken ? ['cancelled', 'succeeded'] : ['cancelled'];
    default:
      return [];
  }
}
