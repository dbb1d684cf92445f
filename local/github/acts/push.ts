import { envelope } from '../events/payloads/envelope.ts';
import type { JsonObject } from '../json-schema.ts';
import { htmlUrl, type RenderContext } from '../resources/render.ts';
import { renderSimpleCommit } from '../resources/render-commit.ts';
import { commitFiles, type FileChanges, lineage, type StoredCommit } from '../state/commits.ts';
import { refreshWorkflows } from '../state/workflows.ts';
import type { Actor, World } from '../world.ts';
import { synchronizePullRequests } from './pull-requests.ts';

/** Files for a branch. */
export interface Push {
  /** Default: the default branch. */
  readonly branch?: string;
  readonly files: FileChanges;
  readonly message?: string;
  readonly sha?: string;
}

/** Somebody pushes one commit. */
export function push(
  world: World,
  actor: Actor,
  { branch = world.store.defaultBranch, ...rest }: Push,
): StoredCommit {
  const before = world.store.branches.get(branch) ?? null;
  const commit = commitFiles(world.store, { ...rest, branch, login: actor.login });
  announcePush(world, actor, { ref: `refs/heads/${branch}`, before, after: commit.sha, forced: false });
  return commit;
}

/** A ref that moved. */
export interface MovedRef {
  readonly ref: string;
  /** Null: it is new. */
  readonly before: string | null;
  /** Null: it is gone. */
  readonly after: string | null;
  readonly forced: boolean;
}

const NOTHING = '0'.repeat(40);
/** A push names no more commits than these. */
const MOST_COMMITS = 2_048;

/** Tells that a ref moved, and what follows from it. */
export function announcePush(world: World, actor: Actor, moved: MovedRef): void {
  const { store, events } = world;
  const branch = /^refs\/heads\/(.+)$/.exec(moved.ref)?.[1];
  if (branch === store.defaultBranch) refreshWorkflows(store);
  events.tell({
    name: 'push',
    action: null,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    ref: moved.ref,
    sha: moved.after ?? NOTHING,
    payload: { ...pushPayload(world, actor, moved), ...envelope(world, actor.login) },
  });
  if (branch !== undefined && moved.after !== null) {
    synchronizePullRequests(world, actor, { branch, before: moved.before, after: moved.after });
  }
}

function pushPayload(world: World, actor: Actor, { ref, before, after, forced }: MovedRef): JsonObject {
  const fresh = after === null ? [] : newCommits(world, before, after);
  const head = after === null ? undefined : world.store.commits.get(after);
  const url = htmlUrl(world);
  return {
    ref,
    before: before ?? NOTHING,
    after: after ?? NOTHING,
    created: before === null,
    deleted: after === null,
    forced,
    base_ref: null,
    compare: `${url}/compare/${(before ?? NOTHING).slice(0, 12)}...${(after ?? NOTHING).slice(0, 12)}`,
    commits: fresh.map((commit) => pushedCommit(commit, world)),
    head_commit: head === undefined ? null : pushedCommit(head, world),
    pusher: { name: actor.login, email: `${actor.login}@users.noreply.github.com` },
  };
}

/** What the ref did not have; a new one is told against the default branch. */
function newCommits({ store }: World, before: string | null, after: string): StoredCommit[] {
  const trunk = store.branches.get(store.defaultBranch);
  const start = before ?? (trunk === after ? undefined : trunk);
  const known = new Set(start === undefined ? [] : lineage(store, start).map(({ sha }) => sha));
  return lineage(store, after)
    .filter(({ sha }) => !known.has(sha))
    .slice(0, MOST_COMMITS)
    .reverse();
}

function pushedCommit(commit: StoredCommit, context: RenderContext): JsonObject {
  const paths = (status: string): string[] =>
    commit.files.filter((file) => file.status === status).map((file) => file.filename);
  return {
    ...renderSimpleCommit(commit),
    distinct: true,
    url: `${htmlUrl(context)}/commit/${commit.sha}`,
    added: paths('added'),
    removed: paths('removed'),
    modified: paths('modified'),
  };
}
