import { GitHubError, notFound } from '../github-error.ts';
import { type Conclusion, latestAttempt, type RunStatus, type StoredRun } from '../state/runs.ts';
import { parseWorkflowFile, type WorkflowFile, WorkflowFileError, workflowAt } from '../state/workflows.ts';
import { type Store, takeId } from '../store.ts';
import { tellRun } from './run-events.ts';
import type { NewRun, RunCore, RunTable } from './run-table.ts';
import { runTitle } from './run-title.ts';

type RunLife = Pick<RunTable, 'queue' | 'pend' | 'start' | 'rename' | 'finish' | 'cancel'>;

/** Queued, started, finished: what happens to a run as a whole. */
export function createRunLife(core: RunCore): RunLife {
  const { store } = core;
  const move = (runId: number, status: RunStatus, conclusion: Conclusion | null = null): StoredRun => {
    const run = findRun(store, runId);
    const attempt = latestAttempt(run);
    // A run that is over stays so; only a rerun adds to it.
    if (attempt.status === 'completed') return run;
    const news = attempt.status !== status;
    Object.assign(attempt, { status, conclusion, updatedAt: store.now() });
    if (news && status === 'in_progress') tellRun(core, run, 'in_progress');
    if (news && status === 'completed') tellRun(core, run, 'completed');
    return run;
  };
  return {
    queue: (fresh) => {
      const run = addRun(store, fresh);
      tellRun(core, run, 'requested');
      return run;
    },
    pend: (runId) => void move(runId, 'pending'),
    start: (runId) => void move(runId, 'in_progress'),
    rename: (runId, displayTitle) => {
      findRun(store, runId).displayTitle = displayTitle;
    },
    finish: (runId, conclusion) => {
      const run = move(runId, 'completed', conclusion);
      for (const job of latestAttempt(run).jobs) {
        if (job.status !== 'completed')
          throw new Error(`run ${runId} ends while its job ${job.name} goes on`);
      }
    },
    cancel: (runId, options = {}) => {
      const run = findRun(store, runId);
      if (latestAttempt(run).status === 'completed') {
        throw new GitHubError(409, 'Cannot cancel a workflow run that is completed.');
      }
      run.cancelRequested = true;
      if (core.ask({ kind: 'cancel', runId, force: options.force ?? false })) return;
      for (const job of latestAttempt(run).jobs.filter((each) => each.status !== 'completed')) {
        Object.assign(job, { status: 'completed', conclusion: 'cancelled', completedAt: store.now() });
      }
      move(runId, 'completed', 'cancelled');
    },
  };
}

/** The run with this id. @throws GitHubError 404 */
export function findRun(store: Store, runId: number): StoredRun {
  const run = store.runs.get(runId);
  if (run === undefined) throw notFound();
  return run;
}

function addRun(store: Store, fresh: NewRun): StoredRun {
  const file = fileOf(store, fresh);
  const workflowId = ensureWorkflow(store, fresh.path);
  const number = [...store.runs.values()].filter((run) => run.workflowId === workflowId).length + 1;
  const now = store.now();
  const run: StoredRun = {
    id: takeId(store),
    number,
    workflowId,
    path: fresh.path,
    name: file.name,
    displayTitle: fresh.displayTitle ?? runTitle(store, file, { ...fresh, number }),
    event: fresh.event,
    payload: fresh.payload,
    ref: fresh.ref,
    headBranch: fresh.headBranch ?? /^refs\/(?:heads|tags)\/(.+)$/.exec(fresh.ref)?.[1] ?? null,
    headSha: fresh.headSha ?? fresh.sha,
    sha: fresh.sha,
    actor: fresh.actor,
    inputs: fresh.inputs,
    createdAt: now,
    listedAt: new Date(now.getTime() + store.runListDelayMs),
    attempts: [
      {
        number: 1,
        triggeringActor: fresh.actor,
        status: 'queued',
        conclusion: null,
        startedAt: now,
        updatedAt: now,
        jobs: [],
      },
    ],
    reviews: [],
    cancelRequested: false,
  };
  store.runs.set(run.id, run);
  return run;
}

/** The file a run executes; one that is missing or broken still has a run, named by its path, as on GitHub. */
function fileOf(store: Store, { path, sha }: NewRun): WorkflowFile {
  try {
    return workflowAt(store, path, sha) ?? parseWorkflowFile(path, 'on: push');
  } catch (error) {
    if (!(error instanceof WorkflowFileError)) throw error;
    return parseWorkflowFile(path, 'on: push');
  }
}

function ensureWorkflow(store: Store, path: string): number {
  const known = store.workflows.get(path);
  if (known !== undefined) return known.id;
  const at = store.now();
  const id = takeId(store);
  store.workflows.set(path, { id, path, state: 'active', createdAt: at, updatedAt: at });
  return id;
}
