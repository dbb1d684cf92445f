import type { Store } from '../store.ts';
import { changeTree, listFiles, objectName, putBlob, type TreeChange } from './git-objects.ts';

/** One file of a commit or pull request. */
export interface StoredFile {
  readonly filename: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
}

/** Who wrote or committed, and when. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: Date;
}

/** A commit. */
export interface StoredCommit {
  readonly sha: string;
  /** Null for the first one; of a merge, the first. */
  readonly parent: string | null;
  readonly parents: readonly string[];
  readonly tree: string;
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
  /** Account behind the author; null when the address belongs to nobody. */
  readonly login: string | null;
  /** What it changed against its parent. */
  readonly files: readonly StoredFile[];
}

/** Commits and what points at them. */
export interface CommitState {
  readonly commits: Map<string, StoredCommit>;
  /** Branches by name, with the commit each points at. */
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
}

/** What a commit is made of. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly login: string | null;
  readonly author?: Signature | undefined;
  readonly committer?: Signature | undefined;
  /** A name of one's own, for tests that like readable ones; default: git's. */
  readonly sha?: string | undefined;
}

/** Keeps a commit; it is on no branch yet. */
export function putCommit(store: Store, commit: NewCommit): StoredCommit {
  const login = commit.login;
  const author = commit.author ?? {
    name: login ?? 'Somebody',
    email: `${login ?? 'somebody'}@users.noreply.github.com`,
    date: store.now(),
  };
  const committer = commit.committer ?? author;
  const [parent = null] = commit.parents;
  const stored: StoredCommit = {
    sha: commit.sha ?? commitName(commit, author, committer),
    parent,
    parents: commit.parents,
    tree: commit.tree,
    message: commit.message,
    author,
    committer,
    login,
    files: diffTrees(store, store.commits.get(parent ?? '')?.tree ?? null, commit.tree),
  };
  store.commits.set(stored.sha, stored);
  return stored;
}

function commitName(commit: NewCommit, author: Signature, committer: Signature): string {
  const sign = ({ name, email, date }: Signature): string =>
    `${name} <${email}> ${Math.floor(date.getTime() / 1_000)} +0000`;
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${sign(author)}`,
    `committer ${sign(committer)}`,
    '',
    commit.message,
  ];
  return objectName('commit', Buffer.from(lines.join('\n'), 'utf8'));
}

/** Files by path: text puts one there, null takes it away. */
export type FileChanges = Readonly<Record<string, string | Buffer | null>>;

/** Commits changes on top of a branch; a missing one is made from where the default branch stands. */
export function commitFiles(
  store: Store,
  commit: {
    readonly branch: string;
    readonly files: FileChanges;
    readonly message?: string | undefined;
    readonly login?: string | null;
    readonly sha?: string | undefined;
  },
): StoredCommit {
  const parent = store.branches.get(commit.branch) ?? store.branches.get(store.defaultBranch) ?? null;
  const base = store.commits.get(parent ?? '')?.tree ?? null;
  const changes = new Map<string, TreeChange>(
    Object.entries(commit.files).map(([path, content]) => [
      path,
      content === null ? null : { mode: '100644', sha: putBlob(store, Buffer.from(content)) },
    ]),
  );
  const made = putCommit(store, {
    tree: changeTree(store, base, changes),
    parents: parent === null ? [] : [parent],
    message: commit.message ?? 'Change something',
    login: commit.login ?? null,
    sha: commit.sha,
  });
  store.branches.set(commit.branch, made.sha);
  return made;
}

/** What differs between two trees. Renames are told as a removal and an addition. */
export function diffTrees(store: Store, from: string | null, to: string): StoredFile[] {
  const before = new Map((from === null ? [] : listFiles(store, from)).map((file) => [file.path, file.sha]));
  const after = new Map(listFiles(store, to).map((file) => [file.path, file.sha]));
  const lines = (sha: string | undefined): number =>
    sha === undefined ? 0 : (store.blobs.get(sha)?.toString('utf8').split('\n').length ?? 0);
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
  return changed.map((filename) => {
    const [old, young] = [before.get(filename), after.get(filename)];
    return {
      filename,
      status: old === undefined ? 'added' : young === undefined ? 'removed' : 'modified',
      additions: lines(young),
      deletions: lines(old),
    };
  });
}

/** The commit a branch, a tag or a commit's name stands for; short forms and `refs/...` are understood. */
export function resolveCommit(store: Store, name: string): StoredCommit | null {
  const short = name.replace(/^refs\/(?:heads|tags)\//, '').replace(/^(?:heads|tags)\//, '');
  const sha = store.branches.get(short) ?? store.tags.get(short) ?? name;
  return store.commits.get(sha) ?? null;
}

/** A commit and all before it along first parents, newest first. */
export function lineage(store: Store, sha: string): StoredCommit[] {
  const found: StoredCommit[] = [];
  for (let next = store.commits.get(sha); next !== undefined; next = store.commits.get(next.parent ?? '')) {
    found.push(next);
  }
  return found;
}
