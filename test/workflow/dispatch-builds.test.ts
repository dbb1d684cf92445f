import { afterAll, beforeAll, expect, it } from 'vitest';
import { addBuild, addOrganisation, type Organisation } from '../database/builds/people.ts';
import { logOf, recordOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';

/** What a user's own workflow needs to be dispatched: three inputs and their build in its name. */
const BUILD = `name: build
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true, description: build }
      ops_build_attempt: { type: string, default: '1', description: attempt }
      ops_commit: { type: string, default: '', description: commit }
permissions: {}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: echo built
`;

/** What turns a push into a build: these lines in a repository that has its runbooks. */
const ON_PUSH = `name: on-push
on: push
permissions: {}
jobs:
  build:
    runs-on: ubuntu-24.04
    environment: staging-watch
    permissions: { contents: read, actions: write }
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: { persist-credentials: false }
      - id: dispatch
        uses: $/actions/dispatch-builds
        with: { environment: staging, push-project: app }
        env: { OPS_STAGING_DATABASE_URL: "\${{ secrets.OPS_STAGING_DATABASE_URL }}" }
      - run: echo "build is \${{ steps.dispatch.outputs.build-id }}"
`;

let world: WorkflowWorld;
let org: Organisation;

beforeAll(async () => {
  world = await startWorkflowWorld({
    file: import.meta.url,
    files: { '.github/workflows/build-it.yml': BUILD },
  });
  org = await addOrganisation(world.database.sql, 'acme');
  const { owner, repo } = world.github.store;
  await world.database.superuser`
    update ops.projects set dispatch = true, workflow = 'build-it.yml', repo_url = ${`https://github.com/${owner}/${repo}`}`;
}, 120_000);
afterAll(() => world.stop());

const builds = async () =>
  (
    await world.database
      .sql`select id, status, attempt, github_run_id::int as run, error from ops.builds order by id`
  ).map((row) => ({ ...row }));
const forget = async () => {
  await world.database.superuser`delete from ops.builds`;
  await world.database.superuser`delete from ops.queued_jobs`;
  await world.database.superuser`delete from ops.job_leases`;
};
const runsOf = (build: string) =>
  [...world.github.store.runs.values()].filter(({ displayTitle }) => displayTitle.includes(build));

it('a waiting build becomes one run that carries its id, by the real dispatch-builds.yml', async () => {
  const { id } = await addBuild(world.database.sql, org.production);

  const run = await world.dispatch('dispatch-builds.yml', { environment: 'staging' });

  expect(run?.conclusion, logOf(run)).toBe('success');
  expect(runsOf(id)).toHaveLength(1);
  expect(await builds()).toEqual([
    { id, status: 'dispatched', attempt: 1, run: runsOf(id)[0]?.id, error: null },
  ]);
  expect(world.github.violations).toEqual([]);
}, 120_000);

it('an answer that got lost is no second run: the one there is found by its name', async () => {
  await forget();
  const { id } = await addBuild(world.database.sql, org.production);
  world.github.fail({ operation: 'actions/create-workflow-dispatch', kind: 'lost_answer', times: 1 });

  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  expect(await builds()).toMatchObject([{ status: 'dispatched', run: null }]);
  await world.database.superuser`update ops.build_dispatches set next_at = now()`;
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });

  expect(runsOf(id)).toHaveLength(1);
  expect(await builds()).toMatchObject([{ status: 'dispatched', run: runsOf(id)[0]?.id }]);
}, 120_000);

it('a run that ended without a word settles its build by what GitHub concluded', async () => {
  await world.database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  expect(await builds()).toMatchObject([{ status: 'succeeded' }]);
}, 120_000);

it('what GitHub refuses fails with its words', async () => {
  await world.database
    .superuser`update ops.branches set inputs = '{"colour": "red"}' where id = ${org.development}`;
  const { id } = await addBuild(world.database.sql, org.development);
  const run = await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  expect((await builds()).find((build) => build.id === id)).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/colour|inputs|ref/i),
  });
  expect(run?.conclusion, logOf(run)).toBe('success');
}, 120_000);

it('a run that was started twice is one build: the other run is cancelled', async () => {
  await forget();
  const { id } = await addBuild(world.database.sql, org.production);
  world.github.fail({ operation: 'actions/create-workflow-dispatch', kind: 'lost_answer', times: 1 });
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  await world.dispatch('build-it.yml', { ops_build_id: id, ops_build_attempt: '1' });
  expect(runsOf(id)).toHaveLength(2);
  await world.database.superuser`update ops.build_dispatches set next_at = now()`;
  const run = await world.dispatch('dispatch-builds.yml', { environment: 'staging' });

  expect(run?.conclusion, logOf(run)).toBe('success');
  expect(await builds()).toMatchObject([{ id, run: runsOf(id)[0]?.id }]);
  expect(recordOf(run).counts).toMatchObject({ sent: 1, stopped: 1 });
}, 120_000);

it('a push becomes a build once, however often its workflow runs, and one of another branch none', async () => {
  await forget();
  world.change({ '.github/workflows/on-push.yml': ON_PUSH });
  const pushed = await world.merge({ 'src/shop.txt': 'new' });
  const run = pushed.find(({ name }) => name === 'on-push');
  expect(run?.conclusion, logOf(run)).toBe('success');

  const [build] = await world.database.sql`
    select id, branch_id, trigger, actor, commit_sha, status from ops.builds`;
  const sha = world.github.store.branches.get('main');
  expect({ ...build }).toMatchObject({
    branch_id: org.production,
    trigger: 'push',
    actor: 'alice',
    commit_sha: sha,
    status: 'dispatched',
  });
  expect(runsOf(build?.id)).toHaveLength(1);
  expect(logOf(run)).toContain(`build is ${build?.id}`);

  const again = await world.after(() => world.alice.rerun(run?.id ?? 0));
  expect(again[0]?.conclusion, logOf(again[0])).toBe('success');
  const elsewhere = await world.after(() =>
    world.alice.push({ branch: 'idea', files: { '.github/workflows/on-push.yml': ON_PUSH, 'src/a': '1' } }),
  );
  const [other] = elsewhere.filter(({ name }) => name === 'on-push');
  expect(other?.conclusion, logOf(other)).toBe('success');
  expect(await builds()).toHaveLength(1);
  expect(runsOf(build?.id)).toHaveLength(1);
  expect(world.github.violations).toEqual([]);
}, 180_000);
