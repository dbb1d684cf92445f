import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';
import type { Started } from '../recorder/channel.ts';
import { readStarted } from '../recorder/statements.ts';

const Repository = z.object({ repository: z.string(), lookedUntil: z.date().nullable() });
/** A repository whose runs may leave buffers, and until when they were looked for. */
export type RecordedRepository = z.infer<typeof Repository>;

/** Repositories of projects. */
export async function recordedRepositories(sql: Queryable): Promise<RecordedRepository[]> {
  const rows = await sql`
    select repository, looked_until as "lookedUntil" from ops.recorded_repositories()`;
  return z.array(Repository).parse([...rows]);
}

/** Write down which artifacts are buffers, and until when a repository was looked through. */
export async function noteBuffers(
  sql: Queryable,
  repository: string,
  found: {
    readonly buffers: readonly { readonly runId: number; readonly artifactId: number }[];
    readonly lookedUntil: Date;
  },
): Promise<void> {
  const buffers = JSON.stringify(
    found.buffers.map(({ runId, artifactId }) => ({ run_id: runId, artifact_id: artifactId })),
  );
  await sql`select ops.note_buffers(${repository}, ${buffers}::text::jsonb, ${found.lookedUntil})`;
}

const claimed = { id: z.uuid(), tries: z.number(), repository: z.string(), runId: z.coerce.number() };
const Recovery = z.discriminatedUnion('kind', [
  z.object({ ...claimed, kind: z.literal('buffer'), artifactId: z.coerce.number() }),
  z.object({
    ...claimed,
    kind: z.literal('job_log'),
    runAttempt: z.number().nullable(),
    buildId: z.uuid(),
    attempt: z.number(),
  }),
]);
/** A story to be told after the fact, and ours to tell for a while. */
export type Recovery = z.infer<typeof Recovery>;
export type BufferRecovery = Extract<Recovery, { kind: 'buffer' }>;
export type JobLogRecovery = Extract<Recovery, { kind: 'job_log' }>;

/** Take what is due. @param graceMs how long ago a build must have ended; @param holdMs how long nobody else takes it */
export async function claimRecoveries(
  sql: Queryable,
  repositories: readonly string[],
  { limit, graceMs, holdMs }: { readonly limit: number; readonly graceMs: number; readonly holdMs: number },
): Promise<Recovery[]> {
  const rows = await sql`
    select id, tries, kind, repository, github_run_id as "runId", github_run_attempt as "runAttempt",
           artifact_id as "artifactId", build_id as "buildId", attempt
    from ops.claim_log_recoveries(
      ${textArray(repositories)}::text[], ${limit}, make_interval(secs => ${graceMs / 1000}),
      make_interval(secs => ${holdMs / 1000}))`;
  return z.array(Recovery).parse([...rows]);
}

/** What became of a story. `open`: it is tried again; see ops.log_recoveries. */
export interface RecoveryEnd {
  readonly state: 'open' | 'stored' | 'nothing' | 'stale' | 'refused' | 'gone';
  readonly lines?: number;
  readonly why?: string;
  readonly buildId?: string;
  readonly attempt?: number;
}

const Settled = z.array(z.object({ ok: z.boolean() })).length(1);

/** Write down what became of it; false when somebody else has it by now. */
export async function settleRecovery(
  sql: Queryable,
  { id, tries }: Pick<Recovery, 'id' | 'tries'>,
  end: RecoveryEnd,
): Promise<boolean> {
  const rows = await sql`
    select ops.settle_log_recovery(
      ${id}, ${tries}, ${end.state}, ${end.lines ?? null}, ${end.why ?? null}, ${end.buildId ?? null}, ${end.attempt ?? null}
    ) as ok`;
  return Settled.parse([...rows])[0]?.ok ?? false;
}

/** What GitHub says of a run, in the words of its OIDC token. */
export interface RunClaims {
  readonly repository: string;
  readonly repository_id: string;
  readonly run_id: string;
  readonly run_attempt: string;
  readonly ref: string;
  readonly sha: string;
  readonly workflow_ref: string;
}

const BuildOfRun = z.object({
  outcome: z.enum(['found', 'none', 'stale']),
  buildId: z.uuid().nullable(),
  attempt: z.number().nullable(),
  status: z.string().nullable(),
  lastSeq: z.number().nullable(),
});
export type BuildOfRun = z.infer<typeof BuildOfRun>;

/** The build a run may write to, locked until the transaction ends. */
export async function buildOfRun(
  sql: Queryable,
  claims: RunClaims,
  buildId: string | null,
): Promise<BuildOfRun> {
  const rows = await sql`
    select outcome, build_id as "buildId", attempt, status, last_seq as "lastSeq"
    from ops.build_of_run(${JSON.stringify(claims)}::text::jsonb, ${buildId})`;
  return BuildOfRun.parse(rows[0]);
}

/** The run takes its build, or opens one, as it would have with its OIDC token. */
export async function startForRun(
  sql: Queryable,
  claims: RunClaims,
  request: {
    readonly buildId: string | null;
    readonly trigger: string;
    readonly project: string | null;
    readonly commit: string | null;
    readonly runnerId: string;
  },
): Promise<Started> {
  const asked = JSON.stringify({
    op: 'start',
    ...(request.buildId === null ? {} : { build_id: request.buildId }),
    ...(request.project === null ? {} : { project: request.project }),
    ...(request.commit === null ? {} : { commit: request.commit }),
    trigger: request.trigger,
    runner_id: request.runnerId,
  });
  const rows = await sql`
    select ops.record_build_from_run(${JSON.stringify(claims)}::text::jsonb, ${asked}::text::jsonb) as answer`;
  return readStarted(z.object({ answer: z.unknown() }).parse(rows[0]).answer);
}

const AttemptLines = z.object({ isOver: z.boolean(), hasLines: z.boolean() });

/** Whether this is how far the build came and it has ended, and whether the attempt has lines. */
export async function readAttempt(
  sql: Queryable,
  { buildId, attempt }: { readonly buildId: string; readonly attempt: number },
): Promise<z.infer<typeof AttemptLines>> {
  const rows = await sql`
    select b.attempt = ${attempt} and b.finished_at is not null as "isOver",
           exists (select from ops.build_events e where e.build_id = b.id and e.attempt = ${attempt}) as "hasLines"
    from ops.builds b
    where b.id = ${buildId}`;
  return AttemptLines.parse(rows[0] ?? { isOver: false, hasLines: false });
}

/** A line of the control room itself in the log of a build. */
export async function sayOfBuild(sql: Queryable, buildId: string, message: string): Promise<void> {
  await sql`select ops.append_build_event(${buildId}, ${message}, 'recovery')`;
}
