import type { Json } from '../../github/json-schema.ts';
import type { EnvironmentGate } from '../../github/runs/approvals.ts';
import { asText, WorkflowError } from '../expressions.ts';
import type { Ending, StepReport } from '../job/job-order.ts';
import type { Job } from '../model.ts';
import { partOf } from '../model.ts';
import { grantedPermissions } from '../permissions.ts';
import { scope } from './contexts.ts';
import { executeCell } from './execute-cell.ts';
import { groupSetting, type Place, takePlace } from './group.ts';
import type { JobView, Session, Values } from './session.ts';

/** One cell of a job's matrix, or the job itself. */
export interface Cell {
  /** Of the job on GitHub's side. */
  readonly id: number;
  readonly job: Job;
  readonly name: string;
  readonly contexts: Readonly<Record<string, Json>>;
  /** Aborted when another cell failed and all shall end fast. */
  readonly cancel: AbortController;
}

/** What became of a cell. */
export interface CellResult {
  readonly result: Ending;
  readonly outputs: Values;
  /** Which one it was to finish. */
  readonly order: number;
}

let finished = 0;

/** Takes a cell through its concurrency group, its environment and a machine to its result. */
export async function driveCell(session: Session, cell: Cell): Promise<CellResult> {
  const { shop } = session;
  const lines: string[] = [];
  const view = viewOf(session, cell, lines);
  session.view.jobs.push(view);
  const tell = (line: string): void => {
    lines.push(`${shop.now().toISOString()} ${line}\n`);
    shop.host.runs.log(cell.id, `${shop.now().toISOString()} ${line}\n`);
    shop.onLine({ runId: session.view.id, jobId: cell.id, job: cell.name, line });
  };
  try {
    return await drive(session, { ...cell, view, tell });
  } catch (error) {
    // Also what is wrong with the runner itself: one job fails, the others go on.
    const words =
      error instanceof WorkflowError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    tell(`##[error]${words}`);
    return settle(session, { ...cell, view, tell }, 'failure');
  }
}

/** A cell with where its news goes. */
export interface WatchedCell extends Cell {
  readonly view: JobView;
  /** Adds a line to the log; it must be masked already. */
  readonly tell: (line: string) => void;
}

async function drive(session: Session, cell: WatchedCell): Promise<CellResult> {
  const { shop } = session;
  const gone = goneOf(session, cell);
  const environment = environmentOf(session, cell);
  cell.view.environment = environment?.name ?? null;
  const place = enterGroup(session, cell, gone);
  try {
    if (place !== null && !(await shop.activity.waiting(place.held)))
      return settle(session, cell, 'cancelled');
    if (environment !== null) {
      const gate = await enterEnvironment(session, cell, environment, gone);
      const refusal = refusalOf(gate);
      if (refusal !== null) {
        cell.tell(`##[error]${refusal.words}`);
        return settle(session, cell, refusal.result);
      }
    }
    const giveBack = await shop.slots.take();
    try {
      if (gone.aborted) return settle(session, cell, 'cancelled');
      const { machines } = session;
      const { conclusion, outputs, environmentUrl } = await executeCell(session, cell, gone);
      if (machines.vanish.signal.aborted) {
        giveBack();
        return settle(session, cell, await shop.activity.waiting(machines.lost.promise));
      }
      return settle(session, cell, conclusion, { outputs, environmentUrl });
    } finally {
      giveBack();
    }
  } finally {
    place?.leave();
  }
}

/**
 * Set when a cell shall end before its time. A job whose condition holds even in a cancelled run is left alone.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 */
function goneOf(session: Session, cell: Cell): AbortSignal {
  const { cancel, shop } = session;
  if (!cancel.signal.aborted) {
    const { job, contexts } = cell;
    const check = (): void => {
      const standing = { success: false, failure: false, cancelled: true };
      if (!shop.expressions.holds(job.if, scope(contexts, standing))) cell.cancel.abort();
    };
    cancel.signal.addEventListener('abort', check, { once: true });
  }
  return cell.cancel.signal;
}

/** Ends a cell, on GitHub's side and ours. */
function settle(
  session: Session,
  { id, view }: WatchedCell,
  result: Ending,
  more: { readonly outputs?: Values; readonly environmentUrl?: string } = {},
): CellResult {
  finished += 1;
  view.conclusion = result;
  view.outputs = more.outputs ?? {};
  const annotations = view.annotations.map(({ file, line, ...each }) => ({
    ...each,
    file,
    ...(line === null ? {} : { line }),
  }));
  session.shop.host.runs.finishJob(id, result, { annotations, environmentUrl: more.environmentUrl ?? '' });
  return { result, outputs: view.outputs, order: finished };
}

function viewOf(session: Session, cell: Cell, lines: readonly string[]): JobView {
  const { workflow, cause, shop } = session;
  const steps: StepReport[] = [];
  return {
    id: cell.id,
    key: cell.job.id,
    name: cell.name,
    conclusion: null,
    outputs: {},
    annotations: [],
    summary: '',
    steps,
    stepContext: {},
    permissions: shop.permit(
      grantedPermissions({
        workflow: workflow.permissions,
        job: cell.job.permissions,
        fromFork: cause.fromFork,
      }),
      { file: workflow.file, job: cell.job.id },
    ),
    concurrency: null,
    environment: null,
    log: () => lines.join(''),
  };
}

function enterGroup(session: Session, cell: WatchedCell, gone: AbortSignal): Place | null {
  const { shop } = session;
  const setting = groupSetting(shop.expressions, cell.job.concurrency, scope(cell.contexts));
  if (setting === null) return null;
  cell.view.concurrency = setting.group;
  if (setting.group.toLowerCase() === session.view.concurrency?.toLowerCase()) {
    throw new WorkflowError(
      `Canceling since a deadlock was detected for concurrency group: '${setting.group}' between a top level workflow and '${cell.job.id}'`,
    );
  }
  return takePlace(shop, setting, {
    gone,
    wait: () => shop.host.runs.pendJob(cell.id),
    cancel: (reason) => {
      cell.tell(`##[error]${reason}`);
      cell.cancel.abort();
    },
  });
}

interface EnvironmentUse {
  readonly name: string;
  readonly deployment: boolean;
}

/** The environment a job enters, and whether that is a deployment. */
function environmentOf({ shop }: Session, { job, contexts }: Cell): EnvironmentUse | null {
  const { environment } = job;
  if (environment === undefined) return null;
  const named = partOf(environment, 'name') ?? environment;
  const name = asText(shop.expressions.resolve(named, scope(contexts)));
  const deployment = shop.expressions.resolve(partOf(environment, 'deployment'), scope(contexts)) !== false;
  return name === '' ? null : { name, deployment };
}

/** Waits for the protection rules; a cell that is cancelled waits no more. */
function enterEnvironment(
  { shop }: Session,
  { id }: WatchedCell,
  { name, deployment }: EnvironmentUse,
  gone: AbortSignal,
): Promise<EnvironmentGate> {
  const cancelled = new Promise<EnvironmentGate>((resolve) => {
    gone.addEventListener('abort', () => resolve({ state: 'cancelled' }), { once: true });
  });
  return shop.activity.waiting(
    Promise.race([shop.host.runs.enterEnvironment(id, name, { deployment }), cancelled]),
  );
}

function refusalOf(gate: EnvironmentGate): { readonly words: string; readonly result: Ending } | null {
  switch (gate.state) {
    case 'open':
      return null;
    case 'refused':
      return { words: gate.reason, result: 'failure' };
    case 'rejected':
      return {
        words: `${gate.login} rejected the deployment${gate.comment === '' ? '' : `: ${gate.comment}`}`,
        result: 'failure',
      };
    case 'cancelled':
      return { words: 'The operation was canceled.', result: 'cancelled' };
  }
}
