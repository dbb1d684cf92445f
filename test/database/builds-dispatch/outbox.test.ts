import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, type Organisation } from '../builds/people.ts';

let database: TestDatabase;
let service: Sql;
let org: Organisation;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  service = database.as('service_role');
  org = await addOrganisation(database.sql, 'acme');
  await database.superuser`
    update ops.projects set dispatch = true, repo_url = 'https://github.com/acme/app.git', workflow = 'build.yml'`;
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.superuser`delete from ops.builds`;
  await database.superuser`delete from ops.queued_jobs`;
  await database.superuser`delete from ops.job_leases`;
  await database.superuser`delete from ops.alerts`;
});

interface Order {
  readonly build_id: string;
  readonly attempt: number;
  readonly claim_token: string;
  readonly action: 'send' | 'find';
  readonly repository: string;
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Record<string, string>;
}

const claim = async (limit = 10): Promise<Order[]> => [
  ...(await service<Order[]>`select * from ops.claim_build_dispatches('test', ${limit})`),
];
const settle = async (
  order: Order,
  state: string,
  runId: number | null = null,
  error: string | null = null,
): Promise<boolean> => {
  const [row] = await service<{ ok: boolean }[]>`
    select ops.settle_build_dispatch(${order.build_id}, ${order.attempt}, ${order.claim_token}, ${state}, ${runId}, null, ${error}) as ok`;
  return row?.ok ?? false;
};
const start = async (build: string, run: number, attempt = 1) => [
  ...(await service<{ attempt: number; lease_token: string }[]>`
    select attempt, lease_token from ops.start_build_run(${build}, ${run}, ${attempt}, 'runner')`),
];
const statusOf = async (
  build: string,
): Promise<{ status: string; attempt: number; github_run_id: string | null }> => {
  const [row] = await database.sql<{ status: string; attempt: number; github_run_id: string | null }[]>`
    select status, attempt, github_run_id from ops.builds where id = ${build}`;
  if (row === undefined) throw new Error('no such build');
  return { ...row };
};
const age = (minutes: number) => database.superuser`
  update ops.build_dispatches
  set next_at = next_at - make_interval(mins => ${minutes}), posted_at = posted_at - make_interval(mins => ${minutes}),
      created_at = created_at - make_interval(mins => ${minutes})`;
const silence = () =>
  database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
async function one(): Promise<Order> {
  const [order] = await claim();
  if (order === undefined) throw new Error('nothing to dispatch');
  return order;
}

describe('the outbox', () => {
  it('orders a run once, with everything GitHub needs, and one a branch', async () => {
    const { id: build } = await addBuild(database.sql, org.production);
    await addBuild(database.sql, org.production);
    const orders = await claim();
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({
      build_id: build,
      attempt: 1,
      action: 'send',
      repository: 'acme/app',
      workflow: 'build.yml',
      inputs: { ops_build_id: build, ops_build_attempt: '1' },
    });
    expect(await claim()).toEqual([]);
    expect(await statusOf(build)).toMatchObject({ status: 'dispatched', attempt: 1 });
  });

  it('two dispatchers never take the same order', async () => {
    await addBuild(database.sql, org.production);
    await addBuild(database.sql, org.staging);
    const both = await Promise.all([claim(1), claim(1), claim(1)]);
    const ids = both.flat().map(({ build_id }) => build_id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('knows the run, then gives the lease to it and to no other', async () => {
    const { id: build } = await addBuild(database.sql, org.production);
    const order = await one();
    expect(await settle(order, 'sent', 77)).toBe(true);
    expect(await settle(order, 'sent', 78)).toBe(false);
    expect(await start(build, 78)).toEqual([]);
    const [lease] = await start(build, 77);
    expect(lease).toMatchObject({ attempt: 1 });
    expect(await start(build, 77)).toEqual([lease]);
    expect(await statusOf(build)).toEqual({ status: 'running', attempt: 1, github_run_id: '77' });
    const [beat] =
      await service`select verdict from ops.heartbeat_build(${build}, ${lease?.lease_token ?? 0})`;
    expect(beat).toEqual({ verdict: 'held' });
  });

  it('a lost answer is looked for, and the run that shows up by itself settles it', async () => {
    const { id: build } = await addBuild(database.sql, org.production);
    const order = await one();
    await settle(order, 'unknown', null, 'socket hang up');
    expect(await claim()).toEqual([]);
    await age(3);
    expect(await one()).toMatchObject({ build_id: build, attempt: 1, action: 'find' });
    expect(await start(build, 91)).toHaveLength(1);
    await age(10);
    expect(await claim()).toEqual([]);
    expect(await statusOf(build)).toEqual({ status: 'running', attempt: 1, github_run_id: '91' });
  });

  it('is told again only after a look found nothing, as the same attempt; an outdated claim settles nothing', async () => {
    const { id: build } = await addBuild(database.sql, org.production);
    const first = await one();
    await age(3);
    const look = await one();
    expect(look).toMatchObject({ action: 'find' });
    expect(await settle(first, 'sent', 5)).toBe(false);
    expect(await settle(look, 'unsent')).toBe(true);
    await age(3);
    expect(await one()).toMatchObject({ build_id: build, attempt: 1, action: 'send' });
  });

  it('a refusal fails the build with an alert; a silence of ten minutes raises one that goes when the run is known', async () => {
    const { id: refused } = await addBuild(database.sql, org.production);
    await settle(await one(), 'refused', null, 'Unexpected inputs provided: ["colour"]');
    expect(await statusOf(refused)).toMatchObject({ status: 'failed' });
    const { id: unknown } = await addBuild(database.sql, org.production);
    await settle(await one(), 'unknown');
    await age(11);
    const look = await one();
    await settle(look, 'unknown', null, 'still no answer');
    const keys = () => database.sql`select dedupe_key from ops.alerts where resolved_at is null order by 1`;
    expect((await keys()).map((row) => row.dedupe_key).sort()).toEqual(
      [`build_dispatch:${refused}`, `build_dispatch:${unknown}`].sort(),
    );
    await start(unknown, 12);
    expect((await keys()).map((row) => row.dedupe_key)).toEqual([`build_dispatch:${refused}`]);
  });
});

describe('runs nobody ordered', () => {
  it('have one build each, however often they ask', async () => {
    const open = async (run: number, branch = 'main', repository = 'ACME/app') => [
      ...(await service<{ build_id: string }[]>`
        select build_id from ops.open_build(null, ${branch}, 'push', ${run}, 1, ${repository}, ${'a'.repeat(40)})`),
    ];
    const branch = (await database.sql`select name from ops.branches where id = ${org.production}`)[0]?.name;
    const [first, second] = await Promise.all([open(500, branch), open(500, branch)]);
    expect(first).toEqual(second);
    const build = first[0]?.build_id ?? '';
    expect(await start(build, 500)).toHaveLength(1);
    expect(await statusOf(build)).toEqual({ status: 'running', attempt: 1, github_run_id: '500' });
    await expect(open(501, 'nowhere')).rejects.toThrow('no project builds');
    await expect(open(502, branch, 'evil/app')).rejects.toThrow('no project builds');
    const [lease] = await start(build, 500);
    await service`select ops.set_build_status(${build}, 'succeeded', ${lease?.lease_token ?? 0}, 1)`;
    expect(await statusOf(build)).toMatchObject({ status: 'succeeded' });
  });
});

describe('silence', () => {
  async function silent(): Promise<{ build: string; token: string }> {
    const { id: build } = await addBuild(database.sql, org.production);
    await settle(await one(), 'sent', 40);
    const [lease] = await start(build, 40);
    await silence();
    return { build, token: lease?.lease_token ?? '' };
  }
  const truth = async (build: string, attempt: number, said: string) => {
    const [row] =
      await service`select ops.settle_silent_build(${build}, ${attempt}, ${said}, 'GitHub says so') as now`;
    return row?.now;
  };
  const silentIds = async () =>
    (await service`select build_id from ops.silent_builds()`).map(({ build_id }) => build_id);

  it('is asked about; a run that lives goes on writing under its lease', async () => {
    const { build, token } = await silent();
    expect(await silentIds()).toEqual([build]);
    expect((await service`select verdict from ops.heartbeat_build(${build}, ${token})`)[0]).toEqual({
      verdict: 'lost',
    });
    expect(await truth(build, 1, 'alive')).toBe('alive');
    expect(await silentIds()).toEqual([]);
    expect((await service`select verdict from ops.heartbeat_build(${build}, ${token})`)[0]).toEqual({
      verdict: 'held',
    });
    expect(await truth(build, 1, 'failed')).toBe('spoke');
  });

  it.each(['succeeded', 'failed', 'cancelled'])('ends in what GitHub concluded: %s', async (said) => {
    const { build } = await silent();
    expect(await truth(build, 2, said)).toBe('stale');
    expect(await truth(build, 1, said)).toBe(said);
    expect(await statusOf(build)).toMatchObject({ status: said });
    // The branch is free again.
    const { id: next } = await addBuild(database.sql, org.production);
    expect(await claim()).toMatchObject([{ build_id: next }]);
  });

  it('of a run that is gone begins a new attempt, whose writer alone counts, and is lost with an alert after three', async () => {
    const { build, token } = await silent();
    for (const attempt of [1, 2]) {
      expect(await truth(build, attempt, 'gone')).toBe('queued');
      const order = await one();
      expect(order).toMatchObject({ build_id: build, attempt: attempt + 1, action: 'send' });
      await settle(order, 'sent', 40 + attempt);
      expect(await start(build, 40)).toEqual([]);
      expect(await start(build, 40 + attempt)).toHaveLength(1);
      await silence();
    }
    const stale = await service`
      select outcome, inserted from ops.append_build_events(${build}, 1, 1, 'late', ${token})`;
    expect({ ...stale[0] }).toEqual({ outcome: 'stale', inserted: 0 });
    expect(await truth(build, 3, 'gone')).toBe('lost');
    expect(await statusOf(build)).toMatchObject({ status: 'lost', attempt: 3 });
    expect(
      await database.sql`select from ops.alerts where dedupe_key = ${`build_lost:${build}`}`,
    ).toHaveLength(1);
  });
});

describe('rollback', () => {
  it('builds the last verified commit again', async () => {
    const finish = async (sha: string, status: string): Promise<void> => {
      const [made] = await service<{ build_id: string }[]>`
        select build_id from ops.create_build(${org.production}, 'push', p_commit_sha => ${sha})`;
      await settle(await one(), 'sent', Number(Math.random().toString().slice(2, 12)));
      await service`select ops.set_build_status(${made?.build_id ?? ''}, 'running')`;
      await service`select ops.set_build_status(${made?.build_id ?? ''}, ${status})`;
    };
    const [row] =
      await database.sql`select slug from ops.projects p join ops.branches h on h.project_id = p.id where h.id = ${org.production}`;
    const back = () =>
      service`select commit_sha, replaces from ops.rollback_build(${row?.slug}, null, 'alice')`;
    await expect(back()).rejects.toThrow('no verified commit');
    await finish('1'.repeat(40), 'succeeded');
    await finish('2'.repeat(40), 'succeeded');
    await finish('3'.repeat(40), 'failed');
    expect({ ...(await back())[0] }).toEqual({ commit_sha: '2'.repeat(40), replaces: '3'.repeat(40) });
    const [order] = await claim();
    expect(order?.inputs).toMatchObject({ ops_commit: '2'.repeat(40) });
  });
});
