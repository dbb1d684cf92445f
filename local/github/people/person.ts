import { comment, deleteComment, editComment, react } from '../acts/comments.ts';
import {
  changeIssue,
  deleteIssue,
  type IssueChange,
  lockIssue,
  type NewIssue,
  openIssue,
} from '../acts/issues.ts';
import { type NewPullRequest, openPullRequest } from '../acts/pull-requests.ts';
import { type Push, push } from '../acts/push.ts';
import { dispatchRepository } from '../acts/repository-dispatch.ts';
import { GitHubError } from '../github-error.ts';
import type { JsonObject } from '../json-schema.ts';
import { dispatchWorkflow } from '../runs/dispatch.ts';
import type { EnvironmentReview } from '../runs/run-table.ts';
import type { StoredCommit } from '../state/commits.ts';
import type { ReactionContent, StoredComment, StoredIssue } from '../state/issues.ts';
import { ensureUser, hasRole, type Role, type StoredUser } from '../state/people.ts';
import type { StoredRun } from '../state/runs.ts';
import { findWorkflow } from '../state/workflows.ts';
import { type Actor, person, type World } from '../world.ts';

/** Somebody at a keyboard: what one can do on the site, with the rights one has. */
export interface Person {
  readonly login: string;
  readonly openIssue: (issue: NewIssue) => StoredIssue;
  readonly editIssue: (issue: number, change: IssueChange) => void;
  readonly closeIssue: (issue: number, reason?: 'completed' | 'not_planned') => void;
  readonly reopenIssue: (issue: number) => void;
  readonly lockIssue: (issue: number) => void;
  /** For good: its number answers 410 from now on. */
  readonly deleteIssue: (issue: number) => void;
  readonly comment: (issue: number, body: string) => StoredComment;
  readonly editComment: (comment: number, body: string) => void;
  readonly deleteComment: (comment: number) => void;
  readonly react: (comment: number, content: ReactionContent) => void;
  /** Commits files to a branch. */
  readonly push: (push: Push) => StoredCommit;
  readonly openPullRequest: (pullRequest: NewPullRequest) => StoredIssue;
  /** Presses "Run workflow". @throws GitHubError 403, 404, 422 */
  readonly dispatch: (
    workflow: string,
    options?: {
      readonly ref?: string;
      readonly inputs?: Readonly<Record<string, string | number | boolean>>;
    },
  ) => StoredRun;
  readonly dispatchRepository: (type: string, payload?: JsonObject) => void;
  /** Answers for every environment of the run that waits, or the named ones. */
  readonly approve: (
    runId: number,
    options?: Pick<Partial<EnvironmentReview>, 'environments' | 'comment'>,
  ) => void;
  readonly reject: (
    runId: number,
    options?: Pick<Partial<EnvironmentReview>, 'environments' | 'comment'>,
  ) => void;
  readonly cancel: (runId: number) => void;
  readonly rerun: (runId: number, jobs?: 'all' | 'failed') => void;
}

/** The hands of somebody. */
export function personIn(world: World, login: string): Person {
  const actor: Actor = person(login);
  const issueOf = (number: number): StoredIssue => known(world.store.issues.get(number), `issue #${number}`);
  const commentOf = (id: number): StoredComment => known(world.store.comments.get(id), `comment ${id}`);
  const change = (number: number, to: IssueChange): void => {
    const issue = issueOf(number);
    if (issue.author !== login) requireRole(world, login, 'triage');
    changeIssue(world, actor, { issue, to });
  };
  const requireWrite = (): StoredUser => requireRole(world, login, 'write');
  return {
    login,
    openIssue: (issue) => {
      // GitHub drops labels and assignees of people who may not set them.
      const mayTriage = hasRole(roleOf(world, login), 'triage');
      return openIssue(world, actor, mayTriage ? issue : { title: issue.title, body: issue.body ?? null });
    },
    editIssue: change,
    closeIssue: (number, reason = 'completed') => change(number, { state: 'closed', stateReason: reason }),
    reopenIssue: (number) => change(number, { state: 'open' }),
    lockIssue: (number) => {
      requireRole(world, login, 'triage');
      lockIssue(world, actor, { issue: issueOf(number), locked: true });
    },
    deleteIssue: (number) => {
      requireRole(world, login, 'admin');
      deleteIssue(world, actor, issueOf(number));
    },
    comment: (number, body) => {
      if (issueOf(number).locked) requireWrite();
      return comment(world, actor, { issue: number, body });
    },
    editComment: (id, body) => {
      if (commentOf(id).author !== login) requireWrite();
      editComment(world, actor, { comment: commentOf(id), body });
    },
    deleteComment: (id) => {
      if (commentOf(id).author !== login) requireWrite();
      deleteComment(world, actor, commentOf(id));
    },
    react: (id, content) => void react(world, actor, { subject: { comment: commentOf(id).id }, content }),
    push: (commit) => {
      requireWrite();
      return push(world, actor, commit);
    },
    openPullRequest: (pullRequest) => openPullRequest(world, actor, pullRequest),
    dispatch: (name, { ref = world.store.defaultBranch, inputs = {} } = {}) => {
      requireWrite();
      return dispatchWorkflow(world, actor, { workflow: findWorkflow(world.store, name), ref, inputs });
    },
    dispatchRepository: (type, payload = {}) => {
      requireWrite();
      dispatchRepository(world, actor, { type, payload });
    },
    approve: (runId, options) => review(world, { runId, login, state: 'approved', ...options }),
    reject: (runId, options) => review(world, { runId, login, state: 'rejected', ...options }),
    cancel: (runId) => {
      requireWrite();
      world.runs.cancel(runId);
    },
    rerun: (runId, jobs = 'all') => {
      requireWrite();
      world.runs.rerun(runId, { jobs, actor: login });
    },
  };
}

function review(
  { runs, store }: World,
  {
    runId,
    environments,
    ...rest
  }: Partial<EnvironmentReview> & Pick<EnvironmentReview, 'login' | 'state'> & { readonly runId: number },
): void {
  const all = [...store.environments.values()].map(({ name }) => name);
  runs.review(runId, { ...rest, environments: environments ?? all });
}

function roleOf({ store }: World, login: string): Role | null {
  return ensureUser(store, login).role;
}

function requireRole(world: World, login: string, least: Role): StoredUser {
  const user = ensureUser(world.store, login);
  if (hasRole(user.role, least)) return user;
  throw new GitHubError(403, `Must have ${least} access to the repository.`);
}

function known<Thing>(thing: Thing | undefined, name: string): Thing {
  if (thing === undefined) throw new Error(`there is no ${name}`);
  return thing;
}
