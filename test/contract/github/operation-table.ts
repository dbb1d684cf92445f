import { randomUUID } from 'node:crypto';
import type { Octokit } from 'octokit';
import type { OperationId } from '../../../local/github/operations.ts';
import type { GitHubStandIn } from '../../../local/github/server.ts';
import type { StoredIssue } from '../../../local/github/store.ts';
import type { Need } from '../../../local/github/tokens.ts';
import { addPullRequest, repository as at, finishedRun, waitingRun } from './fixture.ts';

type Answer = Promise<{ readonly status: number }>;

/** How an operation is used with success, and which permission that takes. */
export interface Use {
  /** Null: any token may. */
  readonly need: Need | null;
  /** Another permission that would do as well. */
  readonly or?: Need['scope'];
  /** Only a person may, whatever the token allows. */
  readonly person?: 'alice' | 'bob';
  readonly call: (client: Octokit, github: GitHubStandIn) => Answer;
}

const need = (scope: Need['scope'], level: Need['level']): Need => ({ scope, level });
const reads = (scope: Need['scope'], call: Use['call']): Use => ({ need: need(scope, 'read'), call });
const writes = (scope: Need['scope'], call: Use['call']): Use => ({ need: need(scope, 'write'), call });
const readsEither = (call: Use['call']): Use => ({ ...reads('issues', call), or: 'pull-requests' });
const anybody = (call: Use['call']): Use => ({ need: null, call });

const issue = (github: GitHubStandIn): StoredIssue =>
  github.as('alice').openIssue({ title: 'Drift', labels: ['Drift'] });
const onIssue = (github: GitHubStandIn) => ({ ...at, issue_number: issue(github).number });
const onComment = (github: GitHubStandIn) => ({
  ...at,
  // Only its author changes a comment.
  comment_id: comment(github, 'github-actions[bot]'),
});
const comment = (github: GitHubStandIn, login: string): number =>
  github.as(login).comment(issue(github).number, 'hello').id;
const onRun = (github: GitHubStandIn) => ({ ...at, run_id: finishedRun(github).run.id });
const onJob = (github: GitHubStandIn) => ({ ...at, job_id: finishedRun(github).job.id });
const head = (github: GitHubStandIn): string => github.store.branches.get('main') ?? '';
const onEnvironment = { ...at, environment_name: 'production' };
const onWorkflow = { ...at, workflow_id: 'build.yml' };
const inArtifact = (github: GitHubStandIn) => {
  const { run_id: _, ...one } = artifact(github);
  return one;
};
const artifact = (github: GitHubStandIn) => {
  const { run } = finishedRun(github);
  const id = github.store.nextId + 1;
  github.store.nextId = id;
  const now = new Date();
  github.store.artifacts.set(id, {
    id,
    runId: run.id,
    name: `log-${id}`,
    content: Buffer.from('x'),
    digest: 'sha256:0',
    mimeType: 'application/zip',
    createdAt: now,
    expiresAt: new Date(now.getTime() + 1_000_000),
  });
  return { ...at, artifact_id: id, run_id: run.id };
};
const check = (github: GitHubStandIn) => ({ ...at, check_run_id: finishedRun(github).job.checkRunId });
const deployment = async (github: GitHubStandIn) => {
  const { job, run } = waitingRun(github);
  github.as('bob').approve(run.id);
  return { ...at, deployment_id: job.deploymentId ?? 0 };
};
const manual = { request: { redirect: 'manual' as const } };

/** The name git gives a file that says `same`. */
const SAME = '1275430f1765c63e539cb0452565563bd6aef6a6';

/** Every operation the stand-in serves. */
export const USES: Readonly<Record<OperationId, Use>> = {
  'actions/cancel-workflow-run': writes('actions', ({ rest }, github) =>
    rest.actions.cancelWorkflowRun({ ...at, run_id: waitingRun(github).run.id }),
  ),
  'actions/create-workflow-dispatch': writes('actions', ({ rest }) =>
    rest.actions.createWorkflowDispatch({ ...onWorkflow, ref: 'main', inputs: { ops_build_id: '7' } }),
  ),
  'actions/delete-artifact': writes('actions', ({ rest }, github) =>
    rest.actions.deleteArtifact(inArtifact(github)),
  ),
  'actions/disable-workflow': writes('actions', async ({ rest }, github) => {
    const answer = await rest.actions.disableWorkflow(onWorkflow);
    github.settle({ workflows: { 'build.yml': 'active' } });
    return answer;
  }),
  'actions/download-artifact': reads('actions', (client, github) =>
    client.request('GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}', {
      ...inArtifact(github),
      archive_format: 'zip',
      ...manual,
    }),
  ),
  'actions/download-job-logs-for-workflow-run': reads('actions', (client, github) =>
    client.request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', { ...onJob(github), ...manual }),
  ),
  'actions/download-workflow-run-logs': reads('actions', (client, github) =>
    client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/logs', { ...onRun(github), ...manual }),
  ),
  'actions/enable-workflow': writes('actions', ({ rest }) => rest.actions.enableWorkflow(onWorkflow)),
  'actions/force-cancel-workflow-run': writes('actions', ({ rest }, github) =>
    rest.actions.forceCancelWorkflowRun({ ...at, run_id: waitingRun(github).run.id }),
  ),
  'actions/get-artifact': reads('actions', ({ rest }, github) =>
    rest.actions.getArtifact(inArtifact(github)),
  ),
  'actions/get-custom-oidc-sub-claim-for-repo': reads('actions', ({ rest }) =>
    rest.actions.getCustomOidcSubClaimForRepo(at),
  ),
  'actions/get-github-actions-default-workflow-permissions-repository': reads('administration', ({ rest }) =>
    rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(at),
  ),
  'actions/get-github-actions-permissions-repository': reads('administration', ({ rest }) =>
    rest.actions.getGithubActionsPermissionsRepository(at),
  ),
  'actions/get-job-for-workflow-run': reads('actions', ({ rest }, github) =>
    rest.actions.getJobForWorkflowRun(onJob(github)),
  ),
  'actions/get-pending-deployments-for-run': reads('actions', ({ rest }, github) =>
    rest.actions.getPendingDeploymentsForRun({ ...at, run_id: waitingRun(github).run.id }),
  ),
  'actions/get-reviews-for-run': reads('actions', ({ rest }, github) => {
    const { run } = waitingRun(github);
    github.as('bob').reject(run.id, { comment: 'not today' });
    return rest.actions.getReviewsForRun({ ...at, run_id: run.id });
  }),
  'actions/get-workflow': reads('actions', ({ rest }) => rest.actions.getWorkflow(onWorkflow)),
  'actions/get-workflow-run': reads('actions', ({ rest }, github) =>
    rest.actions.getWorkflowRun(onRun(github)),
  ),
  'actions/get-workflow-run-attempt': reads('actions', ({ rest }, github) =>
    rest.actions.getWorkflowRunAttempt({ ...onRun(github), attempt_number: 1 }),
  ),
  'actions/list-artifacts-for-repo': reads('actions', ({ rest }, github) => {
    artifact(github);
    return rest.actions.listArtifactsForRepo(at);
  }),
  'actions/list-environment-secrets': reads('environments', ({ rest }) =>
    rest.actions.listEnvironmentSecrets(onEnvironment),
  ),
  'actions/list-environment-variables': reads('environments', ({ rest }) =>
    rest.actions.listEnvironmentVariables(onEnvironment),
  ),
  'actions/list-jobs-for-workflow-run': reads('actions', ({ rest }, github) =>
    rest.actions.listJobsForWorkflowRun({ ...onRun(github), filter: 'all' }),
  ),
  'actions/list-jobs-for-workflow-run-attempt': reads('actions', ({ rest }, github) =>
    rest.actions.listJobsForWorkflowRunAttempt({ ...onRun(github), attempt_number: 1 }),
  ),
  'actions/list-repo-organization-secrets': reads('secrets', ({ rest }) =>
    rest.actions.listRepoOrganizationSecrets(at),
  ),
  'actions/list-repo-organization-variables': reads('variables', ({ rest }) =>
    rest.actions.listRepoOrganizationVariables(at),
  ),
  'actions/list-repo-secrets': reads('secrets', ({ rest }) => rest.actions.listRepoSecrets(at)),
  'actions/list-repo-variables': reads('variables', ({ rest }) => rest.actions.listRepoVariables(at)),
  'actions/list-repo-workflows': reads('actions', ({ rest }) => rest.actions.listRepoWorkflows(at)),
  'actions/list-workflow-run-artifacts': reads('actions', ({ rest }, github) => {
    const { run_id } = artifact(github);
    return rest.actions.listWorkflowRunArtifacts({ ...at, run_id });
  }),
  'actions/list-workflow-runs': reads('actions', ({ rest }, github) => {
    finishedRun(github);
    return rest.actions.listWorkflowRuns({ ...onWorkflow, event: 'workflow_dispatch', per_page: 1 });
  }),
  'actions/list-workflow-runs-for-repo': reads('actions', ({ rest }, github) => {
    finishedRun(github);
    return rest.actions.listWorkflowRunsForRepo({ ...at, status: 'failure' });
  }),
  'actions/re-run-job-for-workflow-run': writes('actions', ({ rest }, github) =>
    rest.actions.reRunJobForWorkflowRun(onJob(github)),
  ),
  'actions/re-run-workflow': writes('actions', ({ rest }, github) =>
    rest.actions.reRunWorkflow(onRun(github)),
  ),
  'actions/re-run-workflow-failed-jobs': writes('actions', ({ rest }, github) =>
    rest.actions.reRunWorkflowFailedJobs({ ...onRun(github), enable_debug_logging: true }),
  ),
  'actions/review-pending-deployments-for-run': {
    ...writes('deployments', ({ rest }, github) =>
      rest.actions.reviewPendingDeploymentsForRun({
        ...at,
        run_id: waitingRun(github).run.id,
        environment_ids: [github.store.environments.get('production')?.id ?? 0],
        state: 'approved',
        comment: 'go',
      }),
    ),
    person: 'bob',
  },
  'checks/create': writes('checks', ({ rest }, github) =>
    rest.checks.create({ ...at, name: 'plan', head_sha: head(github), conclusion: 'success' }),
  ),
  'checks/get': reads('checks', ({ rest }, github) => rest.checks.get(check(github))),
  'checks/list-annotations': reads('checks', ({ rest }, github) =>
    rest.checks.listAnnotations(check(github)),
  ),
  'checks/list-for-ref': reads('checks', ({ rest }, github) => {
    check(github);
    return rest.checks.listForRef({ ...at, ref: 'main' });
  }),
  'checks/update': writes('checks', ({ rest }, github) =>
    rest.checks.update({ ...check(github), status: 'in_progress', output: { title: 't', summary: 's' } }),
  ),
  'git/create-blob': writes('contents', ({ rest }) => rest.git.createBlob({ ...at, content: 'x' })),
  'git/create-commit': writes('contents', ({ rest }, github) =>
    rest.git.createCommit({
      ...at,
      message: 'Change',
      tree: github.store.commits.get(head(github))?.tree ?? '',
      parents: [head(github)],
    }),
  ),
  'git/create-ref': writes('contents', ({ rest }, github) =>
    rest.git.createRef({ ...at, ref: `refs/heads/feature/${randomUUID()}`, sha: head(github) }),
  ),
  'git/create-tree': writes('contents', ({ rest }, github) =>
    rest.git.createTree({
      ...at,
      base_tree: head(github),
      tree: [{ path: 'runbooks/a.yaml', mode: '100644', type: 'blob', content: 'a: 1\n' }],
    }),
  ),
  'git/delete-ref': writes('contents', ({ rest }, github) => {
    github.store.branches.set('feature/gone', head(github));
    return rest.git.deleteRef({ ...at, ref: 'heads/feature/gone' });
  }),
  'git/get-blob': reads('contents', ({ rest }, github) =>
    rest.git.getBlob({ ...at, file_sha: [...github.store.blobs.keys()][0] ?? '' }),
  ),
  'git/get-commit': reads('contents', ({ rest }, github) =>
    rest.git.getCommit({ ...at, commit_sha: head(github) }),
  ),
  'git/get-ref': reads('contents', ({ rest }) => rest.git.getRef({ ...at, ref: 'heads/main' })),
  'git/get-tree': reads('contents', ({ rest }) =>
    rest.git.getTree({ ...at, tree_sha: 'main', recursive: '1' }),
  ),
  'git/update-ref': writes('contents', ({ rest }, github) =>
    rest.git.updateRef({ ...at, ref: 'heads/main', sha: head(github) }),
  ),
  'issues/add-assignees': writes('issues', ({ rest }, github) =>
    rest.issues.addAssignees({ ...onIssue(github), assignees: ['bob'] }),
  ),
  'issues/add-labels': writes('issues', ({ rest }, github) =>
    rest.issues.addLabels({ ...onIssue(github), labels: ['bug'] }),
  ),
  'issues/check-user-can-be-assigned': anybody(({ rest }) =>
    rest.issues.checkUserCanBeAssigned({ ...at, assignee: 'bob' }),
  ),
  'issues/create': writes('issues', ({ rest }) =>
    rest.issues.create({ ...at, title: 'Late', labels: ['ops-alert'] }),
  ),
  'issues/create-comment': writes('issues', ({ rest }, github) =>
    rest.issues.createComment({ ...onIssue(github), body: 'hello' }),
  ),
  'issues/create-label': writes('issues', ({ rest }) =>
    rest.issues.createLabel({ ...at, name: randomUUID(), color: 'd73a4a', description: 'x' }),
  ),
  'issues/delete-comment': writes('issues', ({ rest }, github) =>
    rest.issues.deleteComment(onComment(github)),
  ),
  'issues/get': reads('issues', ({ rest }, github) => rest.issues.get(onIssue(github))),
  'issues/get-comment': reads('issues', ({ rest }, github) => rest.issues.getComment(onComment(github))),
  'issues/get-label': readsEither(({ rest }, github) => {
    issue(github);
    return rest.issues.getLabel({ ...at, name: 'DRIFT' });
  }),
  'issues/list-comments': reads('issues', ({ rest }, github) => {
    const { issue_number } = onIssue(github);
    github.as('bob').comment(issue_number, 'hello');
    return rest.issues.listComments({ ...at, issue_number });
  }),
  'issues/list-events': reads('issues', ({ rest }, github) => {
    const { number } = issue(github);
    const alice = github.as('alice');
    alice.editIssue(number, { title: 'Late', assignees: ['bob'], labels: [] });
    alice.closeIssue(number);
    alice.lockIssue(number);
    return rest.issues.listEvents({ ...at, issue_number: number });
  }),
  'issues/list-for-repo': reads('issues', ({ rest }, github) => {
    issue(github);
    return rest.issues.listForRepo({ ...at, state: 'all', sort: 'updated', direction: 'asc', per_page: 2 });
  }),
  'issues/list-labels-for-repo': readsEither(({ rest }) => rest.issues.listLabelsForRepo(at)),
  'issues/list-labels-on-issue': reads('issues', ({ rest }, github) =>
    rest.issues.listLabelsOnIssue(onIssue(github)),
  ),
  'issues/lock': writes('issues', ({ rest }, github) =>
    rest.issues.lock({ ...onIssue(github), lock_reason: 'resolved' }),
  ),
  'issues/remove-assignees': writes('issues', ({ rest }, github) =>
    rest.issues.removeAssignees({ ...onIssue(github), assignees: ['bob'] }),
  ),
  'issues/remove-label': writes('issues', ({ rest }, github) =>
    rest.issues.removeLabel({ ...onIssue(github), name: 'drift' }),
  ),
  'issues/set-labels': writes('issues', ({ rest }, github) =>
    rest.issues.setLabels({ ...onIssue(github), labels: ['late'] }),
  ),
  'issues/unlock': writes('issues', ({ rest }, github) => rest.issues.unlock(onIssue(github))),
  'issues/update': writes('issues', ({ rest }, github) =>
    rest.issues.update({ ...onIssue(github), state: 'closed', state_reason: 'completed' }),
  ),
  'issues/update-comment': writes('issues', ({ rest }, github) =>
    rest.issues.updateComment({ ...onComment(github), body: 'hello again' }),
  ),
  'issues/update-label': writes('issues', ({ rest }, github) => {
    issue(github);
    return rest.issues.updateLabel({ ...at, name: 'drift', description: 'differs' });
  }),
  'pulls/get': reads('pull-requests', ({ rest }, github) =>
    rest.pulls.get({ ...at, pull_number: addPullRequest(github).number }),
  ),
  'pulls/list': reads('pull-requests', ({ rest }, github) => {
    addPullRequest(github);
    return rest.pulls.list({ ...at, head: 'acme:slow' });
  }),
  'pulls/list-files': reads('pull-requests', ({ rest }, github) =>
    rest.pulls.listFiles({ ...at, pull_number: addPullRequest(github).number }),
  ),
  'rate-limit/get': anybody(({ rest }) => rest.rateLimit.get()),
  'reactions/create-for-issue': writes('issues', ({ rest }, github) =>
    rest.reactions.createForIssue({ ...onIssue(github), content: 'eyes' }),
  ),
  'reactions/create-for-issue-comment': writes('issues', ({ rest }, github) =>
    rest.reactions.createForIssueComment({ ...onComment(github), content: 'rocket' }),
  ),
  'reactions/delete-for-issue-comment': writes('issues', ({ rest }, github) => {
    const at_ = onComment(github);
    github.as('github-actions[bot]').react(at_.comment_id, 'eyes');
    const reaction_id = [...github.store.reactions.keys()].at(-1) ?? 0;
    return rest.reactions.deleteForIssueComment({ ...at_, reaction_id });
  }),
  'reactions/list-for-issue': reads('issues', ({ rest }, github) =>
    rest.reactions.listForIssue(onIssue(github)),
  ),
  'reactions/list-for-issue-comment': reads('issues', ({ rest }, github) => {
    const on = onComment(github);
    github.as('bob').react(on.comment_id, 'heart');
    return rest.reactions.listForIssueComment(on);
  }),
  'repos/compare-commits-with-basehead': reads('contents', ({ rest }, github) =>
    rest.repos.compareCommitsWithBasehead({ ...at, basehead: `${head(github)}...${head(github)}` }),
  ),
  'repos/create-commit-status': writes('statuses', ({ rest }, github) =>
    rest.repos.createCommitStatus({ ...at, sha: head(github), state: 'success', context: 'plan' }),
  ),
  'repos/create-deployment': writes('deployments', ({ rest }) =>
    rest.repos.createDeployment({
      ...at,
      ref: 'main',
      environment: 'staging',
      required_contexts: [],
      payload: {},
    }),
  ),
  'repos/create-deployment-status': writes('deployments', async ({ rest }, github) =>
    rest.repos.createDeploymentStatus({
      ...(await deployment(github)),
      state: 'success',
      log_url: 'https://x.test',
    }),
  ),
  'repos/create-dispatch-event': writes('contents', ({ rest }) =>
    rest.repos.createDispatchEvent({ ...at, event_type: 'restored', client_payload: { a: 1 } }),
  ),
  'repos/create-or-update-file-contents': writes('contents', ({ rest }) =>
    rest.repos.createOrUpdateFileContents({
      ...at,
      path: `runbooks/cron/${randomUUID()}.yaml`,
      message: 'Add a job',
      content: Buffer.from('a: 1\n').toString('base64'),
    }),
  ),
  'repos/delete-file': writes('contents', ({ rest }, github) => {
    const path = `runbooks/${randomUUID()}.yaml`;
    github.as('alice').push({ files: { [path]: 'same\n' } });
    return rest.repos.deleteFile({
      ...at,
      path,
      message: 'Drop it',
      sha: SAME,
    });
  }),
  'repos/get': anybody(({ rest }) => rest.repos.get(at)),
  'repos/get-all-environments': reads('actions', ({ rest }) => rest.repos.getAllEnvironments(at)),
  'repos/get-branch': reads('contents', ({ rest }) => rest.repos.getBranch({ ...at, branch: 'main' })),
  'repos/get-branch-protection': reads('administration', ({ rest }) =>
    rest.repos.getBranchProtection({ ...at, branch: 'main' }),
  ),
  'repos/get-branch-rules': anybody(({ rest }) => rest.repos.getBranchRules({ ...at, branch: 'main' })),
  'repos/get-collaborator-permission-level': anybody(({ rest }) =>
    rest.repos.getCollaboratorPermissionLevel({ ...at, username: 'bob' }),
  ),
  'repos/get-combined-status-for-ref': reads('statuses', ({ rest }) =>
    rest.repos.getCombinedStatusForRef({ ...at, ref: 'main' }),
  ),
  'repos/get-commit': reads('contents', ({ rest }) => rest.repos.getCommit({ ...at, ref: 'main' })),
  'repos/get-content': reads('contents', ({ rest }) => rest.repos.getContent({ ...at, path: 'docs/a b.md' })),
  'repos/get-deployment': reads('deployments', async ({ rest }, github) =>
    rest.repos.getDeployment(await deployment(github)),
  ),
  'repos/get-environment': reads('actions', ({ rest }) => rest.repos.getEnvironment(onEnvironment)),
  'repos/list-branches': reads('contents', ({ rest }) => rest.repos.listBranches(at)),
  'repos/list-commit-statuses-for-ref': reads('statuses', ({ rest }) =>
    rest.repos.listCommitStatusesForRef({ ...at, ref: 'main' }),
  ),
  'repos/list-commits': reads('contents', ({ rest }) => rest.repos.listCommits({ ...at, path: 'docs' })),
  'repos/list-deployment-branch-policies': reads('actions', ({ rest }) =>
    rest.repos.listDeploymentBranchPolicies(onEnvironment),
  ),
  'repos/list-deployment-statuses': reads('deployments', async ({ rest }, github) =>
    rest.repos.listDeploymentStatuses(await deployment(github)),
  ),
  'repos/list-deployments': reads('deployments', async ({ rest }, github) => {
    await deployment(github);
    return rest.repos.listDeployments({ ...at, environment: 'production' });
  }),
  'repos/list-pull-requests-associated-with-commit': reads('pull-requests', ({ rest }, github) =>
    rest.repos.listPullRequestsAssociatedWithCommit({
      ...at,
      commit_sha: addPullRequest(github).pullRequest?.headSha ?? '',
    }),
  ),
  'search/issues-and-pull-requests': readsEither((client, github) => {
    issue(github);
    return client.request('GET /search/issues', { q: 'repo:acme/ops is:issue label:drift "Drift"' });
  }),
  'teams/get-membership-for-user-in-org': reads('members', ({ rest }) =>
    rest.teams.getMembershipForUserInOrg({ org: 'acme', team_slug: 'on-call', username: 'bob' }),
  ),
  'users/get-authenticated': { ...anybody(({ rest }) => rest.users.getAuthenticated()), person: 'alice' },
  'users/get-by-username': anybody(({ rest }) => rest.users.getByUsername({ username: 'bob' })),
};
