import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Sql } from '../_shared/database/connect.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import {
  cancelJob,
  getJob,
  type Job,
  type JobStatus,
  listJobs,
  pauseTaskType,
  queueOverview,
  resumeTaskType,
  retryJobNow,
} from '../_shared/queue/admin-statements.ts';
import {
  renderJobsTerminal,
  renderJobTerminal,
  renderOverviewTerminal,
} from '../_shared/queue/jobs-terminal.ts';
import { loadHandler } from '../_shared/queue/load-handlers.ts';
import { enqueueJob, type UniqueMode } from '../_shared/queue/statements.ts';
import { type TargetOptions, withDatabaseOf } from './target-url.ts';

interface PrintOptions extends TargetOptions {
  readonly format: 'terminal' | 'json';
}

function print(
  options: PrintOptions,
  value: unknown,
  text: (view: { color: boolean; now: Date }) => string,
): void {
  const view = { color: wantsColor(process.stdout), now: new Date() };
  process.stdout.write(options.format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : text(view));
}

export interface ListJobsOptions extends PrintOptions {
  readonly status?: JobStatus;
  readonly type?: string;
  readonly before?: number;
  readonly limit: number;
}

/** `opsroom jobs list`: newest last, as a log reads. */
export async function list(options: ListJobsOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const jobs = await listJobs(sql, {
      status: options.status,
      taskType: options.type,
      beforeId: options.before,
      limit: options.limit,
    });
    const shown: readonly Job[] = jobs.toReversed();
    print(options, shown, (view) => renderJobsTerminal(shown, view));
    const oldest = shown[0];
    if (options.format === 'terminal' && jobs.length === options.limit && oldest !== undefined) {
      process.stdout.write(`Older ones: --before ${oldest.id}\n`);
    }
    return 0;
  });
}

/** `opsroom jobs show ID`. */
export async function show(options: PrintOptions & { readonly id: number }): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const job = await getJob(sql, options.id);
    if (job === undefined) throw noJob(options.id);
    print(options, job, (view) => renderJobTerminal(job, view));
    return 0;
  });
}

/** `opsroom jobs overview`. */
export async function overview(options: PrintOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const state = await queueOverview(sql);
    print(options, state, (view) => renderOverviewTerminal(state, view));
    return 0;
  });
}

interface Outcome {
  readonly id: number;
  readonly outcome: string;
  readonly ok: boolean;
}

/** `opsroom jobs retry ID...`: exit 1 when one of them could not be. */
export async function retry(options: PrintOptions & { readonly ids: readonly number[] }): Promise<number> {
  return forEachJob(options, async (sql, id) => {
    if (await retryJobNow(sql, id)) return { id, outcome: 'runs again now', ok: true };
    const job = await getJob(sql, id);
    return { id, outcome: job === undefined ? 'does not exist' : `is ${job.status}, not waiting`, ok: false };
  });
}

/** `opsroom jobs cancel ID...`: exit 1 when one of them had ended or does not exist. */
export async function cancel(options: PrintOptions & { readonly ids: readonly number[] }): Promise<number> {
  return forEachJob(options, async (sql, id) => {
    const outcome = await cancelJob(sql, id);
    if (outcome === 'cancelled') return { id, outcome, ok: true };
    if (outcome === 'cancelling') return { id, outcome: 'is running; its worker is told to stop', ok: true };
    const job = await getJob(sql, id);
    return { id, outcome: job === undefined ? 'does not exist' : `had ended: ${job.status}`, ok: false };
  });
}

async function forEachJob(
  options: PrintOptions & { readonly ids: readonly number[] },
  act: (sql: Sql, id: number) => Promise<Outcome>,
): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const outcomes: Outcome[] = [];
    for (const id of options.ids) outcomes.push(await act(sql, id));
    print(options, outcomes, () => outcomes.map(({ id, outcome }) => `job ${id} ${outcome}\n`).join(''));
    return outcomes.every(({ ok }) => ok) ? 0 : 1;
  });
}

/** `opsroom jobs pause TYPE` and `resume TYPE`. */
export async function setPaused(
  options: PrintOptions & { readonly taskType: string; readonly paused: boolean },
): Promise<number> {
  const { taskType, paused } = options;
  return withDatabaseOf(options, async (sql) => {
    const { types } = await queueOverview(sql);
    await (paused ? pauseTaskType : resumeTaskType)(sql, taskType);
    const said = paused ? 'is paused: nothing of it is claimed, what runs goes on' : 'is claimed again';
    print(options, { task_type: taskType, paused }, () => `${taskType} ${said}\n`);
    warnUnknownType(
      taskType,
      types.map((type) => type.task_type),
    );
    return 0;
  });
}

function warnUnknownType(taskType: string, known: readonly string[]): void {
  if (known.includes(taskType)) return;
  const near = closestWord(taskType, known);
  process.stderr.write(
    `note: the queue holds no job of type ${taskType}${near === undefined ? '' : `; did you mean ${near}?`}\n`,
  );
}

export interface EnqueueOptions extends PrintOptions {
  readonly taskType: string;
  readonly handlers: string;
  readonly payload: string;
  readonly runAt?: Date;
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly uniqueKey?: string;
  readonly uniqueMode?: UniqueMode;
  readonly serialKey?: string;
}

/** `opsroom jobs enqueue TYPE`: the payload is checked by the handler's schema when the handler is here. */
export async function enqueue(options: EnqueueOptions): Promise<number> {
  const payload = parsePayload(options.payload);
  await checkPayload(options, payload);
  return withDatabaseOf(options, async (sql) => {
    const id = await enqueueJob(sql, {
      taskType: options.taskType,
      payload,
      maxAttempts: options.maxAttempts,
      runAt: options.runAt,
      priority: options.priority,
      uniqueKey: options.uniqueKey,
      uniqueMode: options.uniqueMode,
      serialKey: options.serialKey,
    });
    print(options, { id }, () => `job ${id} is queued\n`);
    return 0;
  });
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(
      `--payload is no JSON: ${error instanceof Error ? error.message : 'invalid'}`,
      {
        hint: `For example --payload '{"dryRun": true}'`,
      },
    );
  }
}

async function checkPayload(options: EnqueueOptions, payload: unknown): Promise<void> {
  const folder = path.resolve(options.root, options.handlers);
  const file = path.join(folder, `${options.taskType}.ts`);
  if (!existsSync(file)) {
    process.stderr.write(
      `note: ${options.taskType} has no handler in ${options.handlers}; the payload was not checked\n`,
    );
    return;
  }
  const parsed = (await loadHandler(options.taskType, file)).parse(payload);
  if (!parsed.ok) {
    throw new ConfigurationError(`${options.taskType} does not take this: ${parsed.problem}`, {
      hint: 'Nothing was queued.',
    });
  }
}

function noJob(id: number): ConfigurationError {
  return new ConfigurationError(`There is no job ${id}.`, {
    hint: '`opsroom jobs list` shows those there are.',
  });
}
