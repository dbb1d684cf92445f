import * as z from 'zod';
import { notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { DOWNLOADS } from '../jobs/blobs.ts';
import type { RerunOptions } from '../runs/run-table.ts';
import { latestAttempt } from '../state/runs.ts';
import { parseBody } from './bodies.ts';
import { jobOf, runOf } from './workflow-runs.ts';

const Rerun = z.object({ enable_debug_logging: z.boolean().default(false) });
const readsActions = () => [{ scope: 'actions', level: 'read' } as const];
const writesActions = () => [{ scope: 'actions', level: 'write' } as const];

/** Stopping runs, running them again, and what they wrote. */
export const runControl = {
  'actions/cancel-workflow-run': {
    needs: writesActions,
    handle: (request) => {
      request.runs.cancel(runOf(request).id);
      return { status: 202, body: {} };
    },
  },
  'actions/force-cancel-workflow-run': {
    needs: writesActions,
    handle: (request) => {
      request.runs.cancel(runOf(request).id, { force: true });
      return { status: 202, body: {} };
    },
  },
  'actions/re-run-workflow': {
    needs: writesActions,
    handle: (request) => rerun(request, runOf(request).id, 'all'),
  },
  'actions/re-run-workflow-failed-jobs': {
    needs: writesActions,
    handle: (request) => rerun(request, runOf(request).id, 'failed'),
  },
  'actions/re-run-job-for-workflow-run': {
    needs: writesActions,
    handle: (request) => {
      const job = jobOf(request);
      return rerun(request, job.runId, { jobId: job.id });
    },
  },
  'actions/download-job-logs-for-workflow-run': {
    needs: readsActions,
    handle: (request) => {
      const job = jobOf(request);
      // A job's log is there once the job is over.
      if (job.status !== 'completed') throw notFound();
      return elsewhere(request.tickets.url(DOWNLOADS.jobLog(job.id), 'r'));
    },
  },
  'actions/download-workflow-run-logs': {
    needs: readsActions,
    handle: (request) => {
      const run = runOf(request);
      const { number } = latestAttempt(run);
      return elsewhere(request.tickets.url(DOWNLOADS.runLogs(run.id, number), 'r'));
    },
  },
} satisfies Handlers;

/** An address that works for a minute, without a token. */
export function elsewhere(location: string): HandledResponse {
  return { status: 302, headers: { location } };
}

function rerun(request: HandledRequest, runId: number, jobs: RerunOptions['jobs']): HandledResponse {
  const { enable_debug_logging: debugLogging } = parseBody(Rerun, {
    body: request.body,
    resource: 'WorkflowRun',
  });
  request.runs.rerun(runId, { jobs, actor: request.identity.login, debugLogging });
  return { status: 201, body: {} };
}
