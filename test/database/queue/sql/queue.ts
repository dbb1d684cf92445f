import type { Sql } from 'postgres';
import { type ClaimedJob, claimJobs } from '../../../../actions/_shared/queue/statements.ts';

/** Empties the queue between tests. */
export async function forgetJobs(sql: Sql): Promise<void> {
  await sql`truncate ops.queued_jobs, ops.job_leases, ops.job_types, ops.alerts restart identity`;
}

/** Claim as worker `w` with a lease of a minute. */
export function claim(sql: Sql, limit = 10, taskTypes?: readonly string[]): Promise<ClaimedJob[]> {
  return claimJobs(sql, { worker: 'w', limit, leaseMs: 60_000, taskTypes });
}

export function idsOf(jobs: readonly { readonly id: number }[]): number[] {
  return jobs.map((job) => job.id);
}

/** The one job claimed. @throws Error when there was none */
export async function claimOne(sql: Sql): Promise<ClaimedJob> {
  const [job] = await claim(sql, 1);
  if (job === undefined) throw new Error('nothing was due');
  return job;
}

/** Status and tries of a job, as readers see them. */
export async function look(sql: Sql, id: number): Promise<{ status: string; attempts: number } | undefined> {
  const [row] = await sql<{ status: string; attempts: number }[]>`
    select status, attempts from ops.job_queue where id = ${id}`;
  return row;
}

/** Let the lease of a job run out. */
export async function expire(sql: Sql, leaseToken: number): Promise<void> {
  await sql`update ops.job_leases set expires_at = now() - interval '1 second' where token = ${leaseToken}`;
}
