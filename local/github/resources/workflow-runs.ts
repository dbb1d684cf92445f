import { notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { latestAttempt, type StoredAttempt, type StoredJob, type StoredRun } from '../state/runs.ts';
import { listed } from '../state/staleness.ts';
import { renderJob } from './render-job.ts';
import { renderRun } from './render-run.ts';
import { workflowOf } from './workflows.ts';

const readsActions = () => [{ scope: 'actions', level: 'read' } as const];

/** Runs and their jobs, for reading. */
export const workflowRuns = {
  'actions/list-workflow-runs-for-repo': {
    needs: readsActions,
    handle: (request) => listRuns(request, () => true),
  },
  'actions/list-workflow-runs': {
    needs: readsActions,
    handle: (request) => {
      const workflow = workflowOf(request);
      return listRuns(request, (run) => run.workflowId === workflow.id);
    },
  },
  'actions/get-workflow-run': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderRun(runOf(request), request) }),
  },
  'actions/get-workflow-run-attempt': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderRun(runOf(request), request, attemptOf(request)) }),
  },
  'actions/list-jobs-for-workflow-run': {
    needs: readsActions,
    handle: (request) => {
      const run = runOf(request);
      const wanted = request.query.get('filter') === 'all' ? run.attempts : [latestAttempt(run)];
      return {
        status: 200,
        pageName: 'jobs',
        page: wanted.flatMap(({ jobs }) => jobs).map((job) => renderJob(job, request)),
      };
    },
  },
  'actions/list-jobs-for-workflow-run-attempt': {
    needs: readsActions,
    handle: (request) => ({
      status: 200,
      pageName: 'jobs',
      page: attemptOf(request).jobs.map((job) => renderJob(job, request)),
    }),
  },
  'actions/get-job-for-workflow-run': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderJob(jobOf(request), request) }),
  },
} satisfies Handlers;

/** The run a path names. @throws GitHubError 404 */
export function runOf({ store, parameters }: HandledRequest): StoredRun {
  const run = store.runs.get(Number(parameters.run_id));
  if (run === undefined) throw notFound();
  return run;
}

/** The job a path names. @throws GitHubError 404 */
export function jobOf({ store, parameters }: HandledRequest): StoredJob {
  const job = store.jobs.get(Number(parameters.job_id));
  if (job === undefined) throw notFound();
  return job;
}

function attemptOf(request: HandledRequest): StoredAttempt {
  const number = Number(request.parameters.attempt_number);
  const attempt = runOf(request).attempts.find((each) => each.number === number);
  if (attempt === undefined) throw notFound();
  return attempt;
}

function listRuns(request: HandledRequest, isConcerned: (run: StoredRun) => boolean): HandledResponse {
  const now = request.store.now();
  const runs = listed(request.store, 'runs').filter(
    (run) => run.listedAt <= now && isConcerned(run) && isWanted(run, request.query),
  );
  return {
    status: 200,
    pageName: 'workflow_runs',
    page: runs.toReversed().map((run) => renderRun(run, request)),
  };
}

/** The filters GitHub has. `status` asks for a status or a conclusion. */
function isWanted(run: StoredRun, query: URLSearchParams): boolean {
  const { status, conclusion } = latestAttempt(run);
  const asked = query.get('status');
  const agrees = (name: string, value: string | null): boolean => [null, value].includes(query.get(name));
  return (
    agrees('branch', run.headBranch) &&
    agrees('event', run.event) &&
    agrees('actor', run.actor) &&
    agrees('head_sha', run.headSha) &&
    (asked === null || asked === status || asked === conclusion) &&
    isCreated(run.createdAt, query.get('created'))
  );
}

/** `>=2026-01-01`, `<2026-01-02T10:00:00Z`, `a..b`, or one day: the search syntax for dates. */
function isCreated(at: Date, wanted: string | null): boolean {
  if (wanted === null) return true;
  const [from, to] = wanted.split('..');
  if (to !== undefined) return isCreated(at, `>=${from}`) && isCreated(at, `<=${to}`);
  const [, operator = '', text = ''] = /^(>=|<=|>|<)?(.+)$/.exec(wanted) ?? [];
  const length = /T/.test(text) ? 1_000 : 86_400_000;
  const [start, time] = [Date.parse(text), at.getTime()];
  switch (operator) {
    case '>=':
      return time >= start;
    case '>':
      return time >= start + length;
    case '<=':
      return time < start + length;
    case '<':
      return time < start;
    default:
      return time >= start && time < start + length;
  }
}
