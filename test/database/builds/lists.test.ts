import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember, claim, type Organisation } from './people.ts';

let database: TestDatabase;
let ours: Organisation;
let theirs: Organisation;
let advisoryId: string;
let buildId: string;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  const { sql } = database;
  const service = database.as('service_role');
  ours = await addOrganisation(sql, 'ours');
  theirs = await addOrganisation(sql, 'theirs');
  for (const org of [ours, theirs]) {
    await addBuild(service, org.production);
    await service`select ops.record_metrics(${org.projectId}, '[{"metric": "cpu_pct", "value": 1}]', ${org.production})`;
    await service`select ops.upsert_monitoring(${org.production}, 'degraded', 'slow')`;
    await service`select ops.record_upgrade(${org.projectId}, '18.0', '19.0')`;
  }
  const build = await claim(service);
  buildId = (await sql`select id from ops.builds where branch_id = ${ours.production}`)[0]?.id;
  expect(build?.buildId).toBe(buildId);
  await service`select ops.record_artifact(${buildId}, 'site.zip', 'file', 'https://example.com/site.zip')`;
  const [advisory] =
    await service`select advisory_id from ops.raise_advisory(${ours.projectId}, 'idle', 'idle', 'No build')`;
  advisoryId = advisory?.advisory_id;
});
afterAll(() => database.drop());

/** Every RPC people may call, with arguments that hit a row of `ours`. */
const reads: Readonly<Record<string, (org: Organisation) => readonly [text: string, parameters: string[]]>> =
  {
    list_projects: () => ['select * from ops.list_projects()', []],
    project_branches: (org) => ['select * from ops.project_branches(project_id => $1)', [org.projectId]],
    branch_builds: (org) => ['select * from ops.branch_builds(branch_id => $1)', [org.production]],
    project_builds: (org) => ['select * from ops.project_builds($1)', [org.projectId]],
    build_logs: () => ['select * from ops.build_logs(build_id => $1)', [buildId]],
    build_log_tail: () => ['select * from ops.build_log_tail($1)', [buildId]],
    build_artifacts: () => ['select * from ops.build_artifacts($1)', [buildId]],
    get_build: () => ['select x from ops.get_build($1) x where x is not null', [buildId]],
    project_metrics: (org) => [
      "select * from ops.project_metrics(project_id => $1, metric => 'cpu_pct', hours => 24)",
      [org.projectId],
    ],
    project_metric_series: (org) => [
      "select * from ops.project_metric_series($1, 'cpu_pct', now() - interval '1 hour', now() + interval '1 hour')",
      [org.projectId],
    ],
    list_advisories: (org) => ['select * from ops.list_advisories(project_id => $1)', [org.projectId]],
    project_upgrades: (org) => ['select * from ops.project_upgrades($1)', [org.projectId]],
    project_overview: (org) => [
      'select x from ops.project_overview($1) x where x is not null',
      [org.projectId],
    ],
    run_queue: () => ['select * from ops.run_queue', []],
  };

describe.each(Object.keys(reads))('%s', (name) => {
  const call = (): readonly [string, string[]] => reads[name]?.(ours) ?? ['', []];

  it("shows a member what is their organisation's, and only that", async () => {
    const [text, parameters] = call();
    const rows = await asMember(database, ours.memberId, (sql) => sql.unsafe(text, parameters));
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(theirs.orgId);
    expect(JSON.stringify(rows)).not.toContain(theirs.projectId);
  });

  it('shows nothing of it to a member of another', async () => {
    const [text, parameters] = call();
    const rows = await asMember(database, theirs.memberId, (sql) => sql.unsafe(text, parameters));
    const shown = JSON.stringify(rows);
    for (const secret of [ours.orgId, ours.projectId, ours.production, buildId])
      expect(shown).not.toContain(secret);
  });

  it('shows everything to service_role and nothing to anon', async () => {
    const [text, parameters] = call();
    const service = database.as('service_role');
    expect((await service.unsafe(text, parameters)).length).toBeGreaterThan(0);
    const anon = database.as('anon');
    await expect(anon.unsafe(text, parameters)).rejects.toThrow('permission denied');
    await Promise.all([service.end(), anon.end()]);
  });
});

it('what only runners and functions may do, no signed-in user may', async () => {
  const { sql } = database;
  const writers = await sql<{ signature: string }[]>`
    select p.oid::regprocedure::text as signature from pg_proc p
    where p.pronamespace = 'ops'::regnamespace
      and p.proname in (
        'enqueue_build', 'create_build', 'claim_next_run', 'heartbeat_build', 'append_build_event', 'append_build_events',
        'set_build_status', 'cancel_build', 'retry_build', 'rescue_builds', 'record_artifact', 'record_metrics',
        'upsert_monitoring', 'raise_advisory', 'settle_advisories', 'suppress_advisory', 'record_upgrade', 'idle_projects',
        'maintain_partitions'
      )
      and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))`;
  expect(writers).toEqual([]);
  await asMember(database, ours.memberId, async (member) => {
    await expect(
      member.savepoint((inner) => inner`select ops.create_build(${ours.production})`),
    ).rejects.toThrow('permission denied');
    await expect(
      member.savepoint(
        (inner) => inner`insert into ops.branches (project_id, name) values (${ours.projectId}, 'x')`,
      ),
    ).rejects.toThrow('permission denied');
  });
});

it('the twelve RPCs have the names and parameters of the mission', async () => {
  const named = [
    ['list_projects', []],
    ['project_branches', ['project_id']],
    ['branch_builds', ['branch_id']],
    ['build_logs', ['build_id']],
    ['project_metrics', ['project_id', 'metric', 'hours']],
    ['list_advisories', ['project_id']],
    ['enqueue_build', ['build_id']],
    ['claim_next_run', ['runner_id']],
    ['append_build_event', []],
    ['set_build_status', []],
    ['resolve_advisory', ['id']],
    ['snooze_advisory', ['id', 'until']],
  ] as const;
  for (const [name, parameters] of named) {
    const rows = await database.sql<{ names: string[] | null }[]>`
      select proargnames as names from pg_proc where pronamespace = 'ops'::regnamespace and proname = ${name}`;
    expect(rows, name).toHaveLength(1);
    expect((rows[0]?.names ?? []).slice(0, parameters.length)).toEqual(parameters);
  }
});

it('an org_id is that of the project, whatever the writer says', async () => {
  const service = database.as('service_role');
  const [branch] = await service`
    insert into ops.branches (project_id, org_id, name) values (${ours.projectId}, ${theirs.orgId}, 'sly') returning id, org_id`;
  expect(branch?.org_id).toBe(ours.orgId);
  const [moved] =
    await service`update ops.branches set org_id = ${theirs.orgId} where id = ${branch?.id} returning org_id`;
  expect(moved?.org_id).toBe(ours.orgId);
  await expect(
    service`update ops.projects set org_id = ${theirs.orgId} where id = ${ours.projectId}`,
  ).rejects.toThrow('stays with its organisation');
  await expect(
    service`select ops.raise_advisory(${ours.projectId}, 'x', 'x', 'x', p_branch_id => ${theirs.production})`,
  ).rejects.toMatchObject({ code: '23503' });
  await service`delete from ops.branches where id = ${branch?.id}`;
});

describe('pages', () => {
  it('of builds are whole and stable while builds are added', async () => {
    const service = database.as('service_role');
    const made: string[] = [];
    for (let index = 0; index < 12; index += 1) made.unshift((await addBuild(service, ours.development)).id);
    const before = [...made];
    const seen: string[] = [];
    let last: string | null = null;
    for (;;) {
      const page: { id: string }[] = await asMember(
        database,
        ours.memberId,
        (sql) => sql<{ id: string }[]>`
        select id from ops.branch_builds(${ours.development}, ${last}, 5)`,
      );
      seen.push(...page.map((row) => row.id));
      last = page.at(-1)?.id ?? null;
      if (last === null) break;
      await addBuild(service, ours.development);
    }
    expect(seen).toEqual(before);
  });

  it('of branches go lane by lane, then by name', async () => {
    const { sql } = database;
    for (const [name, lane] of [
      ['hotfix', 'production'],
      ['a-feature', 'development'],
      ['z-feature', 'development'],
    ] as const) {
      await sql`insert into ops.branches (project_id, name, lane) values (${ours.projectId}, ${name}, ${lane})`;
    }
    const seen: unknown[] = [];
    let last: { lane: string | null; name: string | null } = { lane: null, name: null };
    for (;;) {
      const page: { lane: string; name: string }[] = await asMember(
        database,
        ours.memberId,
        (member) =>
          member<
            { lane: string; name: string }[]
          >`select lane, name from ops.project_branches(${ours.projectId}, ${last.lane}, ${last.name}, 2)`,
      );
      seen.push(...page.map((row) => `${row.lane} ${row.name}`));
      const end = page.at(-1);
      if (end === undefined) break;
      last = end;
    }
    expect(seen).toEqual([
      'production hotfix',
      'production main',
      'staging staging',
      'development a-feature',
      'development dev',
      'development z-feature',
    ]);
  });

  it('of projects go by name, also of projects that share one', async () => {
    const { sql } = database;
    for (let index = 0; index < 5; index += 1) {
      await sql`insert into ops.projects (org_id, name, slug) values (${ours.orgId}, 'Same', ${`same-${index}`})`;
    }
    const seen = new Set<string>();
    let last: { name: string | null; id: string | null } = { name: null, id: null };
    for (let page = 0; page < 10; page += 1) {
      const rows: { id: string; name: string }[] = await asMember(
        database,
        ours.memberId,
        (member) =>
          member<
            { id: string; name: string }[]
          >`select id, name from ops.list_projects(${last.name}, ${last.id}, 2)`,
      );
      for (const row of rows) seen.add(row.id);
      const end = rows.at(-1);
      if (end === undefined) break;
      last = end;
    }
    expect(seen.size).toBe(6);
  });
});

it('a project shows what there is: branches, builds, the last one', async () => {
  const [project] = await asMember(
    database,
    theirs.memberId,
    (sql) => sql`select * from ops.list_projects()`,
  );
  expect(project).toMatchObject({ branch_count: '3', build_count: '1', last_build_status: 'queued' });
  const [overview] = await asMember(
    database,
    theirs.memberId,
    (sql) => sql<
      { x: { lanes: Record<string, { name: string; health: string | null }[]>; open_builds: unknown } }[]
    >`
      select ops.project_overview(${theirs.projectId}) as x`,
  );
  expect(overview?.x.lanes.production).toMatchObject([{ name: 'main', health: 'degraded' }]);
  expect(overview?.x.open_builds).toEqual({ queued: 1 });
});

it('an advisory of others is neither resolved nor snoozed', async () => {
  const rows = await asMember(database, theirs.memberId, async (sql) => [
    ...(await sql`select * from ops.resolve_advisory(${advisoryId})`),
    ...(await sql`select * from ops.snooze_advisory(${advisoryId}, now() + interval '1 day')`),
  ]);
  expect(rows).toEqual([]);
  const [advisory] =
    await database.sql`select resolved_at, snoozed_until from ops.advisories where id = ${advisoryId}`;
  expect(advisory).toEqual({ resolved_at: null, snoozed_until: null });
});
