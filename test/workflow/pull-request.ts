import type { GitHubStandIn } from '../../local/github/server.ts';
import { addIssue } from '../../local/github/store.ts';
import { ACTIONS_LOGIN } from '../../local/github/tokens.ts';

/** A pull request as the stand-in knows it and as the event tells it. */
export interface OpenedPullRequest {
  readonly number: number;
  readonly event: () => { readonly name: 'pull_request'; readonly payload: unknown };
  /** Somebody pushes. */
  readonly push: (sha: string) => void;
}

/** Opens a pull request; from another repository it is a fork's. */
export function openPullRequest(github: GitHubStandIn, from = 'acme/ops'): OpenedPullRequest {
  const pullRequest = {
    headSha: 'a'.repeat(40),
    headRef: 'change',
    headRepository: from,
    baseSha: 'b'.repeat(40),
    files: [],
  };
  const issue = addIssue(github.store, {
    title: 'Change a schedule',
    body: null,
    author: 'alice',
    pullRequest,
  });
  return {
    number: issue.number,
    push: (sha) => {
      if (issue.pullRequest !== null) issue.pullRequest.headSha = sha;
    },
    event: () => ({
      name: 'pull_request',
      payload: {
        action: 'synchronize',
        number: issue.number,
        pull_request: {
          number: issue.number,
          head: { sha: issue.pullRequest?.headSha, repo: { full_name: from } },
          base: { sha: 'b'.repeat(40), repo: { full_name: 'acme/ops' } },
        },
      },
    }),
  };
}

/** Lets in the tokens our workflows get: exactly what their jobs ask for, and what a fork gets. */
export function allowWorkflowTokens(github: GitHubStandIn): void {
  github.allow('ghs_plan', {
    login: ACTIONS_LOGIN,
    permissions: { contents: 'read', 'pull-requests': 'write' },
  });
  github.allow('ghs_drift', { login: ACTIONS_LOGIN, permissions: { contents: 'read', issues: 'write' } });
  github.allow('ghs_reconcile', { login: ACTIONS_LOGIN, permissions: { contents: 'read' } });
  github.allow('ghs_fork', {
    login: ACTIONS_LOGIN,
    permissions: { contents: 'read', issues: 'read', 'pull-requests': 'read' },
  });
}
