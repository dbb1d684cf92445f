import { envelope } from '../events/payloads/envelope.ts';
import type { JsonObject } from '../json-schema.ts';
import { renderPullRequest } from '../resources/render-pull-request.ts';
import { diffTrees, lineage, putCommit } from '../state/commits.ts';
import { changeTree, listFiles, type TreeChange } from '../state/git-objects.ts';
import { addIssue, type StoredIssue, type StoredPullRequest } from '../state/issues.ts';
import type { Store } from '../store.ts';
import type { Actor, World } from '../world.ts';

/** A pull request to be. */
export interface NewPullRequest {
  readonly title: string;
  readonly body?: string | null;
  /** Branch it comes from. */
  readonly head: string;
  /** Default: the default branch. */
  readonly base?: string;
  /** `owner/name` of a fork it comes from. */
  readonly fork?: string;
  readonly draft?: boolean;
}

/** Somebody opens a pull request from a branch the repository (or the stand-in of its fork) has. */
export function openPullRequest(world: World, actor: Actor, fresh: NewPullRequest): StoredIssue {
  const { store } = world;
  const base = fresh.base ?? store.defaultBranch;
  const [headSha, baseSha] = [store.branches.get(fresh.head), store.branches.get(base)];
  if (headSha === undefined || baseSha === undefined) throw new Error(`no branch ${fresh.head} or ${base}`);
  const issue = addIssue(store, {
    title: fresh.title,
    body: fresh.body ?? null,
    author: actor.login,
    pullRequest: {
      headSha,
      headRef: fresh.head,
      headRepository: fresh.fork ?? `${store.owner}/${store.repo}`,
      baseSha,
      baseRef: base,
      draft: fresh.draft ?? false,
      files: filesBetween(store, baseSha, headSha),
    },
  });
  tellPullRequest(world, actor, { issue, action: 'opened' });
  return issue;
}

/** A branch moved: pull requests from it follow. */
export function synchronizePullRequests(
  world: World,
  actor: Actor,
  moved: { readonly branch: string; readonly before: string | null; readonly after: string },
): void {
  for (const issue of world.store.issues.values()) {
    const { pullRequest } = issue;
    if (pullRequest === null || issue.state === 'closed' || pullRequest.headRef !== moved.branch) continue;
    const files = filesBetween(world.store, pullRequest.baseSha, moved.after);
    Object.assign(pullRequest, { headSha: moved.after, files });
    issue.updatedAt = world.store.now();
    const more = { before: moved.before ?? '0'.repeat(40), after: moved.after };
    tellPullRequest(world, actor, { issue, action: 'synchronize', more });
  }
}

function filesBetween(store: Store, base: string, head: string): StoredPullRequest['files'] {
  const to = store.commits.get(head)?.tree;
  return to === undefined ? [] : diffTrees(store, store.commits.get(base)?.tree ?? null, to);
}

/** What a merge would be: the base as it stands with what the pull request changes. A head nobody knows is its own merge. */
function mergeOf(store: Store, { headSha, baseRef, baseSha }: StoredPullRequest): string {
  const head = store.commits.get(headSha);
  const base = store.commits.get(store.branches.get(baseRef ?? store.defaultBranch) ?? baseSha);
  if (head === undefined || base === undefined) return headSha;
  const ancestors = new Set(lineage(store, base.sha));
  const parted = lineage(store, headSha).find((commit) => ancestors.has(commit));
  const before = new Map(listFiles(store, parted?.tree ?? '').map((file) => [file.path, file.sha]));
  const after = new Map(listFiles(store, head.tree).map((file) => [file.path, file]));
  const changes = new Map<string, TreeChange>();
  for (const [path, file] of after) if (before.get(path) !== file.sha) changes.set(path, file);
  for (const path of before.keys()) if (!after.has(path)) changes.set(path, null);
  const tree = changeTree(store, base.tree, changes);
  return putCommit(store, {
    tree,
    parents: [base.sha, headSha],
    message: `Merge ${headSha} into ${base.sha}`,
    login: head.login,
  }).sha;
}

function tellPullRequest(
  world: World,
  actor: Actor,
  {
    issue,
    action,
    more = {},
  }: { readonly issue: StoredIssue; readonly action: string; readonly more?: JsonObject },
): void {
  const { store, events } = world;
  const { pullRequest } = issue;
  if (pullRequest === null) return;
  events.tell({
    name: 'pull_request',
    action,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    fromFork: pullRequest.headRepository !== `${store.owner}/${store.repo}`,
    ref: `refs/pull/${issue.number}/merge`,
    sha: mergeOf(store, pullRequest),
    payload: {
      action,
      number: issue.number,
      pull_request: renderPullRequest(issue, pullRequest, world),
      ...more,
      ...envelope(world, actor.login),
    },
  });
}
