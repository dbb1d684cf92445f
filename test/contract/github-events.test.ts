import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubEvent } from '../../local/github/events/event.ts';
import type { GitHubStandIn } from '../../local/github/server.ts';
import {
  repository as at,
  BUILD,
  finishedRun,
  startRepository,
  waitingRun,
  workflowClient,
} from './github/fixture.ts';
import { loadWebhookSchemas } from './github/webhook-schemas.ts';

let github: GitHubStandIn;
let heard: GitHubEvent[];

beforeAll(async () => {
  github = await startRepository();
});

afterAll(() => github.stop());

beforeEach(async () => {
  await sleep(0);
  heard = [];
  return github.onEvent((event) => heard.push(event));
});

/** What was told since the test began, once everything was. */
async function told(): Promise<string[]> {
  await sleep(0);
  return heard.map(({ name, action }) => (action === null ? name : `${name}.${action}`));
}

describe('events of the stand-in', () => {
  it('carry what the webhook description of GitHub says', async () => {
    const alice = github.as('alice');
    const issue = alice.openIssue({ title: 'Late', body: 'x', labels: ['ops-alert'], assignees: ['bob'] });
    const bug = github.as('bob').openIssue({ title: 'Bug', labels: [] });
    alice.editIssue(issue.number, { title: 'Later', labels: ['late'], assignees: ['carol'] });
    const { id } = github.as('mallory').comment(issue.number, '/ack');
    github.as('mallory').editComment(id, '/resolve');
    alice.deleteComment(id);
    alice.closeIssue(issue.number);
    alice.reopenIssue(issue.number);
    alice.lockIssue(bug.number);
    alice.deleteIssue(bug.number);
    alice.push({ branch: 'change', files: { 'a.yaml': 'a: 1\n', 'README.md': '# ops!\n' } });
    alice.openPullRequest({ title: 'Change a', head: 'change' });
    alice.push({ branch: 'change', files: { 'a.yaml': null } });
    alice.dispatchRepository('restored', { at: 'noon' });
    finishedRun(github);
    waitingRun(github);

    const names = new Set(await told());
    expect([...names].sort()).toEqual([
      'issue_comment.created',
      'issue_comment.deleted',
      'issue_comment.edited',
      'issues.assigned',
      'issues.closed',
      'issues.deleted',
      'issues.edited',
      'issues.labeled',
      'issues.locked',
      'issues.opened',
      'issues.reopened',
      'issues.unassigned',
      'issues.unlabeled',
      'pull_request.opened',
      'pull_request.synchronize',
      'push',
      'repository_dispatch.restored',
      'workflow_dispatch',
      'workflow_job.completed',
      'workflow_job.in_progress',
      'workflow_job.queued',
      'workflow_job.waiting',
      'workflow_run.completed',
      'workflow_run.in_progress',
      'workflow_run.requested',
    ]);
    const objections = loadWebhookSchemas();
    expect(heard.flatMap(objections)).toEqual([]);
  });

  it('has teeth: a payload that lost a field is noticed', async () => {
    github.as('alice').openIssue({ title: 'Late' });
    await told();
    const [event] = heard;
    if (event === undefined) throw new Error('nothing was told');
    const { sender: _, ...payload } = event.payload;

    expect(loadWebhookSchemas()({ ...event, payload })).toEqual([
      "webhook-issues-opened  must have required property 'sender'",
    ]);
  });

  it('start no workflow when a workflow token made them, except the two dispatches', async () => {
    const rest = workflowClient(github, { issues: 'write', contents: 'write', actions: 'write' });
    const { data: issue } = await rest.issues.create({ ...at, title: 'Late' });
    await rest.issues.createComment({ ...at, issue_number: issue.number, body: '/ack' });
    await rest.repos.createOrUpdateFileContents({ ...at, path: 'x.yaml', message: 'x', content: 'eA==' });
    await rest.repos.createDispatchEvent({ ...at, event_type: 'restored' });
    await rest.actions.createWorkflowDispatch({
      ...at,
      workflow_id: 'build.yml',
      ref: 'main',
      inputs: { ops_build_id: '1' },
    });
    await told();

    const starts = (yes: boolean): string[] =>
      heard
        .filter((event) => event.startsWorkflows === yes && event.name !== 'workflow_run')
        .map((event) => event.name);
    expect(starts(true)).toEqual(['repository_dispatch', 'workflow_dispatch']);
    expect(starts(false)).toEqual(['issues', 'issue_comment', 'push']);
    expect(heard.every((event) => event.byWorkflowToken === (event.name !== 'workflow_run'))).toBe(true);
  });

  it('tell what was so at that time, not what became of it', async () => {
    const issue = github.as('alice').openIssue({ title: 'Late' });
    github.as('alice').editIssue(issue.number, { title: 'On time' });
    await told();

    expect(heard.map((event) => event.payload.issue)).toMatchObject([
      { title: 'Late' },
      { title: 'On time' },
    ]);
  });

  it('are told after what caused them, and a broken listener keeps nobody from hearing', async () => {
    const stop = github.onEvent(() => {
      throw new Error('deaf');
    });
    const more: string[] = [];
    const stopMore = github.onEvent(({ name }) => more.push(name));
    github.as('alice').openIssue({ title: 'Late' });

    expect(heard).toEqual([]);
    expect(await told()).toEqual(['issues.opened']);
    expect(more).toEqual(['issues']);
    expect(github.violations.splice(0)).toEqual([expect.stringContaining('deaf')]);
    stop();
    stopMore();
  });

  it('let a pull request work on what a merge would be, and say when it comes from a fork', async () => {
    const alice = github.as('alice');
    alice.push({ branch: 'fork-of-mallory', files: { 'b.yaml': 'b: 1\n' } });
    alice.push({ files: { 'main-moved.yaml': 'x\n' } });
    const { number } = github.as('mallory').openPullRequest({
      title: 'Mine',
      head: 'fork-of-mallory',
      fork: 'mallory/ops',
    });
    await told();

    const event = heard.findLast(({ name }) => name === 'pull_request');
    expect(event).toMatchObject({ fromFork: true, ref: `refs/pull/${number}/merge`, actor: 'mallory' });
    const rest = workflowClient(github, { contents: 'read' });
    const merged = async (path: string) =>
      (await rest.repos.getContent({ ...at, path, ref: event?.sha ?? '' })).status;
    expect([await merged('b.yaml'), await merged('main-moved.yaml')]).toEqual([200, 200]);
  });

  it('keep the list of workflows to what the default branch holds', async () => {
    const rest = workflowClient(github, { actions: 'read' });
    const names = async () =>
      (await rest.actions.listRepoWorkflows(at)).data.workflows.map(({ name }) => name);
    const alice = github.as('alice');
    alice.push({ branch: 'other', files: { '.github/workflows/other.yml': BUILD } });
    expect(await names()).toEqual(['build']);

    alice.push({ files: { '.github/workflows/more.yml': 'name: more\non: push\njobs: {}\n' } });
    expect(await names()).toEqual(['build', 'more']);

    alice.push({ files: { '.github/workflows/more.yml': null } });
    expect(await names()).toEqual(['build']);
  });
});
