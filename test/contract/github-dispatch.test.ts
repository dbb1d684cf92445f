import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitHubStandIn } from '../../local/github/server.ts';
import { repository as at, BUILD, startRepository, statusOf, workflowClient } from './github/fixture.ts';

let github: GitHubStandIn;
const build = { ...at, workflow_id: 'build.yml' };

beforeAll(async () => {
  github = await startRepository();
  github.as('alice').push({
    branch: 'old',
    files: { '.github/workflows/build.yml': BUILD.replace('ops_build_id:', 'number:') },
  });
  github.as('alice').push({
    files: {
      '.github/workflows/push-only.yml': 'on: push\njobs: {}\n',
      '.github/workflows/broken.yml': 'on: [push\n',
    },
  });
});

afterAll(() => github.stop());

const actions = () => workflowClient(github, { actions: 'write' }).actions;

describe('workflow_dispatch', () => {
  it.each<[string, object, string]>([
    ['an unknown ref', { ref: 'nowhere' }, 'No ref found for: nowhere'],
    [
      'an input nobody declared',
      { inputs: { ops_build_id: '1', more: 'x' } },
      'Unexpected inputs provided: ["more"]',
    ],
    ['a missing input', { inputs: {} }, "Required input 'ops_build_id' not provided"],
    [
      'an empty required input',
      { inputs: { ops_build_id: '' } },
      "Required input 'ops_build_id' not provided",
    ],
    [
      'a choice that is none',
      { inputs: { ops_build_id: '1', target: 'moon' } },
      "Provided value 'moon' for input 'target' not in the list of allowed values",
    ],
    [
      'a boolean that is none',
      { inputs: { ops_build_id: '1', dry: 'yes' } },
      "Provided value 'yes' for input 'dry' not in the list",
    ],
    ['a number that is none', { inputs: { ops_build_id: '1', count: 'many' } }, 'not a valid number'],
    [
      'an environment that is none',
      { inputs: { ops_build_id: '1', environment: 'moon' } },
      'not in the list',
    ],
    [
      'more than 25 inputs',
      { inputs: Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`i${index}`, 'x'])) },
      'No more than 25 properties are permitted; 26 were supplied.',
    ],
    [
      'a workflow without the trigger',
      { workflow_id: 'push-only.yml' },
      "does not have 'workflow_dispatch' trigger",
    ],
    ['a workflow that is none', { workflow_id: 'broken.yml' }, 'failed to parse workflow'],
    [
      'an input another branch has',
      { ref: 'old', inputs: { ops_build_id: '1' } },
      'Unexpected inputs provided',
    ],
  ])('refuses %s with 422', async (_, change, words) => {
    const before = github.runs.all().length;
    const call = actions().createWorkflowDispatch({ ...build, ref: 'main', ...change });

    await expect(call).rejects.toMatchObject({ status: 422, message: expect.stringContaining(words) });
    expect(github.runs.all()).toHaveLength(before);
    github.violations.splice(0);
  });

  it('refuses a workflow nobody knows and one that is switched off', async () => {
    const dispatch = (workflow_id: string) =>
      statusOf(
        actions().createWorkflowDispatch({ ...at, workflow_id, ref: 'main', inputs: { ops_build_id: '1' } }),
      );

    expect(await dispatch('none.yml')).toBe(404);
    for (const state of ['disabled_manually', 'disabled_inactivity'] as const) {
      github.settle({ workflows: { 'build.yml': state } });
      expect(await dispatch('build.yml')).toBe(422);
    }
    expect(await statusOf(actions().enableWorkflow(build))).toBe(204);
    expect(await dispatch('build.yml')).toBe(204);
  });

  it('answers with the ids of the run when asked to, else with nothing', async () => {
    const inputs = { ops_build_id: '4711' };
    const quiet = await actions().createWorkflowDispatch({ ...build, ref: 'main', inputs });
    const { data, status } = await actions().createWorkflowDispatch({
      ...build,
      ref: 'main',
      inputs,
      return_run_details: true,
    });

    expect([quiet.status, status]).toEqual([204, 200]);
    const run = github.runs.all().at(-1);
    expect(data).toEqual({
      workflow_run_id: run?.id,
      run_url: `${github.apiUrl}/repos/acme/ops/actions/runs/${run?.id}`,
      html_url: `${github.apiUrl}/acme/ops/actions/runs/${run?.id}`,
    });
  });

  it('fills in defaults, tells texts, and names the run by its run-name', async () => {
    await actions().createWorkflowDispatch({
      ...build,
      ref: 'refs/heads/main',
      inputs: { ops_build_id: 'b-1', dry: true, count: 3 },
    });

    const run = github.runs.all().at(-1);
    expect(run).toMatchObject({
      displayTitle: 'build b-1',
      event: 'workflow_dispatch',
      ref: 'refs/heads/main',
      headBranch: 'main',
      inputs: { ops_build_id: 'b-1', target: 'staging', dry: 'true', count: '3', environment: '' },
    });
    expect(github.events.findLast(({ name }) => name === 'workflow_dispatch')).toMatchObject({
      ref: 'refs/heads/main',
      dispatched: { runId: run?.id, path: '.github/workflows/build.yml' },
      payload: {
        ref: 'refs/heads/main',
        workflow: '.github/workflows/build.yml',
        inputs: { dry: 'true', count: '3' },
      },
    });
  });

  it('is in lists only after a while, but found by its id at once', async () => {
    github.settle({ runListDelayMs: 60_000 });
    const run = github.as('bob').dispatch('build.yml', { inputs: { ops_build_id: 'slow' } });
    github.settle({ runListDelayMs: 0 });
    const { data } = await actions().listWorkflowRuns({ ...build, per_page: 100 });

    expect(data.workflow_runs.map(({ id }) => id)).not.toContain(run.id);
    expect(await statusOf(actions().getWorkflowRun({ ...at, run_id: run.id }))).toBe(200);
  });

  it('runs tags, too', async () => {
    github.store.tags.set('v1', github.store.branches.get('main') ?? '');
    const run = github.as('bob').dispatch('build.yml', { ref: 'v1', inputs: { ops_build_id: '1' } });

    expect(run).toMatchObject({ ref: 'refs/tags/v1', headBranch: 'v1' });
  });

  it('never broke the description while all this happened', () => {
    expect(github.violations).toEqual([]);
  });
});
