import type { ArtifactState } from './state/artifacts.ts';
import type { CheckState } from './state/checks.ts';
import { type CommitState, putCommit } from './state/commits.ts';
import type { DeploymentState } from './state/deployments.ts';
import type { EnvironmentState } from './state/environments.ts';
import { changeTree, type ObjectState, putBlob, type TreeChange } from './state/git-objects.ts';
import { type IssueState, noIssues } from './state/issues.ts';
import { accountId, ensureUser, noPeople, type PeopleState, putUser } from './state/people.ts';
import { noRuns, type RunState } from './state/runs.ts';
import { defaultSettings, type SettingsState } from './state/settings.ts';
import type { Staleness } from './state/staleness.ts';
import { refreshWorkflows, type WorkflowState } from './state/workflows.ts';

export type { StoredCommit, StoredFile } from './state/commits.ts';
export {
  addComment,
  addIssue,
  ensureLabel,
  type StoredComment,
  type StoredIssue,
  type StoredLabel,
  type StoredPullRequest,
} from './state/issues.ts';

/**
 * Everything the stand-in remembers, a room per resource in `state/`. Plain data: handlers change it, tests may look at it.
 * Changing it directly tells nobody; what people and programs do goes through `github.as(...)` or the API.
 */
export interface Store
  extends IssueState,
    ObjectState,
    CommitState,
    PeopleState,
    WorkflowState,
    RunState,
    EnvironmentState,
    DeploymentState,
    CheckState,
    ArtifactState,
    SettingsState,
    Staleness {
  readonly owner: string;
  readonly repo: string;
  readonly ownerId: number;
  readonly repositoryId: number;
  readonly now: () => Date;
  /** Next number for an id; ids grow as on GitHub. */
  nextId: number;
}

/** What a stand-in is made for. */
export interface StoreOptions {
  readonly owner: string;
  readonly repo: string;
  readonly now?: () => Date;
  /** Default: `main`. */
  readonly defaultBranch?: string;
}

/** An empty repository, owned by an organization. */
export function createStore(options: StoreOptions): Store {
  const { owner, repo, now = () => new Date(), defaultBranch = 'main' } = options;
  const store: Store = {
    owner,
    repo,
    ownerId: accountId(owner),
    repositoryId: accountId(`${owner}/${repo}`),
    now,
    ...noIssues(),
    blobs: new Map(),
    trees: new Map(),
    commits: new Map(),
    branches: new Map(),
    tags: new Map(),
    ...noPeople(),
    workflows: new Map(),
    ...noRuns(),
    environments: new Map(),
    deployments: new Map(),
    checkRuns: new Map(),
    commitStatuses: [],
    artifacts: new Map(),
    ...defaultSettings(defaultBranch),
    staleness: null,
    nextId: 1_001,
  };
  putUser(store, { login: owner, type: 'Organization' });
  ensureUser(store, 'github-actions[bot]');
  return store;
}

/** The next id. */
export function takeId(store: Pick<Store, 'nextId'>): number {
  store.nextId += 1;
  return store.nextId;
}

/** Commits files to a branch under a readable name; what is in them is nobody's concern. Nobody is told. */
export function pushCommit(
  store: Store,
  commit: { readonly branch: string; readonly sha: string; readonly files: readonly string[] },
): void {
  const parent = store.branches.get(commit.branch) ?? null;
  const changes = new Map<string, TreeChange>(
    commit.files.map((path) => [
      path,
      { mode: '100644', sha: putBlob(store, Buffer.from(`${path} at ${commit.sha}\n`)) },
    ]),
  );
  const made = putCommit(store, {
    sha: commit.sha,
    tree: changeTree(store, store.commits.get(parent ?? '')?.tree ?? null, changes),
    parents: parent === null ? [] : [parent],
    message: 'Change something',
    login: null,
  });
  store.branches.set(commit.branch, made.sha);
  if (commit.branch === store.defaultBranch) refreshWorkflows(store);
}
