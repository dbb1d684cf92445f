import type { Json } from '../../github/json-schema.ts';
import { asObject, WorkflowError } from '../expressions.ts';
import type { Ending } from '../job/job-order.ts';
import { type Combination, expandMatrix, matrixSuffix } from '../matrix.ts';
import type { Job } from '../model.ts';
import { inputsContext, needsContext, runContext, scope, standingBefore, variablesOf } from './contexts.ts';
import { type Cell, type CellResult, driveCell } from './drive-cell.ts';
import type { Session, SettledJob } from './session.ts';
import { createSlots } from './slots.ts';

/** Decides whether a job runs, makes the cells of its matrix, and sums up what became of them. */
export async function driveJob(session: Session, job: Job): Promise<SettledJob> {
  const contexts = {
    github: { ...runContext(session, session.shop.host.runs.get(session.view.id)), job: job.id },
    inputs: inputsContext(session.workflow, session.cause.inputs),
    vars: { ...variablesOf(session, null) },
    needs: needsContext(session, job),
  };
  try {
    const { expressions } = session.shop;
    if (!expressions.holds(job.if, scope(contexts, standingBefore(session, job)))) {
      return passOver(session, job, session.cancel.signal.aborted ? 'cancelled' : 'skipped');
    }
    // Without its container a job would do to this machine what it means to do to a throwaway one.
    if (job.beyondUs !== null)
      throw new WorkflowError(`Job ${job.id} has ${job.beyondUs}, which this runner cannot do`);
    return await runCells(session, job, contexts);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    session.view.reason = error.message;
    return passOver(session, job, 'failure');
  }
}

/** A job that gets no machine. */
function passOver({ shop, view }: Session, job: Job, result: Ending): SettledJob {
  const [stored] = shop.host.runs.addJobs(view.id, [{ key: job.id, name: plainName(job) }]);
  if (stored !== undefined) {
    shop.host.runs.finishJob(stored.id, result);
    view.jobs.push({
      id: stored.id,
      key: job.id,
      name: stored.name,
      conclusion: result,
      outputs: {},
      annotations: [],
      summary: '',
      steps: [],
      stepContext: {},
      permissions: {},
      concurrency: null,
      environment: null,
      log: () => '',
    });
  }
  return { result, outputs: {} };
}

function plainName(job: Job): string {
  const { name } = job;
  return name?.isLiteral === true ? name.toString() : job.id;
}

async function runCells(
  session: Session,
  job: Job,
  contexts: Readonly<Record<string, Json>>,
): Promise<SettledJob> {
  const { expressions, host } = session.shop;
  const strategy = asObject(expressions.resolve(job.strategy, scope(contexts)));
  const combinations = strategy.matrix === undefined ? [null] : expandMatrix(strategy.matrix);
  const cells = combinations.map((values, index): Omit<Cell, 'id'> => {
    const of = { values, index, total: combinations.length, strategy };
    return { job, contexts: { ...contexts, ...cellContexts(of) }, cancel: new AbortController(), name: '' };
  });
  const named = cells.map((cell, index) => ({
    ...cell,
    name: nameOf(session, cell, combinations[index] ?? null),
  }));
  const stored = host.runs.addJobs(
    session.view.id,
    named.map(({ name }) => ({ key: job.id, name })),
  );
  const failFast = strategy['fail-fast'] !== false;
  const limit = Number(strategy['max-parallel'] ?? 0) || combinations.length;
  const slots = createSlots(limit);
  const all = named.map((cell, index) => ({ ...cell, id: stored[index]?.id ?? 0 }));
  const results = await Promise.all(
    all.map(async (cell) => {
      const giveBack = limit < all.length ? await slots.take() : () => undefined;
      try {
        const result = forgive(session, cell, await driveCell(session, cell));
        if (result.result === 'failure' && failFast) for (const other of all) other.cancel.abort();
        return result;
      } finally {
        giveBack();
      }
    }),
  );
  return sumUp(results);
}

/** A job that may fail counts as successful for all others, as if nothing had been. */
function forgive({ shop }: Session, { job, contexts }: Cell, result: CellResult): CellResult {
  if (result.result !== 'failure') return result;
  const forgiven = shop.expressions.text(job.continueOnError, scope(contexts)) === 'true';
  return forgiven ? { ...result, result: 'success' } : result;
}

function cellContexts(of: {
  readonly values: Combination | null;
  readonly index: number;
  readonly total: number;
  readonly strategy: Readonly<Record<string, Json>>;
}): Record<string, Json> {
  return {
    matrix: of.values,
    strategy: {
      'fail-fast': of.strategy['fail-fast'] !== false,
      'job-index': of.index,
      'job-total': of.total,
      'max-parallel': Number(of.strategy['max-parallel'] ?? 0) || of.total,
    },
  };
}

function nameOf({ shop }: Session, cell: Pick<Cell, 'job' | 'contexts'>, values: Combination | null): string {
  const { job } = cell;
  const suffix = values === null ? '' : matrixSuffix(values);
  if (job.name === undefined) return job.id + suffix;
  const name = shop.expressions.text(job.name, scope(cell.contexts));
  return job.name.isExpression ? name : name + suffix;
}

/** One result for all cells: the worst counts; of an output the last cell that set it. */
function sumUp(results: readonly CellResult[]): SettledJob {
  const worst = (['failure', 'cancelled'] as const).find((each) =>
    results.some(({ result }) => result === each),
  );
  const inOrder = [...results].sort((a, b) => a.order - b.order);
  const outputs = Object.fromEntries(inOrder.flatMap((each) => Object.entries(each.outputs)));
  return { result: worst ?? 'success', outputs };
}
