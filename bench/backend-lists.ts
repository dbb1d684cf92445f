/** Each list RPC as a member, under row level security, against the bare index lookup it needs, as the owner. */
import postgres, { type Sql } from 'postgres';
import type { Queryable } from '../actions/_shared/database/connect.ts';
import { type Filled, fillBuilds } from '../test/database/builds/many-builds.ts';
import type { BackendOptions } from './backend.ts';
import { median, percentile } from './measure.ts';

const samples = 400;
const warmUps = 20;
const logPage = 200;
const lastPage = 10_000;

interface List {
  readonly name: string;
  /** As a member, through the RPC. @param pick a number to vary what is asked for. */
  readonly rpc: (member: Queryable, pick: number) => Promise<unknown>;
  /** As the owner, without a function and without row level security. */
  readonly lookup: (owner: Queryable, pick: number) => Promise<unknown>;
}

/** Fills the database, then measures. Returns a table. */
export async function benchLists({ server, builds, events }: BackendOptions): Promise<string> {
  const superuser = postgres(server.cluster.superuserUrl, { max: 1, onnotice: () => undefined });
  const owner = postgres(server.url, { max: 1, onnotice: () => undefined });
  // As PostgREST: logs in as authenticator, becomes authenticated, and keeps its prepared statements.
  const member = postgres(server.cluster.url('postgres', 'authenticator'), {
    max: 1,
    onnotice: () => undefined,
    connection: { role: 'authenticated' },
  });
  try {
    const started = performance.now();
    const filled = await fillBuilds(superuser, {
      orgs: 100,
      projectsPerOrg: 20,
      branchesPerProject: 5,
      builds,
      events,
      // The page that is asked for last must be there, with some after it.
      deepLog: Math.min(logPage * (lastPage + 1), Math.floor(events / 4)),
      samples: builds,
      advisories: Math.floor(builds / 50),
    });
    const seconds = (performance.now() - started) / 1000;
    const claims = JSON.stringify({ sub: filled.member, role: 'authenticated' });
    await member`select set_config('request.jwt.claims', ${claims}, false)`;
    const rows: string[] = [];
    for (const list of lists(filled)) rows.push(await measureList(list, member, owner));
    return [
      `## lists: ${builds.toLocaleString('en')} builds, ${events.toLocaleString('en')} events (filled in ${seconds.toFixed(0)} s); ${samples} calls each, in turn`,
      '',
      '| RPC, as a member | p50 / p95 ms | bare lookup p50 / p95 ms | p95 ratio (limit 10x) | tables read whole |',
      '|---|---|---|---|---|',
      ...rows,
      '',
      await pages(filled, member),
      '',
    ].join('\n');
  } finally {
    await Promise.all([superuser.end(), owner.end(), member.end()]);
  }
}

async function measureList(list: List, member: Sql, owner: Sql): Promise<string> {
  const rpc: number[] = [];
  const lookup: number[] = [];
  for (let round = -warmUps; round < samples; round += 1) {
    const pick = Math.abs(round);
    const ours = await timed(() => list.rpc(member, pick));
    const bare = await timed(() => list.lookup(owner, pick));
    if (round < 0) continue;
    rpc.push(ours);
    lookup.push(bare);
  }
  const ratio = percentile(rpc, 0.95) / percentile(lookup, 0.95);
  const whole = await tablesReadWhole(list, member);
  const verdict = ratio < 10 && whole.length === 0 ? '' : ' MISSED';
  return `| ${list.name} | ${both(rpc)} | ${both(lookup)} | ${ratio.toFixed(2)}x${verdict} | ${whole.join(', ') || 'none'} |`;
}

async function tablesReadWhole(list: List, member: Sql): Promise<string[]> {
  return member.begin(async (sql) => {
    await list.rpc(sql, 0);
    const rows = await sql<{ relname: string }[]>`
      select relname::text from pg_stat_xact_all_tables where schemaname = 'ops' and seq_scan > 0 order by 1`;
    return rows.map((row) => row.relname);
  });
}

async function pages(filled: Filled, member: Sql): Promise<string> {
  const read = (page: number) => (): Promise<unknown> =>
    member`select * from ops.build_logs(${filled.deep}, 1, ${(page - 1) * logPage}, ${logPage})`;
  const times = new Map<number, number[]>([
    [1, []],
    [lastPage, []],
  ]);
  for (let round = 0; round < samples; round += 1) {
    for (const [page, own] of times) own.push(await timed(read(page)));
  }
  const [first, last] = [...times.values()];
  if (first === undefined || last === undefined) throw new Error('no pages');
  return `Pages of ${logPage} lines of one log: page 1 ${both(first)} ms, page ${lastPage.toLocaleString('en')} ${both(last)} ms (p50 / p95), ${(median(last) / median(first)).toFixed(2)}x.`;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

function both(values: readonly number[]): string {
  return `${median(values).toFixed(2)} / ${percentile(values, 0.95).toFixed(2)}`;
}

function lists(filled: Filled): readonly List[] {
  const of = (ids: readonly string[], pick: number): string => ids[pick % ids.length] ?? '';
  const project = (pick: number): string => of(filled.projects, pick);
  const branch = (pick: number): string => of(filled.branches, pick);
  const build = (pick: number): string => of(filled.builds, pick);
  return [
    {
      name: 'list_projects()',
      rpc: (sql) => sql`select * from ops.list_projects()`,
      lookup: (sql) => sql`
        select p.*, h.*, b.* from ops.projects p
        left join lateral (select count(*), sum(n.build_count) from ops.branches n where n.project_id = p.id) h on true
        left join lateral (
          select n.id, n.status, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
        ) b on true
        where p.org_id = (select org_id from ops.projects where id = ${project(0)}) order by p.name, p.id limit 100`,
    },
    {
      name: 'project_branches(project_id)',
      rpc: (sql, pick) => sql`select * from ops.project_branches(${project(pick)})`,
      lookup: (sql, pick) => sql`
        select h.*, b.* from ops.branches h
        left join lateral (
          select n.id, n.status, n.created_at, n.commit_sha, n.commit_message
          from ops.builds n where n.branch_id = h.id order by n.id desc limit 1
        ) b on true
        where h.project_id = ${project(pick)} order by h.lane_rank, h.name limit 200`,
    },
    {
      name: 'branch_builds(branch_id)',
      rpc: (sql, pick) => sql`select * from ops.branch_builds(${branch(pick)})`,
      lookup: (sql, pick) =>
        sql`select * from ops.builds where branch_id = ${branch(pick)} order by id desc limit 50`,
    },
    {
      name: 'project_builds(project_id)',
      rpc: (sql, pick) => sql`select * from ops.project_builds(${project(pick)})`,
      lookup: (sql, pick) =>
        sql`select * from ops.builds where project_id = ${project(pick)} order by id desc limit 50`,
    },
    {
      name: 'build_logs(build_id)',
      rpc: (sql, pick) => sql`select * from ops.build_logs(${build(pick)})`,
      lookup: (sql, pick) => sql`
        select attempt, seq, at, kind, level, step, message, data from ops.build_events
        where build_id = ${build(pick)} order by attempt, seq limit 500`,
    },
    {
      name: 'build_log_tail(build_id)',
      rpc: (sql) => sql`select * from ops.build_log_tail(${filled.deep})`,
      lookup: (sql) => sql`
        select attempt, seq, at, kind, level, step, message, data from ops.build_events
        where build_id = ${filled.deep} order by attempt desc, seq desc limit 200`,
    },
    {
      name: 'project_metrics(project_id, metric, hours)',
      rpc: (sql, pick) => sql`select * from ops.project_metrics(${project(pick)}, 'cpu_pct', 24)`,
      lookup: (sql, pick) => sql`
        select ts, value, branch_id, dims, id from ops.metrics
        where project_id = ${project(pick)} and metric = 'cpu_pct' and ts >= now() - interval '24 hours' order by ts, id limit 1000`,
    },
    {
      name: 'list_advisories(project_id)',
      rpc: (sql, pick) => sql`select * from ops.list_advisories(${project(pick)})`,
      lookup: (sql, pick) => sql`
        select * from ops.advisories where project_id = ${project(pick)} order by level_rank desc, id desc limit 50`,
    },
  ];
}
