import path from 'node:path';
import { type CommitRange, compareCommits, readBranchHead } from '../_shared/github/branch.ts';
import { createGitHubClient, type GitHubClient } from '../_shared/github/client.ts';
import { failureStatus, isForbidden } from '../_shared/github/request-failure.ts';
import type { RunContext } from '../_shared/io/run-context.ts';

/**
 * Whether this run's commit is still what its branch says. Runs wait for approvals and for each other, so an older one
 * may come to its turn after a newer one was applied, and must not put the old state back.
 */
export type CommitStanding =
  /** The head of its branch, or nothing to compare with (a tag, a pull request). */
  | { readonly kind: 'current' }
  /** The branch moved on, but what is declared is the same, and no newer run is coming. */
  | { readonly kind: 'same_declarations'; readonly branch: string; readonly head: string }
  | { readonly kind: 'superseded'; readonly branch: string; readonly head: string }
  /** GitHub could not be asked. */
  | { readonly kind: 'unknown'; readonly branch: string; readonly why: string };

/** Asks GitHub how this run's commit stands: one call, and a second one when the branch moved on. */
export async function askStanding(request: {
  readonly context: RunContext;
  readonly token: string;
  /** Folder of runbooks/ and migrations/, relative to the repository. */
  readonly root: string;
  readonly onWait: (message: string) => void;
}): Promise<CommitStanding> {
  const { context, token, onWait } = request;
  const { branch } = context;
  if (branch === null) return { kind: 'current' };
  const { apiUrl, owner, repo } = context;
  const client = createGitHubClient({ token, apiUrl, owner, repo, onWait });
  try {
    return await ask(client, { ...request, branch });
  } catch (error) {
    const why = whyNot(error);
    if (why === null) throw error;
    return { kind: 'unknown', branch, why };
  }
}

async function ask(
  client: GitHubClient,
  { context, root, branch }: { readonly context: RunContext; readonly root: string; readonly branch: string },
): Promise<CommitStanding> {
  const head = await readBranchHead(client, branch);
  if (head === context.sha) return { kind: 'current' };
  const range = await compareCommits(client, { base: context.sha, head });
  const kind = declaresOtherwise(range, watchedPaths(root, context.workflowFile))
    ? 'superseded'
    : 'same_declarations';
  return { kind, branch, head };
}

/**
 * What a reconcile depends on, as paths or folders (with a slash at their end). `on.push.paths` of reconcile.yml names the
 * same, so that whatever supersedes a run has a run of its own.
 */
export function watchedPaths(root: string, workflowFile: string | null): string[] {
  const folders = ['runbooks', 'migrations', 'functions'].map((name) => `${path.posix.join(root, name)}/`);
  return [...folders, 'actions/', ...(workflowFile === null ? [] : [workflowFile])];
}

/** True when the head of the branch is not this commit plus changes that a reconcile does not depend on. */
export function declaresOtherwise(range: CommitRange, watched: readonly string[]): boolean {
  // Not a successor (somebody reset the branch), or too much to know.
  if (range.status !== 'ahead' || range.files === null) return true;
  return range.files.some((file) =>
    watched.some((each) => (each.endsWith('/') ? file.startsWith(each) : file === each)),
  );
}

/** Why GitHub could not be asked; null when the failure is none of GitHub's. */
function whyNot(error: unknown): string | null {
  if (isForbidden(error)) return 'the token may not read the repository (grant the job `contents: read`)';
  const status = failureStatus(error);
  if (status === null) return null;
  if (status === 401) return 'the token is not valid';
  if (status === 404) return 'it knows no such branch or commit, or the token may not see it';
  return hasAnswer(error) ? `it answered ${status}` : 'it did not answer';
}

/** Octokit gives a status to failures without any answer too (refused, timed out). */
function hasAnswer(error: unknown): boolean {
  return error instanceof Error && 'response' in error && error.response !== undefined;
}
