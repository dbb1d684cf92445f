import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { alertBlock } from '../../actions/_shared/alerts/issue-marker.ts';
import { addOrganisation, type Organisation } from '../database/builds/people.ts';
import { logOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';

const BUILD = `name: build
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true }
      ops_build_attempt: { type: string, default: '1' }
      ops_commit: { type: string, default: '' }
permissions: {}
jobs:
  deploy:
    runs-on: ubuntu-24.04
    environment: shop
    steps:
      - run: echo "deployed \${{ inputs.ops_commit }}"
`;
const GOOD = '1'.repeat(40);
const BAD = '2'.repeat(40);

let world: WorkflowWorld;
let org: Organisation;
let issue: number;
const repository = () => `${world.github.store.owner}/${world.github.store.repo}`;

beforeAll(async () => {
  world = await startWorkflowWorld({
    file: import.meta.url,
    files: { '.github/workflows/build-it.yml': BUILD },
    environments: { shop: { reviewers: [{ user: 'alice' }] } },
  });
  org = await addOrganisation(world.database.sql, 'acme');
  await world.database.superuser`
    update ops.projects set dispatch = true, workflow = 'build-it.yml', repo_url = ${`https://github.com/${repository()}`}`;
  for (const [sha, status, run] of [
    [GOOD, 'succeeded', 11],
    [BAD, 'failed', 12],
  ] as const) {
    const [made] = await world.database.sql`
      select build_id from ops.create_build(${org.production}, 'push', p_commit_sha => ${sha})`;
    await world.database.sql`select ops.start_build_run(${made?.build_id}, ${run}, 1, 'runner')`;
    await world.database.sql`select ops.set_build_status(${made?.build_id}, ${status})`;
  }
  issue = await alertIssue();
}, 120_000);
afterAll(() => world.stop());

/** An alert of the shop, shown by an issue as the health workflow leaves it. */
async function alertIssue(): Promise<number> {
  const key = 'alert:check:errors:shop';
  await world.database
    .sql`select ops.raise_alert('errors', 'check:errors:shop', 'critical', 'The shop has errors')`;
  const token = world.github.issueToken({ permissions: { issues: 'write' }, kind: 'workflow' });
  const answer = await fetch(`${world.github.apiUrl}/repos/${repository()}/issues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      title: 'The shop has errors',
      body: alertBlock({ environment: 'staging', key, id: crypto.randomUUID() }, 'errors'),
      labels: ['ops-alert', 'env:staging'],
    }),
  });
  const { number } = z.object({ number: z.number() }).parse(await answer.json());
  await world.database.superuser`
    insert into ops.alert_issues (repository, kind, key, number, state, opened_at)
    values (${repository()}, 'alert', ${key}, ${number}, 'open', now())`;
  await world.database.superuser`
    update ops.alerts set issue_repository = ${repository()}, issue_number = ${number},
      issue_id = (select id from ops.alert_issues where number = ${number})`;
  return number;
}

const rollbacks = async () =>
  (
    await world.database.sql`
      select id, status, actor, commit_sha, error from ops.builds where trigger = 'rollback' order by id`
  ).map((row) => ({ ...row }));
const answers = () =>
  [...world.github.store.comments.values()].filter(({ body }) => body.startsWith('<!-- opsroom:answer'));

it('/rollback of somebody who may only read, or further down in a comment, does nothing', async () => {
  await world.after(() => world.mallory.comment(issue, '/rollback'));
  await world.after(() => world.bob.comment(issue, 'what about\n/rollback'));
  expect(await rollbacks()).toEqual([]);
  expect(answers()).toEqual([]);
}, 60_000);

it('/rollback builds the last verified commit, whose run waits for its approval and ends as it does', async () => {
  const [triage] = await world.after(() => world.bob.comment(issue, '/rollback app'));
  expect(triage?.conclusion, logOf(triage)).toBe('success');
  expect(answers().map(({ body }) => body)).toEqual([
    expect.stringContaining('Going back to `111111111111`'),
  ]);
  const [back] = await rollbacks();
  expect(back).toMatchObject({ status: 'queued', actor: 'github:bob', commit_sha: GOOD });

  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  const run = [...world.github.store.runs.values()].find(({ displayTitle }) =>
    displayTitle.includes(String(back?.id)),
  );
  expect(run?.attempts.at(-1)?.status).toBe('waiting');
  const silence = () =>
    world.database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
  await silence();
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  expect(await rollbacks()).toMatchObject([{ status: 'dispatched' }]);
  const said = await world.database.sql`
    select message from ops.build_events where build_id = ${back?.id} and kind = 'github'`;
  expect(said.map(({ message }) => message)).toEqual([expect.stringContaining('waits for approval')]);

  await world.after(() => world.alice.approve(run?.id ?? 0));
  await silence();
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  expect(await rollbacks()).toMatchObject([{ status: 'succeeded', commit_sha: GOOD }]);
  expect(world.github.violations).toEqual([]);
}, 180_000);

it('a deployment that somebody rejects is a build that failed, with who and why', async () => {
  await world.database.sql`select ops.create_build(${org.production}, 'manual')`;
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  const run = [...world.github.store.runs.values()].findLast(({ name }) => name === 'build');
  await world.after(() => world.alice.reject(run?.id ?? 0, { comment: 'not on a Friday' }));
  await world.database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
  await world.dispatch('dispatch-builds.yml', { environment: 'staging' });
  const [build] = await world.database.sql`select status, error from ops.builds order by id desc limit 1`;
  expect({ ...build }).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('alice rejected the deployment to shop'),
  });
  expect(build?.error).toContain('not on a Friday');
}, 120_000);
