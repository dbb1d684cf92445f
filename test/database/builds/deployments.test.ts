import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addBuild, addOrganisation, asMember, type Organisation } from './people.ts';

let database: TestDatabase;
let org: Organisation;
let other: Organisation;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  org = await addOrganisation(database.sql, 'acme');
  other = await addOrganisation(database.sql, 'other');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.superuser`truncate ops.deployments, ops.builds, ops.queued_jobs, ops.job_leases cascade`;
});

interface Run {
  readonly build: string;
  readonly attempt: number;
  readonly token: string;
}

let lastRun = 100;

/** A run that has the lease of a new build. */
async function startedRun(branch = org.production, commit = 'a'.repeat(40)): Promise<Run> {
  const { sql } = database;
  const { id } = await addBuild(sql, branch);
  await database.superuser`update ops.builds set commit_sha = ${commit} where id = ${id}`;
  lastRun += 1;
  const [row] = await sql`
    select attempt, lease_token::text as token from ops.record_build_start(${id}, ${JSON.stringify({ run_id: lastRun, run_attempt: 1 })}::text::jsonb, 'runner')`;
  return { build: id, attempt: Number(row?.attempt), token: String(row?.token) };
}

async function deploy(
  run: Run,
  environment: string,
  state: string,
  url: string | null = null,
): Promise<string> {
  const [row] = await database.sql`
    select outcome from ops.record_build_deployment(${run.build}, ${run.attempt}, ${run.token}, ${environment}, ${state}, ${url})`;
  return String(row?.outcome);
}

const end = (run: Run, status: string) =>
  database.sql`select ops.set_build_status(${run.build}, ${status}, ${run.token}, ${run.attempt})`;
const deployments = () => database.sql`
  select build_id, environment, state, environment_url as url from ops.deployments order by id`;
const words = async (run: Run) => {
  const rows = await database.sql`
    select level || ' ' || message as words from ops.build_events where build_id = ${run.build} and kind = 'deployment' order by seq`;
  return rows.map((row) => String(row.words));
};

describe('a deployment', () => {
  it('is told as it goes, in the log, and where it can be seen', async () => {
    const run = await startedRun();
    await deploy(run, 'staging', 'in_progress');
    await deploy(run, 'staging', 'success', 'https://staging.example.test');
    await deploy(run, 'production', 'in_progress');
    await deploy(run, 'production', 'success', 'https://example.test');

    expect(await deployments()).toEqual([
      { build_id: run.build, environment: 'staging', state: 'success', url: 'https://staging.example.test' },
      { build_id: run.build, environment: 'production', state: 'success', url: 'https://example.test' },
    ]);
    expect(await words(run)).toEqual([
      'info deploying to staging',
      'info deployed to staging: https://staging.example.test',
      'info deploying to production',
      'info deployed to production: https://example.test',
    ]);
    expect(await database.sql`select environment_url from ops.builds`).toEqual([
      { environment_url: 'https://example.test' },
    ]);
  });

  it('said again changes nothing, also when a newer one has taken its place', async () => {
    const old = await startedRun();
    await deploy(old, 'production', 'success', 'https://example.test');
    await end(old, 'succeeded');
    const fresh = await startedRun();
    for (const state of ['in_progress', 'success', 'success', 'in_progress', 'failure']) {
      expect(await deploy(fresh, 'production', state)).toBe('stored');
    }
    expect(await deploy(old, 'production', 'success')).toBe('stored');

    expect((await deployments()).map(({ state }) => state)).toEqual(['inactive', 'success']);
    expect(await words(fresh)).toEqual(['info deploying to production', 'info deployed to production']);
  });

  it('of one environment leaves those of others, and of other projects, in their place', async () => {
    const ours = await startedRun(org.staging);
    await deploy(ours, 'staging', 'success');
    const theirs = await startedRun(other.production);
    await deploy(theirs, 'production', 'success');
    const next = await startedRun(org.production);
    await deploy(next, 'production', 'success');

    expect((await deployments()).map(({ state }) => state)).toEqual(['success', 'success', 'success']);
  });

  it.each([
    ['failed', 'failure', 'error the deployment to staging failed'],
    ['cancelled', 'error', 'warning the deployment to staging was not finished'],
    ['succeeded', 'success', 'info deployed to staging'],
  ])('its job did not end ends as its build, which %s', async (status, state, said) => {
    const run = await startedRun();
    await deploy(run, 'staging', 'in_progress');
    await end(run, status);

    expect((await deployments()).map((row) => row.state)).toEqual([state]);
    expect((await words(run)).at(-1)).toBe(said);
  });

  it('that was not finished when its run vanished is over, and the next attempt has its own', async () => {
    const run = await startedRun();
    await deploy(run, 'staging', 'in_progress');
    await database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    await database.sql`select ops.settle_silent_build(${run.build}, ${run.attempt}, 'gone')`;

    expect((await deployments()).map((row) => row.state)).toEqual(['error']);
    const [again] = await database.sql`
      select attempt, lease_token::text as token from ops.record_build_start(${run.build}, '{"run_id": 99, "run_attempt": 1}', 'runner')`;
    await deploy(
      { build: run.build, attempt: Number(again?.attempt), token: String(again?.token) },
      'staging',
      'success',
    );
    expect((await deployments()).map((row) => row.state)).toEqual(['error', 'success']);
  });

  it('two that end at once leave exactly one in its place', async () => {
    const runs = [];
    for (let at = 0; at < 6; at += 1)
      runs.push(await startedRun(at % 2 === 0 ? org.production : org.staging));
    await Promise.all(runs.map((run) => deploy(run, 'production', 'success')));

    expect((await deployments()).map(({ state }) => state).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'inactive'),
      'success',
    ]);
  });

  it.each([
    ['an old lease', { token: '1' }],
    ['another attempt', { attempt: 2 }],
  ])('of a writer with %s is not written', async (_what, change) => {
    const run = await startedRun();
    expect(await deploy({ ...run, ...change }, 'production', 'success')).toBe('stale');
    await database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    expect(await deploy(run, 'production', 'success')).toBe('stale');
    expect(await deployments()).toEqual([]);
  });

  it.each([
    ['a state GitHub has no word for', 'done', null],
    ['an address that is none', 'success', 'javascript:alert(1)'],
  ])('with %s is refused', async (_what, state, url) => {
    const run = await startedRun();
    await expect(deploy(run, 'production', state, url)).rejects.toMatchObject({ code: '22023' });
  });

  it('told late is put right, and takes no place from one that began after it', async () => {
    const silent = await startedRun();
    await deploy(silent, 'production', 'in_progress');
    await end(silent, 'failed');
    const replay = (run: Run) => database.sql`
      select state from ops.replay_build_deployment(${run.build}, ${run.attempt}, 'production', 'success', 'https://example.test')`;
    expect(await replay(silent)).toEqual([{ state: 'success' }]);
    expect((await deployments()).map(({ state }) => state)).toEqual(['success']);

    await database.superuser`update ops.deployments set state = 'failure'`;
    const fresh = await startedRun();
    await deploy(fresh, 'production', 'success');
    expect(await replay(silent)).toEqual([{ state: 'inactive' }]);
    expect((await deployments()).map(({ state }) => state)).toEqual(['inactive', 'success']);
  });

  it('is replayed for the current attempt only', async () => {
    const run = await startedRun();
    const replay = (attempt: number) => database.sql`
      select outcome from ops.replay_build_deployment(${run.build}, ${attempt}, 'staging', 'success')`;
    expect([...(await replay(2)), ...(await replay(1))]).toEqual([
      { outcome: 'stale' },
      { outcome: 'stored' },
    ]);
  });
});

describe('the list of deployments', () => {
  it('is paged, newest first, of one environment or of all, and only for members', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      const run = await startedRun();
      await deploy(run, 'staging', 'success');
      await deploy(run, 'production', 'success');
      ids.push(run.build);
      await end(run, 'succeeded');
    }
    const list = (member: string, environment: string | null, before: string | null) =>
      asMember(
        database,
        member,
        (sql) => sql<{ id: string; build_id: string; state: string }[]>`
        select id, build_id, state from ops.project_deployments(${org.projectId}, ${environment}, ${before}, 2)`,
      );
    const first = await list(org.memberId, 'production', null);
    const second = await list(org.memberId, 'production', first.at(-1)?.id ?? null);

    expect([...first, ...second].map(({ build_id }) => build_id)).toEqual(ids.toReversed());
    expect(first.map(({ state }) => state)).toEqual(['success', 'inactive']);
    expect(await list(org.memberId, null, null)).toHaveLength(2);
    expect(await list(other.memberId, 'production', null)).toEqual([]);
  });
});
