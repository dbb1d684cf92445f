import type { EventBus } from '../events/event.ts';
import type { Conclusion, StoredJob, StoredRun } from '../state/runs.ts';
import type { Store } from '../store.ts';
import { createApprovals, type EnvironmentGate } from './approvals.ts';
import { createJobs } from './job-life.ts';
import { createReruns } from './reruns.ts';
import { createRunLife } from './run-life.ts';
import type { RunRequest, RunRequestListener } from './run-request.ts';
import type { RunCause } from './run-title.ts';

/** A run to be. */
export interface NewRun extends RunCause {
  /** `.github/workflows/x.yml` */
  readonly path: string;
  /** Branch the run belongs to, where the ref does not say (pull requests). */
  readonly headBranch?: string | null;
  /** Commit it is shown at, where that is not the one it works on (pull requests). */
  readonly headSha?: string;
  /** Default: evaluated from the file's `run-name`, at the commit it works on. */
  readonly displayTitle?: string;
}

/** A job to be. */
export interface NewJob {
  readonly key: string;
  readonly name?: string;
  readonly labels?: readonly string[];
}

/** What else is known when a job ends. */
export interface JobEnd {
  /** `environment.url`, for the deployment. */
  readonly environmentUrl?: string;
  readonly annotations?: readonly {
    readonly level: 'notice' | 'warning' | 'error';
    readonly message: string;
    readonly title?: string;
    readonly file?: string;
    readonly line?: number;
  }[];
}

/** What jobs of a run need, and what becomes of a run: the side of GitHub a runner talks to. */
export interface RunTable {
  readonly get: (runId: number) => StoredRun;
  readonly job: (jobId: number) => StoredJob;
  /** Every run, oldest first, listed by the API or not. */
  readonly all: () => StoredRun[];

  /** A new run, queued. Dispatched ones are queued already: see {@link GitHubEvent.dispatched}. */
  readonly queue: (run: NewRun) => StoredRun;
  /** Behind another run of its concurrency group. */
  readonly pend: (runId: number) => void;
  readonly start: (runId: number) => void;
  readonly rename: (runId: number, displayTitle: string) => void;
  readonly finish: (runId: number, conclusion: Conclusion) => void;

  /** Jobs of the latest attempt; each is a check run of the commit too. */
  readonly addJobs: (runId: number, jobs: readonly NewJob[]) => StoredJob[];
  readonly startJob: (jobId: number, runner?: string) => void;
  readonly startStep: (jobId: number, step: { readonly number: number; readonly name: string }) => void;
  readonly finishStep: (jobId: number, number: number, conclusion: Conclusion) => void;
  /** Adds to the job's log; nothing that ought to be masked may come here. */
  readonly log: (jobId: number, text: string) => void;
  /** Ends a job; its deployment gets `success`, `failure`, `error` or `inactive` with it. */
  readonly finishJob: (jobId: number, conclusion: Conclusion, more?: JobEnd) => void;
  /** Behind another job of its concurrency group. */
  readonly pendJob: (jobId: number) => void;

  /**
   * A job enters its environment: a deployment is made, and the protection rules are asked. Resolves at once where there are
   * none, else when the wait is over and somebody approved, rejected or cancelled.
   */
  readonly enterEnvironment: (
    jobId: number,
    environment: string,
    options?: {
      /** False: the rules hold but no deployment is recorded, as with `deployment: false`. */
      readonly deployment?: boolean;
    },
  ) => Promise<EnvironmentGate>;
  /** Somebody answers for the environments of a run that wait. @throws GitHubError 403, 404, 422 */
  readonly review: (runId: number, review: EnvironmentReview) => void;

  /** Asks the runner to stop; without one, a run ends at once. @throws GitHubError 409 when it is over */
  readonly cancel: (runId: number, options?: { readonly force?: boolean }) => void;
  /** Another attempt of a finished run. @throws GitHubError 403 */
  readonly rerun: (runId: number, options: RerunOptions) => void;
  /** Hears what the API asks of the runner; returns how to stop listening. */
  readonly onRequest: (listener: RunRequestListener) => () => void;
}

/** An answer for environments that wait, by name. */
export interface EnvironmentReview {
  readonly environments: readonly string[];
  readonly state: 'approved' | 'rejected';
  readonly login: string;
  readonly comment?: string;
}

/** What to run again. */
export interface RerunOptions {
  readonly jobs: 'all' | 'failed' | { readonly jobId: number };
  readonly actor: string;
  readonly debugLogging?: boolean;
}

/** What the parts of the table share. */
export interface RunCore {
  readonly store: Store;
  readonly events: EventBus;
  readonly baseUrl: string;
  /** Sends a request; false when nobody runs jobs. */
  readonly ask: (request: RunRequest) => boolean;
}

/** The table over a store. */
export function createRunTable(world: Pick<RunCore, 'store' | 'events' | 'baseUrl'>): RunTable {
  const { store } = world;
  const listeners = new Set<RunRequestListener>();
  const core: RunCore = {
    ...world,
    ask: (request) => {
      for (const listener of listeners) setImmediate(() => listener(request));
      return listeners.size > 0;
    },
  };
  const life = createRunLife(core);
  const approvals = createApprovals(core);
  const jobs = createJobs(core);
  const reruns = createReruns(core);
  return {
    get: (id) => found(store.runs.get(id), `run ${id}`),
    job: (id) => found(store.jobs.get(id), `job ${id}`),
    all: () => [...store.runs.values()],
    ...life,
    ...jobs,
    enterEnvironment: approvals.enter,
    review: approvals.review,
    cancel: (runId, options) => {
      approvals.giveUp(runId);
      life.cancel(runId, options);
    },
    rerun: reruns.rerun,
    onRequest: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function found<Thing>(thing: Thing | undefined, name: string): Thing {
  if (thing === undefined) throw new Error(`there is no ${name}`);
  return thing;
}
