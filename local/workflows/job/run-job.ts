import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asObject, WorkflowError } from '../expressions.ts';
import { partOf } from '../model.ts';
import { complain, on } from './execute-program.ts';
import { type Frame, type JobRun, type Runnable, scopeOf } from './frame.ts';
import type { Ending, JobOrder, JobResult } from './job-order.ts';
import { endOrphans } from './orphans.ts';
import { runnablesOf } from './step-runnable.ts';
import { minutes } from './step-settings.ts';
import { runTurn } from './turn.ts';

/** What GitHub gives a job that names no `timeout-minutes`. */
const DEFAULT_MINUTES = 360;

/** Runs the steps of one job: what comes before all, the steps, what comes after all in reverse. */
export async function runJob(order: JobOrder): Promise<JobResult> {
  prepareFolders(order);
  const run: JobRun = {
    order,
    status: 'success',
    env: {},
    path: [],
    annotations: [],
    summaries: [],
    posts: [],
    shown: 0,
    trackingId: `github_${randomUUID()}`,
  };
  const frame = jobFrame(run);
  const release = on(order.cancel, () => {
    run.status = 'cancelled';
  });
  const stopVanish = on(order.vanish, () => endOrphans(run.trackingId));
  try {
    await runSteps(frame);
    return finish(frame);
  } finally {
    release();
    stopVanish();
    endOrphans(run.trackingId);
  }
}

function prepareFolders({ folders, contexts }: JobOrder): void {
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const github = asObject(contexts.github);
  writeFileSync(String(github.event_path), JSON.stringify(github.event ?? {}, null, 2));
}

function jobFrame(run: JobRun): Frame {
  return {
    run,
    outer: null,
    steps: {},
    inputs: run.order.contexts.inputs ?? {},
    env: {},
    github: {},
    status: () => run.status,
    fail: () => {
      if (run.status === 'success') run.status = 'failure';
    },
  };
}

async function runSteps(frame: Frame): Promise<void> {
  const { run } = frame;
  const setUp = await show(frame, 'Set up job', async () => {
    const { workflow, job, expressions, contexts } = run.order;
    run.env = expressions.texts(workflow.env, { contexts });
    run.env = { ...run.env, ...expressions.texts(job.env, { contexts: { ...contexts, env: run.env } }) };
    run.order.log.write(`GITHUB_TOKEN Permissions: ${JSON.stringify(run.order.permissions)}`);
    return job.steps.map((step) => runnablesOf(frame, step));
  });
  const runnables = setUp ?? [];
  for (const { pre } of runnables) if (pre !== null) await showTurn(pre);
  for (const { main } of runnables) await showTurn(main);
  for (let post = run.posts.pop(); post !== undefined; post = run.posts.pop()) await showTurn(post);
  await show(frame, 'Complete job', async () => null);
}

/** A turn as the run's page shows it. */
async function showTurn(runnable: Runnable): Promise<void> {
  const { run } = runnable.frame;
  if (run.order.vanish.aborted) return;
  run.shown += 1;
  const number = run.shown;
  const name = shownName(runnable);
  run.order.onStep({ number, name, conclusion: null });
  const { conclusion } = await runTurn(runnable);
  if (!run.order.vanish.aborted) run.order.onStep({ number, name, conclusion });
}

function shownName(runnable: Runnable): string {
  try {
    return runnable.name();
  } catch {
    // What is wrong with it is told when it runs.
    return runnable.id ?? 'step';
  }
}

/** Something of the runner's own, shown as a step. */
async function show<Value>(frame: Frame, name: string, act: () => Promise<Value>): Promise<Value | null> {
  const { run } = frame;
  if (run.order.vanish.aborted) return null;
  run.shown += 1;
  const number = run.shown;
  const tell = (conclusion: Ending | null): void => run.order.onStep({ number, name, conclusion });
  tell(null);
  try {
    const value = await act();
    tell('success');
    return value;
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    complain(frame, error.message);
    frame.fail();
    tell('failure');
    return null;
  }
}

function finish(frame: Frame): JobResult {
  const { run } = frame;
  const { order } = run;
  const outputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(
    safely(frame, () => order.expressions.texts(order.job.outputs, scopeOf(frame))),
  )) {
    if (value === '') continue;
    if (order.masks.finds(value))
      order.log.write(`##[warning]Skip output '${name}' since it may contain secret.`);
    else outputs[name] = value;
  }
  const url = safely(frame, () => ({
    url: order.expressions.text(partOf(order.job.environment, 'url'), scopeOf(frame)),
  }));
  return {
    conclusion: run.status,
    outputs,
    steps: frame.steps,
    annotations: run.annotations,
    summary: run.summaries.join('\n'),
    environmentUrl: order.masks.hide(url.url ?? ''),
  };
}

function safely(frame: Frame, evaluate: () => Record<string, string>): Record<string, string> {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    complain(frame, error.message);
    frame.fail();
    return {};
  }
}

/** Minutes a job may take. @throws WorkflowError */
export function jobMinutes({
  expressions,
  job,
  contexts,
}: Pick<JobOrder, 'expressions' | 'job' | 'contexts'>): number {
  return minutes(expressions.text(job.timeoutMinutes, { contexts })) ?? DEFAULT_MINUTES;
}

/** Folders of a job below one that is its own. */
export function jobFolders(root: string, repository: string): JobOrder['folders'] {
  return {
    home: path.join(root, 'home'),
    workspace: path.join(root, 'work', repository, repository),
    temp: path.join(root, 'work', '_temp'),
    tools: path.join(root, 'tools'),
    own: path.join(root, 'work', '_runner'),
  };
}
