/** Everything the stand-in remembers. Plain data: handlers change it, tests may look at it. */

/** A comment of an issue or pull request. */
export interface StoredComment {
  readonly id: number;
  readonly issue: number;
  readonly author: string;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** A label of the repository; names are compared without case. */
export interface StoredLabel {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

/** One file of a pull request. */
export interface StoredFile {
  readonly filename: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
}

/** What makes an issue a pull request. */
export interface StoredPullRequest {
  headSha: string;
  readonly headRef: string;
  /** `owner/name` of the repository the branch lives in; another one than ours means a fork. */
  readonly headRepository: string;
  readonly baseSha: string;
  readonly files: readonly StoredFile[];
}

/** An issue; pull requests are issues. */
export interface StoredIssue {
  readonly id: number;
  readonly number: number;
  readonly author: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'reopened' | 'not_planned' | 'duplicate' | null;
  labels: string[];
  readonly createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  readonly pullRequest: StoredPullRequest | null;
}

/** A commit, as far as comparing needs it. */
export interface StoredCommit {
  readonly sha: string;
  /** Null for the first one. */
  readonly parent: string | null;
  /** What it changed against its parent. */
  readonly files: readonly StoredFile[];
}

/** The repository the stand-in serves. */
export interface Store {
  readonly owner: string;
  readonly repo: string;
  readonly issues: Map<number, StoredIssue>;
  readonly comments: Map<number, StoredComment>;
  readonly labels: Map<string, StoredLabel>;
  readonly commits: Map<string, StoredCommit>;
  /** Branches by name, with the commit each points at. */
  readonly branches: Map<string, string>;
  /** Next number for an id; ids grow as on GitHub. */
  nextId: number;
  /** Objects created after this id are missing from the next `staleLists` lists. */
  staleAfterId: number;
  staleLists: number;
}

/** An empty repository. */
export function createStore(repository: { readonly owner: string; readonly repo: string }): Store {
  return {
    ...repository,
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    commits: new Map(),
    branches: new Map(),
    nextId: 1_001,
    staleAfterId: Number.MAX_SAFE_INTEGER,
    staleLists: 0,
  };
}

/** The next id. */
export function takeId(store: Store): number {
  store.nextId += 1;
  return store.nextId;
}

/** Opens an issue or pull request; labels nobody made yet are made, as GitHub does. */
export function addIssue(
  store: Store,
  issue: Pick<StoredIssue, 'title' | 'body' | 'author'> & {
    readonly labels?: readonly string[];
    readonly pullRequest?: StoredPullRequest;
  },
): StoredIssue {
  const number = store.issues.size + 1;
  const now = new Date();
  const added: StoredIssue = {
    id: takeId(store),
    number,
    author: issue.author,
    title: issue.title,
    body: issue.body,
    state: 'open',
    stateReason: null,
    labels: (issue.labels ?? []).map((name) => ensureLabel(store, name).name),
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    pullRequest: issue.pullRequest ?? null,
  };
  store.issues.set(number, added);
  return added;
}

/** Adds a comment. */
export function addComment(
  store: Store,
  comment: Pick<StoredComment, 'issue' | 'author' | 'body'>,
): StoredComment {
  const now = new Date();
  const added: StoredComment = { ...comment, id: takeId(store), createdAt: now, updatedAt: now };
  store.comments.set(added.id, added);
  return added;
}

/** Commits files to a branch, which is made when it is missing. */
export function pushCommit(
  store: Store,
  commit: { readonly branch: string; readonly sha: string; readonly files: readonly string[] },
): void {
  const parent = store.branches.get(commit.branch) ?? null;
  const files = commit.files.map(
    (filename) => ({ filename, status: 'modified', additions: 1, deletions: 1 }) as const,
  );
  store.commits.set(commit.sha, { sha: commit.sha, parent, files });
  store.branches.set(commit.branch, commit.sha);
}

/** The label with this name, whatever its case; made when it is missing. */
export function ensureLabel(store: Store, name: string): StoredLabel {
  const known = store.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const made: StoredLabel = { id: takeId(store), name, color: 'ededed', description: null };
  store.labels.set(name.toLowerCase(), made);
  return made;
}

/** What a list shows: everything, or less while lists lag behind writes. */
export function listed<Item extends { readonly id: number }>(store: Store, items: Iterable<Item>): Item[] {
  const all = [...items];
  if (store.staleLists <= 0) return all;
  store.staleLists -= 1;
  return all.filter((item) => item.id <= store.staleAfterId);
}
