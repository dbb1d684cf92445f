import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';
import type { Lease, Started, StartRequest, Verdict } from './channel.ts';
import type { Frame, Level } from './frame.ts';

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
export async function recordStart(sql: Queryable, request: StartRequest): Promise<Started> {
  const run = JSON.stringify({
    run_id: request.runId,
    run_attempt: request.runAttempt,
    repository: request.repository,
    branch: request.branch,
    sha: request.sha,
    commit: request.commit,
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

/** The run is well, and has the build for so long from now on; left out, as long as ops.record_build_heartbeat says. */
export async function recordHeartbeat(sql: Queryable, lease: Lease, leaseMs?: number): Promise<Verdict> {
  const { buildId, token } = lease;
  const rows = await (leaseMs === undefined
    ? sql`select verdict from ops.record_build_heartbeat(${buildId}, ${token})`
    : sql`
        select verdict from ops.record_build_heartbeat(${buildId}, ${token}, make_interval(secs => ${leaseMs / 1000}))`);
  return VerdictRow.parse(rows[0]).verdict;
}

const OutcomeRow = z.object({ outcome: z.enum(['stored', 'stale', 'changed', 'unchanged', 'ended']) });

/** Store one frame. */
export async function recordFrame(sql: Queryable, lease: Lease, frame: Frame): Promise<'stored' | 'stale'> {
  const rows = await send(sql, lease, frame);
  return readOutcome(rows[0]);
}

/** What any of the ops.record_* answers. */
export function readOutcome(row: unknown): 'stored' | 'stale' {
  return OutcomeRow.parse(row).outcome === 'stale' ? 'stale' : 'stored';
}

function send(sql: Queryable, { buildId, attempt, token }: Lease, frame: Frame) {
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
    case 'deployment':
      return sql`
        select outcome from ops.record_build_deployment(
          ${buildId}, ${attempt}, ${token}, ${frame.environment}, ${frame.state}, ${frame.environment_url ?? null})`;
    case 'metrics':
      return sql`
        select outcome from ops.record_build_metrics(
          ${buildId}, ${attempt}, ${token}, ${JSON.stringify(frame.samples)}::text::jsonb, ${frame.key})`;
  }
}

/** Lines for a log, with newlines between, numbered from `seq` on. Times, levels and steps are one for all, or one for each. */
interface NumberedLines {
  readonly buildId: string;
  readonly attempt: number;
  readonly seq: number;
  readonly text: string;
  readonly kind: string;
  /** Of now when left out. */
  readonly at?: readonly (string | null)[];
  readonly levels: readonly Level[];
  readonly steps: readonly (string | null)[];
}

/** Store lines as a service, without a lease. */
export async function appendLines(sql: Queryable, lines: NumberedLines): Promise<'stored' | 'stale'> {
  const rows = await append(sql, lines);
  return readOutcome(rows[0]);
}

function append(sql: Queryable, { buildId, attempt, seq, text, at, levels, steps, kind }: NumberedLines) {
  return sql`
    select outcome from ops.append_build_events(
      ${buildId}, ${attempt}, ${seq}, ${text}, null, ${at === undefined ? null : textArray(at)}::timestamptz[],
      ${textArray(levels)}::text[], ${textArray(steps)}::text[], ${kind})`;
}

/** Store one frame of a run whose lease is over, as a service: it may still be the build's current attempt. */
export async function replayFrame(
  sql: Queryable,
  build: { readonly buildId: string; readonly attempt: number },
  frame: Frame,
): Promise<'stored' | 'stale'> {
  const rows = await replay(sql, build, frame);
  return readOutcome(rows[0]);
}

function replay(
  sql: Queryable,
  { buildId, attempt }: { readonly buildId: string; readonly attempt: number },
  frame: Frame,
) {
  switch (frame.op) {
    case 'lines':
      return append(sql, { ...frame, buildId, attempt, at: [frame.at], steps: [frame.step] });
    case 'status':
      return sql`
        select outcome from ops.replay_build_status(
          ${buildId}, ${attempt}, ${frame.status}, ${frame.error ?? null},
          ${frame.result === undefined ? null : JSON.stringify(frame.result)}::text::jsonb, ${webAddress(frame.environment_url)})`;
    case 'artifact':
      return sql`
        select outcome from ops.record_artifact(
          ${buildId}, ${frame.name}, ${frame.kind}, ${webAddress(frame.url)}, p_size_bytes => ${frame.size_bytes ?? null},
          p_sha256 => ${frame.sha256 ?? null}, p_attempt => ${attempt})`;
    case 'deployment':
      return sql`
        select outcome from ops.replay_build_deployment(
          ${buildId}, ${attempt}, ${frame.environment}, ${frame.state}, ${webAddress(frame.environment_url)})`;
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

/** An address people may follow; a buffer may hold anything. */
function webAddress(text: string | undefined): string | null {
  return text !== undefined && /^https?:\/\//i.test(text) ? text : null;
}
