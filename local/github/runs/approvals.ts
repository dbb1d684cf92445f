import { GitHubError, invalid } from '../github-error.ts';
import { mayDeploy, type Reviewer, type StoredEnvironment } from '../state/environments.ts';
import { latestAttempt, type StoredJob, type StoredRun } from '../state/runs.ts';
import { type Store, takeId } from '../store.ts';
import { deployForJob } from './job-deployment.ts';
import { findJob } from './job-life.ts';
import { tellJob } from './run-events.ts';
import { findRun } from './run-life.ts';
import type { EnvironmentReview, RunCore, RunTable } from './run-table.ts';

/** What the protection rules of an environment said. Secrets of the environment are for `open` only. */
export type EnvironmentGate =
  | { readonly state: 'open'; readonly environment: StoredEnvironment }
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'rejected'; readonly login: string; readonly comment: string }
  | { readonly state: 'cancelled' };

/** A job before the gate of an environment. */
interface Waiting {
  readonly job: StoredJob;
  readonly environment: StoredEnvironment;
  readonly since: Date;
  needsApproval: boolean;
  timer: NodeJS.Timeout | null;
  readonly settle: (gate: EnvironmentGate) => void;
}

/** The gates of environments. */
export interface Approvals {
  readonly enter: RunTable['enterEnvironment'];
  readonly review: (runId: number, review: EnvironmentReview) => void;
  /** Whoever waits for this run is told it was cancelled. */
  readonly giveUp: (runId: number) => void;
}

const waitingOf = new WeakMap<Store, Set<Waiting>>();

/** Deployments of a run that wait, for the API to list. */
export function pendingOf(
  store: Store,
  runId: number,
): readonly Pick<Waiting, 'job' | 'environment' | 'since'>[] {
  return [...(waitingOf.get(store) ?? [])].filter(({ job }) => job.runId === runId);
}

/** Gates over a store. */
export function createApprovals(core: RunCore): Approvals {
  const { store } = core;
  const all = new Set<Waiting>();
  waitingOf.set(store, all);
  const leave = (waiting: Waiting, gate: EnvironmentGate): void => {
    if (!all.delete(waiting)) return;
    if (waiting.timer !== null) clearTimeout(waiting.timer);
    resume(store, waiting.job);
    waiting.settle(gate);
  };
  const openIfReady = (waiting: Waiting): void => {
    if (waiting.needsApproval || waiting.timer !== null) return;
    leave(waiting, { state: 'open', environment: waiting.environment });
  };
  const enter: Approvals['enter'] = (jobId, name, { deployment = true } = {}) => {
    const job = findJob(store, jobId);
    const environment = ensureEnvironment(store, name);
    const run = findRun(store, job.runId);
    const refusal = refusalOf(store, environment, run);
    if (refusal !== null) return Promise.resolve({ state: 'refused', reason: refusal });
    job.environment = environment.name;
    if (deployment) deployForJob(store, job, environment.name);
    const needsApproval = environment.reviewers.length > 0;
    if (!needsApproval && environment.waitMinutes === 0) {
      return Promise.resolve({ state: 'open', environment });
    }
    return new Promise((settle) => {
      const waiting: Waiting = { job, environment, since: store.now(), needsApproval, timer: null, settle };
      all.add(waiting);
      if (environment.waitMinutes > 0) {
        waiting.timer = setTimeout(() => {
          waiting.timer = null;
          openIfReady(waiting);
        }, environment.waitMinutes * 60_000).unref();
      }
      pause(store, job);
      tellJob(core, job, 'waiting');
    });
  };
  return {
    enter,
    giveUp: (runId) => {
      for (const waiting of all) if (waiting.job.runId === runId) leave(waiting, { state: 'cancelled' });
    },
    review: (runId, review) => {
      const run = findRun(store, runId);
      const named = new Set(review.environments.map((name) => name.toLowerCase()));
      const concerned = [...all].filter(
        ({ job, environment }) => job.runId === runId && named.has(environment.name.toLowerCase()),
      );
      if (concerned.length === 0) {
        throw invalid({ resource: 'WorkflowRun', field: 'environment_ids', code: 'invalid' });
      }
      for (const { environment } of concerned)
        checkReviewer(store, { environment, run, login: review.login });
      run.reviews.push({
        state: review.state,
        environments: concerned.map(({ environment }) => environment.name),
        login: review.login,
        comment: review.comment ?? '',
        at: store.now(),
      });
      for (const waiting of concerned) {
        if (review.state === 'rejected') {
          leave(waiting, { state: 'rejected', login: review.login, comment: review.comment ?? '' });
        } else {
          waiting.needsApproval = false;
          openIfReady(waiting);
        }
      }
    },
  };
}

/** The environment with this name, whatever its case; running a workflow with a new name makes it, unprotected. */
export function ensureEnvironment(store: Store, name: string): StoredEnvironment {
  const known = store.environments.get(name.toLowerCase());
  if (known !== undefined) return known;
  const at = store.now();
  const made: StoredEnvironment = {
    id: takeId(store),
    name,
    reviewers: [],
    preventSelfReview: false,
    waitMinutes: 0,
    branches: 'any',
    adminsMayBypass: true,
    secrets: new Map(),
    variables: new Map(),
    createdAt: at,
    updatedAt: at,
  };
  store.environments.set(name.toLowerCase(), made);
  return made;
}

/** True when somebody may answer for the environment in this run. */
export function mayReview(
  store: Store,
  environment: StoredEnvironment,
  { run, login }: { readonly run: StoredRun; readonly login: string },
): boolean {
  const isSelf = login.toLowerCase() === latestAttempt(run).triggeringActor.toLowerCase();
  if (environment.preventSelfReview && isSelf) return false;
  return environment.reviewers.some((reviewer) => isReviewer(store, reviewer, login));
}

function isReviewer(store: Store, reviewer: Reviewer, login: string): boolean {
  if ('user' in reviewer) return reviewer.user.toLowerCase() === login.toLowerCase();
  return [...(store.teams.get(reviewer.team) ?? [])].some(
    (each) => each.toLowerCase() === login.toLowerCase(),
  );
}

function checkReviewer(
  store: Store,
  {
    environment,
    run,
    login,
  }: { readonly environment: StoredEnvironment; readonly run: StoredRun; readonly login: string },
): void {
  if (mayReview(store, environment, { run, login })) return;
  throw new GitHubError(422, `${login} cannot approve deployments to ${environment.name}`);
}

function refusalOf(store: Store, environment: StoredEnvironment, run: StoredRun): string | null {
  const protectedBranches = new Set([...store.branchProtection.keys(), ...store.branchRules.keys()]);
  if (mayDeploy(environment, run.ref, protectedBranches)) return null;
  const name = run.headBranch ?? run.ref;
  return `Branch "${name}" is not allowed to deploy to ${environment.name} due to environment protection rules.`;
}

function pause(store: Store, job: StoredJob): void {
  job.status = 'waiting';
  latestAttempt(findRun(store, job.runId)).status = 'waiting';
}

function resume(store: Store, job: StoredJob): void {
  if (job.status === 'waiting') job.status = 'queued';
  const attempt = latestAttempt(findRun(store, job.runId));
  const others = attempt.jobs.some((each) => each.status === 'waiting');
  if (attempt.status === 'waiting' && !others) attempt.status = 'in_progress';
}
