import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRequest } from '../../local/github/runs/run-request.ts';
import type { GitHubStandIn } from '../../local/github/server.ts';
import {
  repository as at,
  finishedRun,
  personClient,
  startRepository,
  statusOf,
  waitingRun,
  workflowClient,
} from './github/fixture.ts';
import { unzip } from './github/unzip.ts';

let github: GitHubStandIn;

beforeAll(async () => {
  github = await startRepository();
});

afterAll(() => github.stop());

const actions = () => workflowClient(github, { actions: 'write', deployments: 'write' }).actions;

describe('runs of the stand-in', () => {
  it('are queued, in progress and completed, and so are their jobs and steps', async () => {
    const { runs } = github;
    const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
    const states: string[] = [];
    const look = async () => {
      const { data } = await actions().getWorkflowRun({ ...at, run_id: run.id });
      const { data: list } = await actions().listJobsForWorkflowRun({ ...at, run_id: run.id });
      states.push(
        [data, ...list.jobs, ...(list.jobs[0]?.steps ?? [])]
          .map((each) => each.conclusion ?? each.status)
          .join(' '),
      );
    };
    await look();
    const [job] = runs.addJobs(run.id, [{ key: 'build', name: 'Build it' }]);
    if (job === undefined) throw new Error('no job');
    runs.start(run.id);
    runs.startJob(job.id, 'runner-1');
    runs.startStep(job.id, { number: 1, name: 'Set up job' });
    await look();
    runs.finishStep(job.id, 1, 'success');
    runs.finishJob(job.id, 'success');
    runs.finish(run.id, 'success');
    await look();

    expect(states).toEqual(['queued', 'in_progress in_progress in_progress', 'success success success']);
    const { data } = await actions().getJobForWorkflowRun({ ...at, job_id: job.id });
    expect(data).toMatchObject({
      name: 'Build it',
      runner_name: 'runner-1',
      workflow_name: 'build',
      run_attempt: 1,
    });
  });

  it('cannot end before their jobs do', () => {
    const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
    github.runs.addJobs(run.id, [{ key: 'build' }]);

    expect(() => github.runs.finish(run.id, 'success')).toThrow(/its job build goes on/);
  });

  it('are filtered by workflow, event, branch, actor, commit, state and time', async () => {
    const { run } = finishedRun(github, 'success');
    const found = async (filter: object) => {
      const { data } = await actions().listWorkflowRunsForRepo({ ...at, per_page: 1, ...filter });
      return data.workflow_runs[0]?.id === run.id;
    };
    const filters = {
      event: ['workflow_dispatch', 'push'],
      branch: ['main', 'other'],
      actor: ['alice', 'bob'],
      status: ['success', 'in_progress'],
      head_sha: [run.headSha, 'f'.repeat(40)],
      created: ['>=2026-01-01', '<2026-01-01'],
    };

    for (const [name, [right, wrong]] of Object.entries(filters)) {
      expect([name, await found({ [name]: right }), await found({ [name]: wrong })]).toEqual([
        name,
        true,
        false,
      ]);
    }
  });

  it('keep their logs behind addresses that work for a minute', async () => {
    const { run, job } = finishedRun(github);
    const token = github.issueToken({ permissions: { actions: 'read' } });
    const locate = async (path: string) => {
      const answer = await fetch(`${github.apiUrl}/repos/acme/ops/actions/${path}`, {
        headers: { authorization: `token ${token}` },
        redirect: 'manual',
      });
      return new URL(answer.headers.get('location') ?? '');
    };
    const log = await locate(`jobs/${job.id}/logs`);
    expect(await (await fetch(log)).text()).toBe('2026-11-21T08:00:00.0000000Z hello\n');
    const zip = Buffer.from(await (await fetch(await locate(`runs/${run.id}/logs`))).arrayBuffer());
    expect(unzip(zip)).toEqual({ '0_build.txt': '2026-11-21T08:00:00.0000000Z hello\n' });

    log.searchParams.set('se', new Date(Date.now() + 86_400_000).toISOString());
    expect((await fetch(log)).status).toBe(403);
  });

  it('are cancelled at once when nobody runs them, and only while they go on', async () => {
    const { run, job } = waitingRun(github);
    const cancel = () => statusOf(actions().cancelWorkflowRun({ ...at, run_id: run.id }));

    expect(await cancel()).toBe(202);
    expect([job.conclusion, run.attempts[0]?.conclusion]).toEqual(['cancelled', 'cancelled']);
    expect(await cancel()).toBe(409);
  });

  it('leave stopping and running again to whoever runs them', async () => {
    const asked: RunRequest[] = [];
    const stop = github.runs.onRequest((request) => asked.push(request));
    const { run, job } = finishedRun(github);
    const going = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
    await actions().cancelWorkflowRun({ ...at, run_id: going.id });
    await actions().forceCancelWorkflowRun({ ...at, run_id: going.id });
    await actions().reRunWorkflow({ ...at, run_id: run.id });
    stop();

    expect(asked).toEqual([
      { kind: 'cancel', runId: going.id, force: false },
      { kind: 'cancel', runId: going.id, force: true },
      { kind: 'rerun', runId: run.id, attempt: 2, jobs: 'all', debugLogging: false },
    ]);
    expect(going.attempts[0]?.status).toBe('queued');
    const { data } = await actions().getWorkflowRun({ ...at, run_id: run.id });
    expect(data).toMatchObject({ id: run.id, run_attempt: 2, status: 'queued', conclusion: null });
    const { data: first } = await actions().getWorkflowRunAttempt({
      ...at,
      run_id: run.id,
      attempt_number: 1,
    });
    expect(first).toMatchObject({ run_attempt: 1, status: 'completed', conclusion: 'failure' });
    expect(job.attempt).toBe(1);
    expect(await statusOf(actions().reRunWorkflow({ ...at, run_id: run.id }))).toBe(403);
  });

  it('keep what succeeded when only the failed jobs run again', async () => {
    const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
    const [good, bad] = github.runs.addJobs(run.id, [{ key: 'good' }, { key: 'bad' }]);
    github.runs.finishJob(good?.id ?? 0, 'success');
    github.runs.finishJob(bad?.id ?? 0, 'failure');
    github.runs.finish(run.id, 'failure');
    await actions().reRunWorkflowFailedJobs({ ...at, run_id: run.id });

    const { data } = await actions().listJobsForWorkflowRun({ ...at, run_id: run.id });
    expect(data.jobs.map(({ name, conclusion, run_attempt }) => [name, conclusion, run_attempt])).toEqual([
      ['good', 'success', 2],
    ]);
  });
});

describe('a run before the gate of an environment', () => {
  it('waits until one of the reviewers lets it in, who is not the one that started it', async () => {
    const { run, job, gate } = waitingRun(github);
    const { data: waiting } = await actions().getPendingDeploymentsForRun({ ...at, run_id: run.id });
    expect(waiting).toMatchObject([
      {
        environment: { name: 'production' },
        current_user_can_approve: false,
        reviewers: [{ type: 'User' }, { type: 'Team' }],
      },
    ]);
    expect((await actions().getWorkflowRun({ ...at, run_id: run.id })).data.status).toBe('waiting');
    expect(() => github.as('alice').approve(run.id)).toThrow(/cannot approve/);

    const answer = {
      ...at,
      run_id: run.id,
      environment_ids: [waiting[0]?.environment.id ?? 0],
      state: 'approved' as const,
      comment: 'go',
    };
    expect(await statusOf(actions().reviewPendingDeploymentsForRun(answer))).toBe(403);
    expect(await statusOf(personClient(github, 'bob').actions.reviewPendingDeploymentsForRun(answer))).toBe(
      200,
    );
    expect(await gate).toMatchObject({ state: 'open', environment: { name: 'production' } });
    expect(job.status).toBe('queued');
    const { data: reviews } = await actions().getReviewsForRun({ ...at, run_id: run.id });
    expect(reviews).toMatchObject([{ state: 'approved', comment: 'go', user: { login: 'bob' } }]);
  });

  it('hears it when somebody says no, or gives up', async () => {
    const { run, gate } = waitingRun(github);
    github.as('bob').reject(run.id, { comment: 'not today' });
    expect(await gate).toEqual({ state: 'rejected', login: 'bob', comment: 'not today' });

    const other = waitingRun(github);
    github.as('alice').cancel(other.run.id);
    expect(await other.gate).toEqual({ state: 'cancelled' });
  });

  it('is turned away when its branch may not deploy there', async () => {
    github.as('alice').push({ branch: 'feature/x', files: { x: 'x' } });
    const run = github.as('alice').dispatch('build.yml', { ref: 'feature/x', inputs: { ops_build_id: '1' } });
    const [job] = github.runs.addJobs(run.id, [{ key: 'deploy' }]);

    expect(await github.runs.enterEnvironment(job?.id ?? 0, 'Production')).toEqual({
      state: 'refused',
      reason: expect.stringContaining('"feature/x" is not allowed to deploy to production'),
    });
  });

  it('passes when nothing protects the environment, and leaves a deployment that ends as the job does', async () => {
    const deploy = async (conclusion: 'success' | 'failure') => {
      const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
      const [job] = github.runs.addJobs(run.id, [{ key: 'deploy' }]);
      if (job === undefined) throw new Error('no job');
      expect(await github.runs.enterEnvironment(job.id, 'staging')).toMatchObject({ state: 'open' });
      github.runs.startJob(job.id);
      github.runs.finishJob(job.id, conclusion, { environmentUrl: 'https://staging.example.test' });
      return { ...at, deployment_id: job.deploymentId ?? 0 };
    };
    const rest = workflowClient(github, { deployments: 'read' });
    const states = async (deployment: { readonly deployment_id: number }) =>
      (await rest.repos.listDeploymentStatuses({ ...at, ...deployment })).data.map(({ state }) => state);

    const first = await deploy('success');
    const failed = await deploy('failure');
    expect(await states(failed)).toEqual(['failure', 'in_progress', 'pending']);
    expect(await states(first)).toEqual(['success', 'in_progress', 'pending']);
    await deploy('success');
    expect(await states(first)).toEqual(['inactive', 'success', 'in_progress', 'pending']);
    const { data } = await rest.repos.listDeployments({ ...at, environment: 'staging' });
    expect(data).toHaveLength(3);
  });

  it('never broke the description while all this happened', () => {
    expect(github.violations).toEqual([]);
  });
});
