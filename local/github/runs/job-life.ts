import { LONGEST_LOG, latestAttempt, type StoredJob } from '../state/runs.ts';
import { type Store, takeId } from '../store.ts';
import { ACTIONS_LOGIN } from '../tokens.ts';
import { settleDeployment, startDeployment } from './job-deployment.ts';
import { tellJob } from './run-events.ts';
import { findRun } from './run-life.ts';
import type { JobEnd, NewJob, RunCore, RunTable } from './run-table.ts';

type JobLife = Pick<
  RunTable,
  'addJobs' | 'startJob' | 'startStep' | 'finishStep' | 'log' | 'finishJob' | 'pendJob'
>;

/** What happens to the jobs of a run. */
export function createJobs(core: RunCore): JobLife {
  const { store } = core;
  return {
    addJobs: (runId, jobs) => {
      const added = jobs.map((job) => addJob(store, runId, job));
      for (const job of added) tellJob(core, job, 'queued');
      return added;
    },
    startJob: (jobId, runner = 'local') => {
      const job = findJob(store, jobId);
      Object.assign(job, { status: 'in_progress', startedAt: store.now(), runnerName: runner });
      updateCheck(store, job);
      startDeployment(store, job);
      touch(store, job);
      tellJob(core, job, 'in_progress');
    },
    startStep: (jobId, { number, name }) => {
      findJob(store, jobId).steps.push({
        number,
        name,
        status: 'in_progress',
        conclusion: null,
        startedAt: store.now(),
        completedAt: null,
      });
    },
    finishStep: (jobId, number, conclusion) => {
      const step = findJob(store, jobId).steps.find((each) => each.number === number);
      if (step === undefined) throw new Error(`job ${jobId} has no step ${number}`);
      Object.assign(step, { status: 'completed', conclusion, completedAt: store.now() });
    },
    log: (jobId, text) => {
      const job = findJob(store, jobId);
      const room = LONGEST_LOG - job.log.length;
      if (room > 0) job.log += text.slice(0, room);
    },
    pendJob: (jobId) => {
      findJob(store, jobId).status = 'pending';
    },
    finishJob: (jobId, conclusion, more = {}) => {
      const job = findJob(store, jobId);
      if (job.status === 'completed') return;
      const now = store.now();
      Object.assign(job, {
        status: 'completed',
        conclusion,
        startedAt: job.startedAt ?? now,
        completedAt: now,
      });
      updateCheck(store, job);
      annotate(store, job, more.annotations ?? []);
      settleDeployment(store, job, more.environmentUrl);
      touch(store, job);
      tellJob(core, job, 'completed');
    },
  };
}

/** The job with this id. */
export function findJob(store: Store, jobId: number): StoredJob {
  const job = store.jobs.get(jobId);
  if (job === undefined) throw new Error(`there is no job ${jobId}`);
  return job;
}

function addJob(
  store: Store,
  runId: number,
  { key, name = key, labels = ['ubuntu-24.04'] }: NewJob,
): StoredJob {
  const run = findRun(store, runId);
  const attempt = latestAttempt(run);
  const checkRunId = takeId(store);
  const job: StoredJob = {
    id: takeId(store),
    runId,
    attempt: attempt.number,
    key,
    name,
    labels,
    status: 'queued',
    conclusion: null,
    createdAt: store.now(),
    startedAt: null,
    completedAt: null,
    runnerName: null,
    steps: [],
    log: '',
    environment: null,
    deploymentId: null,
    checkRunId,
  };
  store.checkRuns.set(checkRunId, {
    id: checkRunId,
    suite: runId,
    headSha: run.headSha,
    name,
    status: 'queued',
    conclusion: null,
    detailsUrl: null,
    externalId: `${runId}:${key}`,
    startedAt: store.now(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    app: ACTIONS_LOGIN,
  });
  store.jobs.set(job.id, job);
  attempt.jobs.push(job);
  return job;
}

function updateCheck(store: Store, job: StoredJob): void {
  const check = store.checkRuns.get(job.checkRunId);
  if (check === undefined) return;
  const { status, conclusion, startedAt, completedAt } = job;
  Object.assign(check, { status, conclusion, startedAt, completedAt });
}

const LEVELS = { notice: 'notice', warning: 'warning', error: 'failure' } as const;
/** A step shows no more of each level. */
const MOST_ANNOTATIONS = 50;

function annotate(store: Store, job: StoredJob, annotations: NonNullable<JobEnd['annotations']>): void {
  const shown = annotations.slice(0, MOST_ANNOTATIONS).map((each) => ({
    path: each.file ?? '.github',
    startLine: each.line ?? 1,
    endLine: each.line ?? 1,
    level: LEVELS[each.level],
    message: each.message,
    title: each.title ?? null,
  }));
  store.checkRuns.get(job.checkRunId)?.annotations.push(...shown);
}

function touch(store: Store, job: StoredJob): void {
  latestAttempt(findRun(store, job.runId)).updatedAt = store.now();
}
