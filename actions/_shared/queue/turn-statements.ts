/**
 * The statements of a worker's turn. They wrap the queue's functions so that all leases of a turn go into one statement:
 * `./statements.ts` has the functions one by one.
 */
import * as z from 'zod';
import type { Sql } from '../database/connect.ts';
import type { Failed } from './job-store.ts';
import { type FailureGroup, type ReleaseGroup, resultsText, type SuccessGroup } from './settlement-groups.ts';

/** A claimed row; bigints arrive as text. */
const ClaimedRow = z.object({
  id: z.string(),
  task_type: z.string(),
  payload: z.unknown(),
  attempts: z.number(),
  max_attempts: z.number(),
  lease_token: z.string(),
  run_at: z.date(),
});
export type ClaimedRow = z.infer<typeof ClaimedRow>;
const ClaimedRows = z.array(ClaimedRow);

/** `complete_and_claim_jobs` answers with the ids that were not ours any more, then the claimed. */
const AnswerRows = z.array(z.union([ClaimedRow, z.object({ id: z.string(), lease_token: z.null() })]));

export interface Claim {
  readonly worker: string;
  readonly limit: number;
  readonly leaseMs: number;
  readonly taskTypes: readonly string[];
}

/** Claim due jobs. */
export async function claimJobs(
  sql: Sql,
  { worker, limit, leaseMs, taskTypes }: Claim,
): Promise<ClaimedRow[]> {
  const rows = await sql`
    select id, task_type, payload, attempts, max_attempts, lease_token, run_at
    from ops.claim_jobs(
      ${worker}, ${limit}, ${interval(leaseMs)}::text::interval, ${texts(taskTypes)}::text::text[]
    )`;
  return ClaimedRows.parse(rows);
}

/** Complete the jobs of one lease and claim the next, in one commit. */
export async function completeAndClaimJobs(
  sql: Sql,
  done: SuccessGroup,
  { worker, limit, leaseMs, taskTypes }: Claim,
): Promise<{ readonly rows: ClaimedRow[]; readonly lost: number[] }> {
  const answer = await sql`
    select id, task_type, payload, attempts, max_attempts, lease_token, run_at
    from ops.complete_and_claim_jobs(
      ${done.token}, ${numbers(done.ids)}::text::bigint[], ${resultsText(done)}::text::jsonb,
      ${worker}, ${limit}, ${interval(leaseMs)}::text::interval, ${texts(taskTypes)}::text::text[]
    )`;
  const rows: ClaimedRow[] = [];
  const lost: number[] = [];
  for (const row of AnswerRows.parse(answer)) {
    if (row.lease_token === null) lost.push(Number(row.id));
    else rows.push(row);
  }
  return { rows, lost };
}

const LostIds = z.array(z.object({ id: z.string() }));

/** Complete jobs of any number of leases. Returns those that were not ours any more. */
export async function completeGroups(sql: Sql, groups: readonly SuccessGroup[]): Promise<number[]> {
  const given = groups.map((group) => ({
    token: group.token,
    ids: numbers(group.ids),
    results: resultsText(group),
  }));
  const rows = await sql`
    select unnest(ops.complete_jobs(g.token, g.ids::bigint[], g.results::jsonb)) as id
    from jsonb_to_recordset(${JSON.stringify(given)}::text::jsonb) as g (token bigint, ids text, results text)`;
  return LostIds.parse(rows).map(({ id }) => Number(id));
}

/** Hand back jobs of any number of leases. Returns those that were not ours any more. */
export async function releaseGroups(sql: Sql, groups: readonly ReleaseGroup[]): Promise<number[]> {
  const given = groups.map(({ token, ids }) => ({ token, ids: numbers(ids) }));
  const rows = await sql`
    select unnest(ops.release_jobs(g.token, g.ids::bigint[])) as id
    from jsonb_to_recordset(${JSON.stringify(given)}::text::jsonb) as g (token bigint, ids text)`;
  return LostIds.parse(rows).map(({ id }) => Number(id));
}

const FailedRows = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['pending', 'failed', 'cancelled', 'lost']),
    run_at: z.date().nullable(),
  }),
);

/** Fail jobs of any number of leases. Says of each what becomes of it. */
export async function failGroups(sql: Sql, groups: readonly FailureGroup[]): Promise<Failed[]> {
  const given = groups.map((group) => ({
    token: group.token,
    jobs: group.ids.map((id, index) => ({
      id,
      error: group.errors[index],
      final: group.final[index],
      delay: group.delays[index],
    })),
  }));
  const rows = await sql`
    select f.id, f.status, f.run_at
    from jsonb_to_recordset(${JSON.stringify(given)}::text::jsonb) as g (token bigint, jobs jsonb)
    cross join lateral (
      select array_agg(j.id) as ids, array_agg(j.error) as errors, array_agg(j.final) as final,
             array_agg(j.delay * interval '1 millisecond') as delays
      from jsonb_to_recordset(g.jobs) as j (id bigint, error text, final boolean, delay float8)
    ) given
    cross join lateral ops.fail_jobs(g.token, given.ids, given.errors, given.final, given.delays) f`;
  return FailedRows.parse(rows).map(({ id, status, run_at }) => ({ id: Number(id), status, runAt: run_at }));
}

/** Give back what a claim took whose answer never reached us: jobs under leases of this worker that it does not know. */
export async function releaseUnknownJobs(sql: Sql, worker: string, known: readonly number[]): Promise<void> {
  await sql`select ops.release_unknown_jobs(${worker}, ${numbers(known)}::text::bigint[])`;
}

export interface HeldLease {
  readonly token: number;
  readonly ids: readonly number[];
}

const Verdicts = z.array(
  z.object({ token: z.string(), id: z.string(), verdict: z.enum(['lost', 'cancel']) }),
);

/** A job that must stop: its lease has passed on, or somebody cancelled it. */
export interface Verdict {
  readonly token: number;
  readonly id: number;
  readonly verdict: 'lost' | 'cancel';
}

/** Move the ends of our leases on. Returns the jobs that must stop. */
export async function heartbeatLeases(
  sql: Sql,
  leases: readonly HeldLease[],
  leaseMs: number,
): Promise<Verdict[]> {
  const given = leases.map(({ token, ids }) => ({ token, ids: numbers(ids) }));
  const rows = await sql`
    select g.token, h.id, h.verdict
    from jsonb_to_recordset(${JSON.stringify(given)}::text::jsonb) as g (token bigint, ids text)
    cross join lateral ops.heartbeat_jobs(g.token, g.ids::bigint[], ${interval(leaseMs)}::text::interval) h`;
  return Verdicts.parse(rows).map(({ token, id, verdict }) => ({
    token: Number(token),
    id: Number(id),
    verdict,
  }));
}

function numbers(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}

/** Task types hold nothing an array literal would have to escape. */
function texts(values: readonly string[]): string {
  return `{${values.join(',')}}`;
}

function interval(milliseconds: number): string {
  return `${milliseconds} milliseconds`;
}
