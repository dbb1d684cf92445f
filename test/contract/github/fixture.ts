import { Octokit } from 'octokit';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import { CAREFUL_PROTECTION } from '../../../local/github/state/settings.ts';
import { addIssue, type StoredIssue } from '../../../local/github/store.ts';
import type { Permissions } from '../../../local/github/tokens.ts';

/** The repository every test of the stand-in talks to. */
export const repository = { owner: 'acme', repo: 'ops' } as const;

/** A workflow with an input of every type. */
export const BUILD = `
name: build
run-name: "build \${{ inputs.ops_build_id || 'by hand' }}"
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true }
      target: { type: choice, options: [staging, production], default: staging }
      dry: { type: boolean }
      count: { type: number }
      environment: { type: environment }
jobs: {}
`;

/** Everything an administrator may do. */
export const EVERYTHING: Permissions = {
  actions: 'write',
  administration: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  environments: 'write',
  issues: 'write',
  members: 'read',
  'organization-secrets': 'write',
  'pull-requests': 'write',
  secrets: 'write',
  statuses: 'write',
  variables: 'write',
};

/** A stand-in with people, a workflow, a branch and a pull request. */
export async function startRepository(options: { readonly now?: () => Date } = {}): Promise<GitHubStandIn> {
  const github = await startGitHub({ ...repository, ...options });
  for (const [login, role] of Object.entries({
    alice: 'admin',
    bob: 'write',
    carol: 'triage',
    dave: 'read',
  } as const)) {
    github.addUser({ login, role });
  }
  github.addTeam('on-call', ['bob']);
  github.as('alice').push({
    message: 'Begin\n\nwith a workflow',
    files: { '.github/workflows/build.yml': BUILD, 'README.md': '# ops\n', 'docs/a b.md': 'x\n' },
  });
  github.settle({
    secrets: ['OPS_DATABASE_URL'],
    organizationSecrets: ['NPM_TOKEN'],
    variables: { REGION: 'eu' },
    organizationVariables: { FLEET: 'one' },
    branchProtection: { main: CAREFUL_PROTECTION },
    branchRules: { main: [{ type: 'deletion' }, { type: 'non_fast_forward' }] },
    environments: {
      production: {
        reviewers: [{ user: 'bob' }, { team: 'on-call' }],
        preventSelfReview: true,
        branches: ['main', 'release/*'],
        secrets: ['OPS_PRODUCTION_DATABASE_URL'],
        variables: { URL: 'https://example.test' },
      },
      staging: {},
    },
  });
  return github;
}

/** GitHub's own client, which neither retries nor waits. */
export function octokit(github: GitHubStandIn, token: string): Octokit {
  return new Octokit({
    auth: token,
    baseUrl: github.apiUrl,
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}

/** The client of a workflow's token with these permissions. */
export function workflowClient(github: GitHubStandIn, permissions: Permissions): Octokit['rest'] {
  return octokit(github, github.issueToken({ permissions })).rest;
}

/** The client of somebody with a token for everything; what they may do is up to their role. */
export function personClient(github: GitHubStandIn, login: string): Octokit['rest'] {
  return octokit(github, github.issueToken({ login, kind: 'person', permissions: EVERYTHING })).rest;
}

/** Status of an answer, whether it was a success or not. */
export async function statusOf(call: Promise<{ readonly status: number }>): Promise<number> {
  return call.then(
    (answer) => answer.status,
    (error: { readonly status: number }) => error.status,
  );
}

/** A pull request nobody is told of. */
export function addPullRequest(github: GitHubStandIn): StoredIssue {
  return addIssue(github.store, {
    title: 'Slow the sync down',
    body: null,
    author: 'alice',
    pullRequest: {
      headSha: 'a'.repeat(40),
      headRef: 'slow',
      headRepository: 'acme/ops',
      baseSha: 'b'.repeat(40),
      files: [{ filename: 'runbooks/cron/sync.yaml', status: 'modified', additions: 1, deletions: 1 }],
    },
  });
}

/** A build with one job that is over, and its log. */
export function finishedRun(github: GitHubStandIn, conclusion: 'success' | 'failure' = 'failure') {
  const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
  const [job] = github.runs.addJobs(run.id, [{ key: 'build' }]);
  if (job === undefined) throw new Error('no job');
  github.runs.start(run.id);
  github.runs.startJob(job.id);
  github.runs.startStep(job.id, { number: 1, name: 'Set up job' });
  github.runs.log(job.id, '2026-11-21T08:00:00.0000000Z hello\n');
  github.runs.finishStep(job.id, 1, conclusion);
  github.runs.finishJob(job.id, conclusion, {
    annotations: [{ level: 'error', message: 'it broke', file: 'README.md', line: 1 }],
  });
  github.runs.finish(run.id, conclusion);
  return { run, job };
}

/** A run that waits for somebody to let it into production. */
export function waitingRun(github: GitHubStandIn) {
  const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
  const [job] = github.runs.addJobs(run.id, [{ key: 'deploy' }]);
  if (job === undefined) throw new Error('no job');
  github.runs.start(run.id);
  return { run, job, gate: github.runs.enterEnvironment(job.id, 'production') };
}
