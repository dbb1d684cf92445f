import type { RunRequest } from '../../github/runs/run-request.ts';
import { latestAttempt } from '../../github/state/runs.ts';
import { WorkflowError } from '../expressions.ts';
import type { Workflow } from '../model.ts';
import { inputsContext, runContext, variablesOf } from './contexts.ts';
import { driveRun } from './drive-run.ts';
import { readWorkflow } from './read-workflow.ts';
import {
  cancelSession,
  type RunCauseFacts,
  type RunView,
  type Session,
  type SettledJob,
  type Workshop,
} from './session.ts';

/** The runs of an engine: what goes on, and what is over. */
export interface Registry {
  readonly shop: Workshop;
  readonly views: RunView[];
  /** What broke in the runner itself. */
  readonly faults: readonly unknown[];
  /** Drives a run that GitHub's side has queued; resolves when it is over. */
  readonly drive: (runId: number, cause: RunCauseFacts, workflow: Workflow | WorkflowError) => Promise<void>;
  readonly rerun: (request: Extract<RunRequest, { kind: 'rerun' }>) => Promise<void>;
  readonly cancel: (runId: number, force: boolean) => void;
  readonly vanish: (runId: number) => void;
  readonly giveUp: (runId: number) => void;
  /** Does something that counts as going on, and is waited for when all stops. */
  readonly background: (act: () => Promise<unknown>) => void;
  readonly stop: () => Promise<void>;
}

interface Past {
  readonly cause: RunCauseFacts;
  readonly settled: ReadonlyMap<string, SettledJob>;
}

/** No runs yet. */
export function createRegistry(shop: Workshop): Registry {
  const views: RunView[] = [];
  const sessions = new Map<number, Session>();
  const past = new Map<number, Past>();
  const tasks = new Set<Promise<unknown>>();
  const faults: unknown[] = [];
  let stopping = false;

  const background = (act: () => Promise<unknown>): void => {
    const task = shop.activity.during(act).catch((error: unknown) => {
      if (!stopping) faults.push(error);
    });
    tasks.add(task);
    void task.finally(() => tasks.delete(task));
  };

  const drive: Registry['drive'] = async (runId, cause, workflow) => {
    await begin(runId, cause, { workflow, kept: new Map() });
  };

  const begin = async (
    runId: number,
    cause: RunCauseFacts,
    of: { readonly workflow: Workflow | WorkflowError; readonly kept: ReadonlyMap<string, SettledJob> },
  ): Promise<void> => {
    const view = viewOf(shop, runId, cause);
    views.push(view);
    const settled = new Map<string, SettledJob>();
    past.set(runId, { cause, settled });
    if (of.workflow instanceof WorkflowError) {
      view.reason = of.workflow.message;
      view.conclusion = 'startup_failure';
      shop.host.runs.finish(runId, 'startup_failure');
      return;
    }
    const session: Session = {
      shop,
      view,
      cause,
      workflow: of.workflow,
      cancel: new AbortController(),
      machines: newMachines(),
      kept: of.kept,
      settled,
    };
    sessions.set(runId, session);
    nameRun(session);
    try {
      await driveRun(session);
    } finally {
      sessions.delete(runId);
    }
  };

  return {
    shop,
    views,
    faults,
    background,
    drive,
    rerun: async ({ runId, jobs }) => {
      const before = past.get(runId);
      if (before === undefined) return;
      const workflow = await readWorkflow(shop, before.cause.path, before.cause.sha);
      if (workflow === null) return;
      const kept = jobs === 'all' ? new Map() : keptOf(before, jobs);
      await begin(runId, before.cause, { workflow, kept });
    },
    cancel: (runId, force) => {
      const session = sessions.get(runId);
      if (session === undefined) return;
      cancelSession(session, 'The run was canceled by somebody.');
      if (force) lose(session, 'cancelled');
    },
    vanish: (runId) => {
      const session = sessions.get(runId);
      if (session === undefined) throw new Error(`run ${runId} does not run`);
      const { machines } = session;
      machines.vanish.abort();
      setTimeout(() => machines.lost.resolve('failure'), shop.lostAfterMs).unref();
    },
    giveUp: (runId) => {
      const session = sessions.get(runId);
      if (session !== undefined) lose(session, 'failure');
    },
    stop: async () => {
      stopping = true;
      for (const session of sessions.values()) {
        cancelSession(session, 'The runner stops.');
        lose(session, 'cancelled');
      }
      await Promise.all(tasks);
    },
  };
}

/** The machines of a run are gone, and GitHub knows; later jobs get others. */
function lose(session: Session, result: 'failure' | 'cancelled'): void {
  session.machines.vanish.abort();
  session.machines.lost.resolve(result);
  session.machines = newMachines();
}

function newMachines(): Session['machines'] {
  return { vanish: new AbortController(), lost: Promise.withResolvers() };
}

/** `run-name`, by GitHub's own evaluator. */
function nameRun(session: Session): void {
  const { workflow, shop, view, cause } = session;
  if (workflow.runName === undefined) return;
  const github = runContext(session, shop.host.runs.get(view.id));
  const contexts = {
    github,
    inputs: inputsContext(workflow, cause.inputs),
    vars: { ...variablesOf(session, null) },
  };
  const title = shop.expressions.text(workflow.runName, { contexts });
  if (title !== '') shop.host.runs.rename(view.id, title);
}

function keptOf({ settled }: Past, again: readonly string[]): Map<string, SettledJob> {
  return new Map([...settled].filter(([key]) => !again.includes(key)));
}

function viewOf({ host }: Workshop, runId: number, cause: RunCauseFacts): RunView {
  const run = host.runs.get(runId);
  return {
    id: runId,
    attempt: latestAttempt(run).number,
    path: cause.path,
    name: run.name,
    event: cause.event,
    conclusion: null,
    reason: '',
    concurrency: null,
    jobs: [],
  };
}
