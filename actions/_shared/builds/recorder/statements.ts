import type { Sql } from 'postgres';
import * as z from 'zod';
import { textArray } from '../../database/text-array.ts';
import type { Lease, Started, StartRequest, Verdict } from './channel.ts';
import type { Frame } from './frame.ts';

const StartRow = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('started'),
    build_id: z.uuid(),
    attempt: z.number(),
    lease_token: z.coerce.string(),
    last_seq: z.number(),
  }),
  z.object({ outcome: z.literal('stale') }),
]);

/** A run takes its build, or opens one; see ops.record_build_start. */
export async function recordStart(sql: Sql, request: StartRequest): Promise<Started> {
  const run = JSON.stringify({
    run_id: request.runId,
    run_attempt: request.runAttempt,
    repository: request.repository,
    branch: request.branch,
    sha: request.sha,
    trigger: request.trigger,
    project: request.project,
  });
  const rows = await sql`
    select outcome, build_id, attempt, lease_token, last_seq
    from ops.record_build_start(${request.buildId ?? null}, ${run}::text::jsonb, ${request.runnerId})`;
  return readStarted(rows[0]);
}

/** What ops.record_build_start answers, whichever way it came. */
export function readStarted(row: unknown): Started {
  const answer = StartRow.parse(row);
  if (answer.outcome === 'stale') return answer;
  return {
    outcome: 'started',
    lease: { buildId: answer.build_id, attempt: answer.attempt, token: answer.lease_token },
    lastSeq: answer.last_seq,
  };
}

const VerdictRow = z.object({ verdict: z.enum(['held', 'cancel', 'lost']) });

/** The run is well. */
export async function recordHeartbeat(sql: Sql, lease: Lease): Promise<Verdict> {
  const rows = await sql`select verdict from ops.record_build_heartbeat(${lease.buildId}, ${lease.token})`;
  return VerdictRow.parse(rows[0]).verdict;
}

const OutcomeRow = z.object({ outcome: z.enum(['stored', 'stale', 'changed', 'unchanged', 'ended']) });

/** Store one frame. */
export async function recordFrame(sql: Sql, lease: Lease, frame: Frame): Promise<'stored' | 'stale'> {
  const rows = await send(sql, lease, frame);
  return readOutcome(rows[0]);
}

/** What any of the ops.record_* answers. */
export function readOutcome(row: unknown): 'stored' | 'stale' {
  return OutcomeRow.parse(row).outcome === 'stale' ? 'stale' : 'stored';
}

function send(sql: Sql, { buildId, attempt, token }: Lease, frame: Frame) {
  switch (frame.op) {
    case 'lines':
      return sql`
        select outcome from ops.record_build_lines(
          ${buildId}, ${attempt}, ${token}, ${frame.seq}, ${frame.text}, ${textArray([frame.at])}::timestamptz[],
          ${textArray(frame.levels)}::text[], ${textArray([frame.step])}::text[], ${frame.kind})`;
    case 'status':
      return sql`
        select outcome from ops.record_build_status(
          ${buildId}, ${attempt}, ${token}, ${frame.status}, ${frame.error ?? null},
          ${frame.result === undefined ? null : JSON.stringify(frame.result)}::text::jsonb, ${frame.environment_url ?? null})`;
    case 'artifact':
      return sql`
        select outcome from ops.record_build_artifact(
          ${buildId}, ${attempt}, ${token}, ${frame.name}, ${frame.kind}, ${frame.url ?? null},
          ${frame.size_bytes ?? null}, ${frame.sha256 ?? null})`;
    case 'metrics':
      return sql`
        select outcome from ops.record_build_metrics(
          ${buildId}, ${attempt}, ${token}, ${JSON.stringify(frame.samples)}::text::jsonb, ${frame.key})`;
  }
}

/** Store one frame of a run whose lease is over, as a service: it may still be the build's current attempt. */
export async function replayFrame(
  sql: Sql,
  build: { readonly buildId: string; readonly attempt: number },
  frame: Frame,
): Promise<'stored' | 'stale'> {
  const rows = await replay(sql, build, frame);
  return readOutcome(rows[0]);
}

function replay(
  sql: Sql,
  { buildId, attempt }: { readonly buildId: string; readonly attempt: number },
  frame: Frame,
) {
  switch (frame.op) {
    case 'lines':
      return sql`
        select outcome from ops.append_build_events(
          ${buildId}, ${attempt}, ${frame.seq}, ${frame.text}, null, ${textArray([frame.at])}::timestamptz[],
          ${textArray(frame.levels)}::text[], ${textArray([frame.step])}::text[], ${frame.kind})`;
    case 'status':
      return sql`
        select outcome from ops.replay_build_status(
          ${buildId}, ${attempt}, ${frame.status}, ${frame.error ?? null},
          ${frame.result === undefined ? null : JSON.stringify(frame.result)}::text::jsonb, ${frame.environment_url ?? null})`;
    case 'artifact':
      return sql`
        select outcome from ops.record_artifact(
          ${buildId}, ${frame.name}, ${frame.kind}, ${frame.url ?? null}, p_size_bytes => ${frame.size_bytes ?? null},
          p_sha256 => ${frame.sha256 ?? null}, p_attempt => ${attempt})`;
    case 'metrics':
      return sql`
        select 'stored' as outcome
        from ops.builds b
        cross join lateral ops.ingest_metrics(
          b.project_id, b.branch_id, b.created_at, ${JSON.stringify(frame.samples)}::text::jsonb,
          ${`build:${buildId}:${attempt}:${frame.key}`})
        where b.id = ${buildId}`;
  }
}
