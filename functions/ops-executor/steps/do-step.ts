import * as z from 'zod';
import type { RunbookStep } from '../../_shared/contracts/runbook.ts';
import type { OpsClient } from '../../_shared/database/clients.ts';
import { callRpc, readRows } from '../../_shared/database/rpc.ts';
import type { FunctionCaller } from '../../_shared/jobs/call-function.ts';

/** What steps may use. */
export interface StepTools {
  readonly client: OpsClient;
  readonly callFunction: FunctionCaller;
  readonly runId: string;
  /** Who started the run, for the audit of what it does. */
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A step that did what it could and found that it was not enough. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

const Fired = z.number();
const CronRun = z.looseObject({
  status: z.string(),
  finished_at: z.string().nullable(),
  error: z.string().nullable(),
});
const QueuedJob = z.looseObject({
  status: z.string(),
  last_error: z.string().nullish(),
  result: z.unknown(),
});
const Alerts = z.array(z.object({ kind: z.string(), title: z.string() }));
const pollEvery = 500;

/**
 * Do one step. Returns what it has to show, as JSON.
 *
 * @throws StepFailed, or whatever its tools throw
 */
export async function doStep(step: RunbookStep, tools: StepTools): Promise<unknown> {
  switch (step.kind) {
    case 'note':
      return undefined;
    case 'wait':
      await tools.sleep(step.seconds * 1000);
      return undefined;
    case 'fire':
      return fire(step.job, step.within, tools);
    case 'function':
      return tools.callFunction({
        slug: step.function,
        body: z.json().parse(step.body),
        answer: z.unknown(),
        idempotencyKey: `run-${tools.runId}-${step.id}`,
        signal: tools.signal,
      });
    case 'enqueue':
      return enqueue(step, tools);
    case 'no_alerts':
      return noAlerts(step.kinds, tools);
  }
}

async function fire(job: string, within: number, tools: StepTools): Promise<unknown> {
  const { client, actor } = tools;
  const id = await callRpc(client, 'fire_now', Fired, { p_job: job, p_actor: actor });
  const run = await poll(within, tools, async () => {
    const row = await callRpc(client, 'get_cron_run', CronRun, { p_run_id: id });
    return row.finished_at === null ? undefined : row;
  });
  if (run === undefined) throw new StepFailed(`run ${id} of ${job} has not ended after ${within} s`);
  if (run.status !== 'succeeded')
    throw new StepFailed(`run ${id} of ${job}: ${run.status}${run.error === null ? '' : ` - ${run.error}`}`);
  return { cron_run_id: id, status: run.status };
}

async function enqueue(step: Extract<RunbookStep, { kind: 'enqueue' }>, tools: StepTools): Promise<unknown> {
  const { client, runId } = tools;
  const id = await callRpc(client, 'enqueue_job', z.number(), {
    p_task_type: step.task_type,
    p_payload: step.payload,
    // Begun again after a crash, the run finds the job it had queued.
    p_unique_key: `run:${runId}:${step.id}`,
  });
  if (step.wait === 0) return { job_id: id };
  const job = await poll(step.wait, tools, async () => {
    const row = await callRpc(client, 'get_job', QueuedJob, { p_id: id });
    return row.status === 'pending' || row.status === 'running' ? undefined : row;
  });
  if (job === undefined) throw new StepFailed(`job ${id} has not ended after ${step.wait} s`);
  if (job.status !== 'succeeded')
    throw new StepFailed(`job ${id}: ${job.status}${job.last_error ? ` - ${job.last_error}` : ''}`);
  return { job_id: id, result: job.result };
}

async function noAlerts(kinds: readonly string[], { client }: StepTools): Promise<unknown> {
  let query = client.from('alerts').select('kind, title').in('status', ['active', 'acknowledged']);
  if (kinds.length > 0) query = query.in('kind', kinds);
  const alerts = await readRows(query.order('id', { ascending: false }).limit(20), Alerts);
  if (alerts.length > 0)
    throw new StepFailed(`active alerts: ${alerts.map(({ title }) => title).join('; ')}`);
  return { alerts: 0 };
}

async function poll<Found>(
  seconds: number,
  { sleep, signal }: StepTools,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  for (let tries = Math.ceil((seconds * 1000) / pollEvery); tries >= 0; tries -= 1) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    await sleep(pollEvery);
  }
  return undefined;
}
