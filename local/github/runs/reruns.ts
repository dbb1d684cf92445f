import { GitHubError, notFound } from '../github-error.ts';
import { latestAttempt, type StoredAttempt, type StoredJob, type StoredRun } from '../state/runs.ts';
import { type Store, takeId } from '../store.ts';
import { tellRun } from './run-events.ts';
import { findRun } from './run-life.ts';
import type { RerunOptions, RunCore } from './run-table.ts';

/** Runs again what is over, under the same id. */
export function createReruns(core: RunCore): {
  readonly rerun: (runId: number, options: RerunOptions) => void;
} {
  const { store } = core;
  return {
    rerun: (runId, options) => {
      const run = findRun(store, runId);
      const last = latestAttempt(run);
      if (last.status !== 'completed') throw new GitHubError(403, 'This workflow is already running');
      const again = jobsToRepeat(last, options.jobs);
      const kept = again === 'all' ? [] : last.jobs.filter((job) => !again.includes(job.key));
      const attempt = addAttempt(store, run, options.actor);
      for (const job of kept) copyJob(store, job, attempt);
      tellRun(core, run, 'requested');
      core.ask({
        kind: 'rerun',
        runId,
        attempt: attempt.number,
        jobs: again,
        debugLogging: options.debugLogging ?? false,
      });
    },
  };
}

/** Keys of the jobs to run: the failed ones or one of them; who needed them is the runner's to know. */
function jobsToRepeat(attempt: StoredAttempt, jobs: RerunOptions['jobs']): 'all' | string[] {
  if (jobs === 'all') return 'all';
  if (jobs === 'failed') {
    return attempt.jobs
      .filter(({ conclusion }) => conclusion !== 'success' && conclusion !== 'neutral')
      .map(({ key }) => key);
  }
  const job = attempt.jobs.find(({ id }) => id === jobs.jobId);
  if (job === undefined) throw notFound();
  return [job.key];
}

function addAttempt(store: Store, run: StoredRun, triggeringActor: string): StoredAttempt {
  const now = store.now();
  const attempt: StoredAttempt = {
    number: latestAttempt(run).number + 1,
    triggeringActor,
    status: 'queued',
    conclusion: null,
    startedAt: now,
    updatedAt: now,
    jobs: [],
  };
  run.attempts.push(attempt);
  run.cancelRequested = false;
  return attempt;
}

/** A job that need not run again appears in the new attempt under a new id, with its result. */
function copyJob(store: Store, job: StoredJob, attempt: StoredAttempt): void {
  const copy: StoredJob = { ...job, id: takeId(store), attempt: attempt.number, steps: [...job.steps] };
  store.jobs.set(copy.id, copy);
  attempt.jobs.push(copy);
}
