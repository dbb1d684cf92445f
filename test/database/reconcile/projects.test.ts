import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type {
  DesiredProject,
  DesiredState,
  ProjectDefinition,
} from '../../../actions/_shared/declare/model.ts';
import { type ApplyOptions, applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computeDrift } from '../../../actions/_shared/reconcile/drift.ts';
import type { ApplyResult, Change, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, type Organisation } from '../builds/people.ts';
import { desiredState, environment } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

type Branch = ProjectDefinition['branches'][string];

let database: TestDatabase;
let others: Organisation;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
});
afterAll(() => database.drop());

function branch(changes: Partial<Branch> = {}): Branch {
  return {
    lane: 'development',
    workflow: null,
    environment: null,
    inputs: {},
    manual: false,
    one_at_a_time: true,
    cancel_superseded: false,
    stop_superseded: false,
    waiting_limit: null,
    ...changes,
  };
}

function project(name: string, changes: Partial<ProjectDefinition> = {}): DesiredProject {
  return {
    name,
    definition: {
      title: 'The shop — “größer”',
      description: null,
      owner: '@shop-team',
      repository: 'acme/shop',
      workflow: 'build.yml',
      dispatch: true,
      runtime_version: '24',
      keep_seconds: 90 * 86_400,
      branches: {
        main: branch({ lane: 'production', manual: true, inputs: { deploy_to: 'production', b: 'x "y"' } }),
        dev: branch({ waiting_limit: 5 }),
      },
      ...changes,
    },
    location: { file: `runbooks/projects/${name.split('/')[1]}.yaml`, line: 1, column: 1 },
  };
}

const shop = project('acme/shop');
const state = (...projects: readonly DesiredProject[]): DesiredState => desiredState({ projects });

function plan(desired: DesiredState, more: { prune?: boolean } = {}): Promise<Plan> {
  return computePlan({ sql: database.sql, desired, env: {}, prune: false, ...more });
}

function apply(desired: DesiredState, more: Partial<ApplyOptions> = {}): Promise<ApplyResult> {
  return applyPlan({ sql: database.sql, desired, env: {}, prune: false, actor: { name: 'test' }, ...more });
}

function changesOf({ changes }: Plan): readonly Change[] {
  return changes.filter(({ kind }) => kind === 'project');
}

/** Field -> old and new, of what differs. */
function differences({ before, after }: Change): Record<string, unknown> {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return Object.fromEntries(
    [...fields]
      .map((field) => [field, [before?.[field] ?? null, after?.[field] ?? null]] as const)
      .filter(([, [old, now]]) => old !== now),
  );
}

const branchesOf = async (slug: string): Promise<Record<string, boolean>> => {
  const rows = await database.sql<{ name: string; archived: boolean }[]>`
    select h.name, h.archived_at is not null as archived
    from ops.branches h join ops.projects p on p.id = h.project_id where p.slug = ${slug}`;
  return Object.fromEntries(rows.map(({ name, archived }) => [name, archived]));
};

describe('a declared project', () => {
  it('is made on an empty database, in the transaction that migrates it', async () => {
    const before = await plan(state(shop));
    expect(before.blockers).toEqual([]);
    expect(changesOf(before)).toMatchObject([{ name: 'acme/shop', action: 'create', risks: [] }]);

    expect(await apply(state(shop), { expectDigest: before.digest })).toMatchObject({ reason: 'applied' });

    expect(
      await database.sql`
        select o.slug as org, p.slug, p.name, p.owner, p.repo_url, p.dispatch, p.declared, p.keep_builds = '90 days' as keeps
        from ops.projects p join ops.orgs o on o.id = p.org_id`,
    ).toEqual([
      {
        org: 'acme',
        slug: 'shop',
        name: 'The shop — “größer”',
        owner: '@shop-team',
        repo_url: 'acme/shop',
        dispatch: true,
        declared: true,
        keeps: true,
      },
    ]);
    expect(await branchesOf('shop')).toEqual({ main: false, dev: false });
  });

  it('is what the database says of it: the second plan has nothing to do', async () => {
    const again = await plan(state(shop));
    expect(changesOf(again)).toEqual([]);
    expect(again.counts).toMatchObject({ create: 0, update: 0, adopt: 0, unmanaged: 0 });
    expect(await apply(state(shop))).toMatchObject({ reason: 'nothing_to_do' });
    const [entry] = await database.sql`
      select source_path from ops.managed_objects where kind = 'project' and name = 'acme/shop'`;
    expect(entry).toEqual({ source_path: 'runbooks/projects/shop.yaml' });
  });

  it('changes field by field, old to new, and nothing else is touched', async () => {
    const [was] = await database.sql`select id, created_at from ops.projects where slug = 'shop'`;
    const wanted = project('acme/shop', {
      keep_seconds: null,
      branches: {
        main: branch({ lane: 'production', environment: 'production' }),
        dev: branch({ waiting_limit: 5, stop_superseded: true }),
        next: branch({ lane: 'staging' }),
      },
    });
    const [change, ...more] = changesOf(await plan(state(wanted)));
    expect(more).toEqual([]);
    expect(change).toMatchObject({ action: 'update', cause: 'declaration' });
    expect(change === undefined ? {} : differences(change)).toEqual({
      keep: ['90d', null],
      'branches.main.environment': [null, 'production'],
      'branches.main.inputs': ['{"b": "x \\"y\\"", "deploy_to": "production"}', null],
      'branches.main.manual': [true, false],
      'branches.dev.stop_superseded': [null, true],
      'branches.next.lane': [null, 'staging'],
      'branches.next.manual': [null, false],
    });
    expect(change?.risks.map(({ code }) => code)).toEqual(['builds-unasked']);

    await apply(state(wanted));
    expect(changesOf(await plan(state(wanted)))).toEqual([]);
    expect(await database.sql`select id, created_at from ops.projects where slug = 'shop'`).toEqual([was]);
    await apply(state(shop));
    expect(await branchesOf('shop')).toEqual({ main: false, dev: false, next: true });
    expect(changesOf(await plan(state(shop)))).toEqual([]);
  });

  it('that loses a branch keeps its history and cancels what waits', async () => {
    const [dev] = await database.sql<{ id: string }[]>`
      select h.id from ops.branches h join ops.projects p on p.id = h.project_id where p.slug = 'shop' and h.name = 'dev'`;
    const { id: build } = await addBuild(database.sql, dev?.id ?? '');
    const wanted = project('acme/shop', {
      branches: { main: shop.definition.branches.main ?? branch() },
    });
    const [change] = changesOf(await plan(state(wanted)));
    expect(change?.risks).toMatchObject([{ code: 'archives-branch', severity: 'warning' }]);
    await apply(state(wanted));
    expect(await database.sql`select status from ops.builds where id = ${build}`).toEqual([
      { status: 'cancelled' },
    ]);
    await apply(state(shop));
    expect(await branchesOf('shop')).toMatchObject({ dev: false });
  });
});

describe('what somebody changes by hand', () => {
  it('is drift, in a branch as in the project, and the next apply puts it back', async () => {
    await database.superuser`update ops.projects set workflow = 'other.yml' where slug = 'shop'`;
    await database.superuser`update ops.branches set manual = false where name = 'main'`;
    const drift = await computeDrift({ sql: database.sql, desired: state(shop), env: {} });
    const [change] = changesOf(drift);
    expect(change).toMatchObject({ action: 'update', cause: 'drift' });
    expect(change === undefined ? {} : differences(change)).toEqual({
      workflow: ['other.yml', 'build.yml'],
      'branches.main.manual': [false, true],
    });

    await apply(state(shop));
    expect((await computeDrift({ sql: database.sql, desired: state(shop), env: {} })).changes).toEqual([]);
  });

  it('is drift too when the project was archived, and its rows come back with their history', async () => {
    const [was] = await database.sql`select id from ops.projects where slug = 'shop'`;
    await database.sql`select ops.archive_project('acme/shop')`;
    const [change] = changesOf(await computeDrift({ sql: database.sql, desired: state(shop), env: {} }));
    expect(change).toMatchObject({ action: 'create', cause: 'drift' });
    await apply(state(shop));
    expect(await database.sql`select id, archived_at from ops.projects where slug = 'shop'`).toEqual([
      { id: was?.id, archived_at: null },
    ]);
  });

  it('never makes a plan fail, whatever it is', async () => {
    await database.superuser`
      update ops.branches set inputs = '{"list": [1, {"x": null}], "n": 1.50}' where name = 'main'`;
    const [change] = changesOf(await plan(state(shop)));
    expect(change?.before).toMatchObject({
      'branches.main.inputs': '{"n": 1.5, "list": [1, {"x": null}]}',
    });
    await apply(state(shop));
    expect(changesOf(await plan(state(shop)))).toEqual([]);
  });
});

describe('projects nobody declared', () => {
  beforeAll(async () => {
    others = await addOrganisation(database.sql, 'umbrella');
  });
  const rows = async () => [
    ...(await database.sql`
      select p, (select jsonb_agg(h order by h.name) from ops.branches h where h.project_id = p.id) as branches
      from ops.projects p where p.id = ${others.projectId}`),
  ];

  it('are shown as unmanaged, and pruning leaves them alone', async () => {
    const before = await rows();
    const looked = await plan(state(shop), { prune: true });
    expect(looked.unmanaged).toMatchObject([{ kind: 'project', name: 'umbrella/app' }]);
    expect(changesOf(looked)).toEqual([]);
    await apply(state(project('acme/shop', { description: 'Sells' })), { prune: true });
    await apply(state(shop), { prune: true });
    expect(await rows()).toEqual(before);
  });

  it('are adopted when a file declares them, with the old side shown', async () => {
    const wanted = project('umbrella/app', { repository: 'umbrella/app' });
    const [change] = changesOf(await plan(state(shop, wanted)));
    expect(change).toMatchObject({
      name: 'umbrella/app',
      action: 'adopt',
      before: { title: 'Project of umbrella', repository: 'https://github.com/umbrella/app' },
    });
    expect(change?.risks.map(({ code }) => code)).toContain('archives-branch');
    await apply(state(shop, wanted));
    const [row] = await database.sql`select id from ops.projects where slug = 'app'`;
    expect(row).toEqual({ id: others.projectId });
    expect(changesOf(await plan(state(shop, wanted)))).toEqual([]);
  });
});

describe('a project no file declares any more', () => {
  it('stays until it is pruned, and pruning archives it: builds that wait are cancelled, history stays', async () => {
    const { id: build } = await addBuild(database.sql, others.production);
    const kept = await plan(state(shop));
    expect(changesOf(kept)).toEqual([]);
    expect(kept.orphaned).toMatchObject([{ kind: 'project', name: 'umbrella/app' }]);

    const [change] = changesOf(await plan(state(shop), { prune: true }));
    expect(change).toMatchObject({ action: 'delete', risks: [{ code: 'archives-project' }] });
    expect(await apply(state(shop), { prune: true })).toMatchObject({ reason: 'applied' });

    expect(
      await database.sql`
        select p.archived_at is not null as archived, b.status
        from ops.projects p join ops.builds b on b.project_id = p.id where b.id = ${build}`,
    ).toEqual([{ archived: true, status: 'cancelled' }]);
    expect(await database.sql`select name from ops.managed_objects where kind = 'project'`).toEqual([
      { name: 'acme/shop' },
    ]);
    expect((await database.sql`select slug from ops.list_projects()`).map(({ slug }) => slug)).toEqual([
      'shop',
    ]);
    await expect(database.sql`select ops.trigger_build('umbrella/app', 'main')`).rejects.toThrow(
      /there is no project/,
    );
  });

  it('is archived without being asked where the environment prunes projects', async () => {
    const pruning = { environment: environment({ prune: ['project'] }) };
    await apply(state(shop, project('acme/site')));
    expect(changesOf(await plan({ ...state(shop), ...pruning }))).toMatchObject([
      { name: 'acme/site', action: 'delete' },
    ]);
    await apply({ ...state(shop), ...pruning });
  });

  it('is not archived when it is the last one, unless somebody consents', async () => {
    expect(await apply(state(), { prune: true })).toMatchObject({ reason: 'deletion_guard' });
    const pruning = { ...state(), environment: environment({ prune: ['project'] }) };
    expect((await plan(pruning)).blockers).toMatchObject([{ code: 'deletion-guard' }]);
    expect(await computeDrift({ sql: database.sql, desired: pruning, env: {} })).toMatchObject({
      changes: [],
      blockers: [],
    });
    expect(changesOf(await plan(state(shop)))).toEqual([]);
  });

  it('comes back as the same project when its file does', async () => {
    const wanted = project('umbrella/app', { repository: 'umbrella/app' });
    await apply(state(shop, wanted));
    expect(await database.sql`select archived_at from ops.projects where id = ${others.projectId}`).toEqual([
      { archived_at: null },
    ]);
  });
});

it('any number of projects takes the same number of statements, made and archived', async () => {
  const counted = async (count: number): Promise<number> => {
    const sql = connect({ url: database.url, applicationName: 'opsroom', max: 1 });
    let statements = 0;
    sql.options.debug = () => {
      statements += 1;
    };
    const projects = Array.from({ length: count }, (_, index) => project(`many/p${count}-${index}`));
    const result = await apply(state(...projects), { sql, prune: true, allowDeletes: 1000 });
    await sql.end();
    expect(result).toMatchObject({ reason: 'applied', plan: { counts: { create: count } } });
    return statements;
  };
  await counted(1);
  const few = await counted(3);
  expect(few).toBeGreaterThan(5);
  expect([await counted(200), await counted(201)]).toEqual([few, few]);
});
