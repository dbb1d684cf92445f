import postgres from 'postgres';
import * as z from 'zod';
import type { Queryable } from '../../database/connect.ts';
import { ConfigurationError } from '../../io/errors.ts';

/** What somebody wants built. */
export interface WantedBuild {
  /** Slug of the project, or `organisation/slug`. */
  readonly project: string;
  /** Left out, the one of the production lane. */
  readonly branch?: string | undefined;
  readonly trigger: 'manual' | 'push' | 'schedule';
  readonly actor: string;
  readonly commitSha?: string | undefined;
  readonly commitMessage?: string | undefined;
  readonly commitAuthor?: string | undefined;
  readonly inputs?: Readonly<Record<string, string>> | undefined;
  /** Asked again with the same one, it is the same build. */
  readonly idempotencyKey?: string | undefined;
}

const Ordered = z
  .array(z.object({ buildId: z.string(), status: z.string(), queueId: z.coerce.number().nullable() }))
  .length(1);
/** A build that was asked for. */
export type OrderedBuild = z.infer<typeof Ordered>[number];

/**
 * Asks for a build, within the limits of its branch.
 *
 * @throws BuildRefused when there is no such project or branch, or it does not build that now
 */
export async function orderBuild(sql: Queryable, wanted: WantedBuild): Promise<OrderedBuild> {
  const rows = await refusable(
    sql`
      select c.build_id as "buildId", c.status, c.queue_id as "queueId"
      from ops.create_build(
        ops.find_branch(${wanted.project}, ${wanted.branch ?? null}), ${wanted.trigger}, ${wanted.actor},
        p_commit_sha => ${wanted.commitSha ?? null}, p_commit_message => ${wanted.commitMessage ?? null},
        p_commit_author => ${wanted.commitAuthor ?? null},
        p_inputs => ${wanted.inputs === undefined ? null : JSON.stringify(wanted.inputs)}::text::jsonb,
        p_idempotency_key => ${wanted.idempotencyKey ?? null}
      ) c`,
  );
  const [build] = Ordered.parse([...rows]);
  if (build === undefined) throw new Error('ops.create_build told nothing');
  return build;
}

const RolledBack = z
  .array(z.object({ buildId: z.string(), commitSha: z.string(), replaces: z.string().nullable() }))
  .length(1);
/** A build of a commit that was good. */
export type RolledBack = z.infer<typeof RolledBack>[number];

/**
 * Builds the last verified commit of a branch again.
 *
 * @throws BuildRefused when there is no such project or branch, or no commit to go back to
 */
export async function rollBack(
  sql: Queryable,
  wanted: Pick<WantedBuild, 'project' | 'branch' | 'actor'>,
): Promise<RolledBack> {
  const rows = await refusable(
    sql`
      select r.build_id as "buildId", r.commit_sha as "commitSha", r.replaces
      from ops.rollback_build(${wanted.project}, ${wanted.branch ?? null}, ${wanted.actor}) r`,
  );
  const [build] = RolledBack.parse([...rows]);
  if (build === undefined) throw new Error('ops.rollback_build told nothing');
  return build;
}

/** Stops a build. Returns `cancelled`, `cancelling` (its run is told), or null when it had ended. */
export async function cancelBuild(
  sql: Queryable,
  build: { readonly buildId: string; readonly actor: string; readonly reason?: string | undefined },
): Promise<'cancelled' | 'cancelling' | null> {
  const rows = await sql`
    select ops.cancel_build(${build.buildId}, ${build.actor}, ${build.reason ?? null}) as state`;
  return (
    z.array(z.object({ state: z.enum(['cancelled', 'cancelling']).nullable() })).parse([...rows])[0]?.state ??
    null
  );
}

/**
 * Queues a build that ended badly again.
 *
 * @throws BuildRefused when it did not
 */
export async function retryBuild(
  sql: Queryable,
  build: { readonly buildId: string; readonly actor: string },
): Promise<void> {
  await refusable(sql`select ops.retry_build(${build.buildId}, ${build.actor})`);
}

const Facts = z.object({
  buildId: z.string(),
  status: z.string(),
  error: z.string().nullable(),
  branch: z.string(),
  lane: z.string(),
  environment: z.string().nullable(),
  project: z.string(),
  isDispatched: z.boolean(),
  repository: z.string().nullable(),
  runUrl: z.string().nullable(),
  behind: z.string().nullable(),
  order: z.string().nullable(),
  orderError: z.string().nullable(),
});
/** How a build stands, and where it is to run. */
export type BuildFacts = z.infer<typeof Facts>;

/** How a build stands; null when there is none. `behind`: the build of its branch it waits for. `order`: how its order to GitHub stands. */
export async function readBuildFacts(sql: Queryable, buildId: string): Promise<BuildFacts | null> {
  const rows = await sql`
    select b.id as "buildId", b.status, b.error, h.name as branch, h.lane, h.environment, o.slug || '/' || p.slug as project,
           p.dispatch as "isDispatched", ops.repository_name(p.repo_url) as repository, b.github_run_url as "runUrl",
           case when b.status = 'queued' and h.one_at_a_time then (
             select f.id from ops.builds f
             where f.branch_id = b.branch_id and f.status in ('dispatched', 'running') and f.id <> b.id order by f.id limit 1
           ) end as behind, d.state as "order", d.error as "orderError"
    from ops.builds b
    left join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    join ops.orgs o on o.id = p.org_id
    where b.id = ${buildId}`;
  return z.array(Facts).parse([...rows])[0] ?? null;
}

/** The database understood, and does not build that: there is no such thing, or its limits say no. */
export class BuildRefused extends ConfigurationError {
  readonly kind: 'missing' | 'conflict';

  constructor(kind: 'missing' | 'conflict', message: string, hint: string | undefined) {
    super(message, hint === undefined ? {} : { hint });
    this.kind = kind;
  }
}

async function refusable<Result>(statement: PromiseLike<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || !['PT404', 'PT409'].includes(error.code)) throw error;
    const message = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
    throw new BuildRefused(error.code === 'PT404' ? 'missing' : 'conflict', message, error.hint);
  }
}
