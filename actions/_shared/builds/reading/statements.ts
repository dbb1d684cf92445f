import type { Sql } from 'postgres';
import * as z from 'zod';
import {
  Branch,
  Build,
  type BuildStatus,
  LogEvent as Event,
  type LogEvent,
  Project,
  BuildStatus as Status,
} from './build.ts';

/** Projects with this slug, in any organisation; all when it is left out. */
export async function readProjects(sql: Sql, slug?: string): Promise<Project[]> {
  const rows = await sql`
    select p.id, p.name, p.slug, o.slug as "orgSlug"
    from ops.projects p
    join ops.orgs o on o.id = p.org_id
    where ${slug ?? null}::text is null or p.slug = ${slug ?? null}
    order by p.slug, o.slug
    limit 1000`;
  return z.array(Project).parse([...rows]);
}

const BranchRow = Branch.omit({ lastBuild: true });
const LastBuild = Build.omit({ branch: true, lane: true, project: true });

/** Branches of a project by lane and name, each with its last build. */
export async function readBranches(sql: Sql, projectId: string): Promise<Branch[]> {
  const rows = await sql`
    select h.id as "branchId", h.name, h.lane, h.build_count as "buildCount", h.health, b.id, b.status, b.attempt, b.trigger, b.actor,
           b.commit_sha as "commitSha", b.commit_message as "commitMessage", b.error, b.github_run_url as "githubRunUrl",
           b.environment_url as "environmentUrl", b.created_at as "createdAt", b.started_at as "startedAt",
           b.finished_at as "finishedAt"
    from ops.project_branches(${projectId}, null, null, 1000) with ordinality as h (
      id, name, lane, environment, build_count, last_build_id, last_build_status, last_build_at, commit_sha, commit_message, health,
      observed_at, place
    )
    left join ops.builds b on b.id = h.last_build_id
    order by h.place`;
  return rows.map((row) => ({
    ...BranchRow.parse({ ...row, id: row.branchId }),
    lastBuild: row.id === null ? null : LastBuild.parse(row),
  }));
}

/** What narrows a list of builds. */
export interface ListBuilds {
  readonly projectId?: string | undefined;
  readonly branch?: string | undefined;
  readonly status?: BuildStatus | undefined;
  /** Keyset: builds older than this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Builds, newest first. */
export async function listBuilds(sql: Sql, query: ListBuilds): Promise<Build[]> {
  const rows = await sql`
    select b.id, b.status, b.attempt, b.trigger, b.actor, b.commit_sha as "commitSha", b.commit_message as "commitMessage",
           b.error, b.github_run_url as "githubRunUrl", b.environment_url as "environmentUrl", b.created_at as "createdAt",
           b.started_at as "startedAt", b.finished_at as "finishedAt", h.name as branch, h.lane, p.slug as project
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id < ${query.before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'}
      and (${query.projectId ?? null}::uuid is null or b.project_id = ${query.projectId ?? null})
      and (${query.branch ?? null}::text is null or h.name = ${query.branch ?? null})
      and (${query.status ?? null}::text is null or b.status = ${query.status ?? null})
    order by b.id desc
    limit ${query.limit}`;
  return z.array(Build).parse([...rows]);
}

/** Builds whose id ends or starts so: people copy eight characters of it. */
export async function findBuilds(sql: Sql, part: string): Promise<string[]> {
  const rows = await sql`
    select b.id
    from ops.builds b
    where b.id::text like ${`${part}%`} or b.id::text like ${`%${part}`}
    order by b.id desc
    limit 5`;
  return z
    .array(z.object({ id: z.uuid() }))
    .parse([...rows])
    .map(({ id }) => id);
}

/** Where a reader is in a log: in what the control room says, and in the lines of the attempts. */
export interface LogPosition {
  readonly control: number;
  readonly attempt: number;
  readonly seq: number;
}

/** What came to a log, and how the build was at that very moment. */
export interface LogPage {
  readonly status: BuildStatus;
  readonly currentAttempt: number;
  readonly events: readonly LogEvent[];
}

const PageRow = Event.extend({
  attempt: z.number().nullable(),
  seq: z.number().nullable(),
  at: z.date().nullable(),
  kind: z.string().nullable(),
  level: Event.shape.level.nullable(),
  message: z.string().nullable(),
  status: Status,
  currentAttempt: z.number(),
});

/**
 * The next events of a log, and the build's state in the same snapshot: a final state with no events is the end.
 *
 * @throws Error when there is no such build
 */
export async function readLogPage(
  sql: Sql,
  buildId: string,
  position: LogPosition,
  limit: number,
): Promise<LogPage> {
  const rows = await sql`
    select b.status, b.attempt as "currentAttempt", e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message
    from ops.builds b
    left join lateral ops.build_log_since(b.id, ${position.control}, ${position.attempt}, ${position.seq}, ${limit}) e on true
    where b.id = ${buildId}`;
  const [first] = rows;
  if (first === undefined) throw new Error(`there is no build ${buildId}`);
  const { status, currentAttempt } = PageRow.pick({ status: true, currentAttempt: true }).parse(first);
  const events = first.seq === null ? [] : z.array(Event).parse([...rows]);
  return { status, currentAttempt, events };
}

const PositionRow = z.object({ attempt: z.number().nullable(), seq: z.number().nullable() });

/** Just before the first line that is not older than a point in time. */
export async function positionSince(sql: Sql, buildId: string, since: Date): Promise<LogPosition> {
  const rows = await sql`select attempt, seq from ops.build_log_position(${buildId}, ${since})`;
  const found = PositionRow.parse(rows[0]);
  if (found.attempt !== null && found.seq !== null)
    return { control: 0, attempt: found.attempt, seq: found.seq - 1 };
  const last = await sql`
    select e.attempt, e.seq
    from ops.build_events e
    where e.build_id = ${buildId} and e.attempt >= 1
    order by e.attempt desc, e.seq desc
    limit 1`;
  const { attempt, seq } = PositionRow.parse(last[0] ?? { attempt: 1, seq: 0 });
  return { control: 0, attempt: attempt ?? 1, seq: seq ?? 0 };
}
