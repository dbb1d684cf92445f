/**
 * Fills a database with builds and their logs in a few statements on the server: for tests of plans (small) and for
 * `npm run bench -- backend` (a million builds).
 */
import type { Sql, TransactionSql } from 'postgres';
import { z } from 'zod';

/** How much there should be. Builds and events are spread evenly over all branches and the last 60 days. */
export interface Amounts {
  readonly orgs: number;
  readonly projectsPerOrg: number;
  readonly branchesPerProject: number;
  readonly builds: number;
  /** Lines of all logs together, the deep one included. */
  readonly events: number;
  /** Lines of the one long log. */
  readonly deepLog: number;
  readonly samples: number;
  readonly advisories: number;
}

/** What a page asks for. */
export interface Filled {
  /** A member of one organisation, whose claims a session can carry. */
  readonly member: string;
  readonly projects: readonly string[];
  readonly branches: readonly string[];
  /** Builds that have a log. */
  readonly builds: readonly string[];
  /** The build with the long log. */
  readonly deep: string;
}

const Picked = z.array(
  z.object({
    member: z.uuid(),
    projects: z.array(z.uuid()),
    branches: z.array(z.uuid()),
    builds: z.array(z.uuid()),
    deep: z.uuid(),
  }),
);

const days = 60;
const linesPerLog = 100;

/** @param superuser the rows come in without their triggers, which only a superuser may switch off. */
export async function fillBuilds(superuser: Sql, amounts: Amounts): Promise<Filled> {
  await superuser.begin(async (sql) => {
    await sql`set local session_replication_role = replica`;
    await sql`
      insert into ops.orgs (name, slug) select 'Org ' || n, 'org-' || n from generate_series(1, ${amounts.orgs}::int) n`;
    await sql`
      insert into ops.org_members (org_id, user_id)
      select o.id, gen_random_uuid() from ops.orgs o cross join generate_series(1, 10)`;
    await sql`
      insert into ops.projects (org_id, name, slug)
      select o.id, 'Project ' || n, 'project-' || n from ops.orgs o cross join generate_series(1, ${amounts.projectsPerOrg}::int) n`;
    await sql`
      insert into ops.branches (org_id, project_id, name, lane)
      select p.org_id, p.id, 'branch-' || n, case n when 1 then 'production' when 2 then 'staging' else 'development' end
      from ops.projects p cross join generate_series(1, ${amounts.branchesPerProject}::int) n`;
    await pastPartitions(sql);
    await sql`
      insert into ops.builds (
        id, org_id, project_id, branch_id, status, trigger, commit_sha, commit_message, attempt, created_at, started_at, finished_at
      )
      select ops.id_floor(t.at), h.org_id, h.project_id, h.id, case when n % 20 = 0 then 'failed' else 'succeeded' end, 'push',
        left(md5(n::text) || md5(n::text), 40), 'Change number ' || n, 1, t.at, t.at, t.at + interval '5 minutes'
      from generate_series(1, ${amounts.builds}::int) n
      cross join lateral (
        select now() - make_interval(secs => (${amounts.builds}::int - n + 1) * (${days} * 86400.0 / ${amounts.builds}::int)) as at
      ) t
      join (select b.*, row_number() over (order by b.id) as position from ops.branches b) h
        on h.position = n % (select count(*) from ops.branches) + 1`;
    await sql`
      update ops.branches h set build_count = c.builds
      from (select b.branch_id, count(*) as builds from ops.builds b group by b.branch_id) c where c.branch_id = h.id`;
    await logs(sql, amounts);
    await sql`
      insert into ops.metrics (ts, value, org_id, project_id, branch_id, metric)
      select now() - make_interval(secs => n * (7 * 86400.0 / ${amounts.samples}::int)), n % 100, p.org_id, p.id, null, 'cpu_pct'
      from generate_series(1, ${amounts.samples}::int) n
      join (select r.*, row_number() over (order by r.id) as position from ops.projects r) p
        on p.position = n % (select count(*) from ops.projects) + 1`;
    await sql`
      insert into ops.advisories (org_id, project_id, cache_key, name, level, title)
      select p.org_id, p.id, 'finding_' || n, 'finding', case n % 3 when 0 then 'error' when 1 then 'warning' else 'info' end, 'Finding ' || n
      from generate_series(1, ${amounts.advisories}::int) n
      join (select r.*, row_number() over (order by r.id) as position from ops.projects r) p
        on p.position = n % (select count(*) from ops.projects) + 1`;
  });
  for (const table of [
    'build_events',
    'builds',
    'branches',
    'projects',
    'org_members',
    'metrics',
    'advisories',
  ]) {
    await superuser`vacuum analyze ${superuser(`ops.${table}`)}`;
  }
  return pick(superuser);
}

/** The months and weeks the rows fall into, for which migrations of today make no partitions. */
async function pastPartitions(sql: TransactionSql): Promise<void> {
  await sql`
    select ops.create_partition('build_events', t.at, ops.partition_end(t.at, '1 month'))
    from (select ops.partition_start(now() - make_interval(months => n), '1 month') as at from generate_series(1, 3) n) t`;
  await sql`
    select ops.create_partition('metrics', t.at, ops.partition_end(t.at, '1 week'))
    from (select ops.partition_start(now() - make_interval(weeks => n), '1 week') as at from generate_series(1, 2) n) t`;
}

/** One long log for the newest build, and short ones for as many before it as the lines are enough for. */
async function logs(sql: TransactionSql, { events, deepLog }: Amounts): Promise<void> {
  await sql`
    insert into ops.build_events (build_id, org_id, at, attempt, seq, step, message)
    select b.id, b.org_id, b.created_at, 1, n, 'build', 'compiled src/pages/projects/page-' || n || '.tsx in 12 ms (1234 modules)'
    from (select id, org_id, created_at from ops.builds order by id desc limit 1) b
    cross join generate_series(1, ${deepLog}::int) n`;
  await sql`
    insert into ops.build_events (build_id, org_id, at, attempt, seq, step, message)
    select b.id, b.org_id, b.created_at, 1, n, 'build', 'compiled src/pages/projects/page-' || n || '.tsx in 12 ms (1234 modules)'
    from (
      select id, org_id, created_at from ops.builds order by id desc offset 1 limit ${Math.floor((events - deepLog) / linesPerLog)}::int
    ) b
    cross join generate_series(1, ${linesPerLog}::int) n`;
}

/** One member, and what they may ask for: the organisation of the long log. */
async function pick(sql: Sql): Promise<Filled> {
  const rows = await sql`
    with deep as (select id, org_id from ops.builds order by id desc limit 1)
    select d.id as deep,
      (select m.user_id from ops.org_members m where m.org_id = d.org_id order by m.user_id limit 1) as member,
      array(select p.id from ops.projects p where p.org_id = d.org_id order by p.id) as projects,
      array(select b.id from ops.branches b where b.org_id = d.org_id order by b.id) as branches,
      array(
        select b.id from ops.builds b
        where b.org_id = d.org_id and b.id <> d.id
          and exists (select from ops.build_events e where e.build_id = b.id and e.attempt = 1 and e.seq = 1)
        order by b.id desc limit 1000
      ) as builds
    from deep d`;
  const [filled] = Picked.parse([...rows]);
  if (filled === undefined) throw new Error('No builds were made');
  return filled;
}
