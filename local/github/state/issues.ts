import { type Store, takeId } from '../store.ts';
import type { StoredFile } from './commits.ts';

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

/** What makes an issue a pull request. */
export interface StoredPullRequest {
  headSha: string;
  readonly headRef: string;
  /** `owner/name` of the repository the branch lives in; another one than ours means a fork. */
  readonly headRepository: string;
  readonly baseSha: string;
  readonly files: readonly StoredFile[];
  /** Default: the default branch. */
  readonly baseRef?: string;
  draft?: boolean;
  mergedAt?: Date | null;
  mergedBy?: string;
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
  assignees: string[];
  locked: boolean;
  lockReason: string | null;
  readonly createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: string | null;
  readonly pullRequest: StoredPullRequest | null;
}

/** What happened to an issue, as its timeline tells it. */
export interface StoredIssueEvent {
  readonly id: number;
  readonly issue: number;
  readonly actor: string;
  readonly kind:
    | 'closed'
    | 'reopened'
    | 'labeled'
    | 'unlabeled'
    | 'assigned'
    | 'unassigned'
    | 'renamed'
    | 'locked'
    | 'unlocked';
  /** The label, the assignee, or the old and the new title. */
  readonly label?: string;
  readonly assignee?: string;
  readonly rename?: { readonly from: string; readonly to: string };
  readonly at: Date;
}

/** The faces one may answer with. */
export const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;
/** One of {@link REACTIONS}. */
export type ReactionContent = (typeof REACTIONS)[number];

/** A reaction; one a person, a subject and a face. */
export interface StoredReaction {
  readonly id: number;
  readonly subject: { readonly issue: number } | { readonly comment: number };
  readonly content: ReactionContent;
  readonly author: string;
  readonly createdAt: Date;
}

/** Issues and what hangs on them. */
export interface IssueState {
  readonly issues: Map<number, StoredIssue>;
  readonly comments: Map<number, StoredComment>;
  readonly labels: Map<string, StoredLabel>;
  readonly reactions: Map<number, StoredReaction>;
  readonly issueEvents: StoredIssueEvent[];
  /** Numbers that answer 410 and are not used again. */
  readonly deletedIssues: Set<number>;
}

/** No issues. */
export function noIssues(): IssueState {
  return {
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    reactions: new Map(),
    issueEvents: [],
    deletedIssues: new Set(),
  };
}

/** Opens an issue or pull request; labels nobody made yet are made, as GitHub does. Nobody is told. */
export function addIssue(
  store: Store,
  issue: Pick<StoredIssue, 'title' | 'body' | 'author'> & {
    readonly labels?: readonly string[];
    readonly assignees?: readonly string[];
    readonly pullRequest?: StoredPullRequest;
  },
): StoredIssue {
  const number = store.issues.size + store.deletedIssues.size + 1;
  const now = store.now();
  const added: StoredIssue = {
    id: takeId(store),
    number,
    author: issue.author,
    title: issue.title,
    body: issue.body,
    state: 'open',
    stateReason: null,
    labels: uniqueLabels(store, issue.labels ?? []),
    assignees: [...(issue.assignees ?? [])],
    locked: false,
    lockReason: null,
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pullRequest: issue.pullRequest ?? null,
  };
  store.issues.set(number, added);
  return added;
}

/** Adds a comment. Nobody is told. */
export function addComment(
  store: Store,
  comment: Pick<StoredComment, 'issue' | 'author' | 'body'>,
): StoredComment {
  const now = store.now();
  const added: StoredComment = { ...comment, id: takeId(store), createdAt: now, updatedAt: now };
  store.comments.set(added.id, added);
  return added;
}

/** The label with this name, whatever its case; made when it is missing. */
export function ensureLabel(store: Store, name: string): StoredLabel {
  const known = store.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const made: StoredLabel = { id: takeId(store), name, color: 'ededed', description: null };
  store.labels.set(name.toLowerCase(), made);
  return made;
}

/** Names as the repository spells them, each once. */
export function uniqueLabels(store: Store, names: readonly string[]): string[] {
  return [...new Set(names.map((name) => ensureLabel(store, name).name))];
}

/** Takes an issue away for good, as an administrator can: its number answers 410 from now on. */
export function forgetIssue(store: Store, number: number): void {
  if (!store.issues.delete(number)) return;
  store.deletedIssues.add(number);
  for (const comment of store.comments.values())
    if (comment.issue === number) store.comments.delete(comment.id);
}
