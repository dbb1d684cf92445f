import * as z from 'zod';
import type { OpsExecutorAnswer } from '../_shared/contracts/ops-executor.ts';
import type { RunbookStep } from '../_shared/contracts/runbook.ts';
import type { OpsClient } from '../_shared/database/clients.ts';
import { callRpc, readRows } from '../_shared/database/rpc.ts';
import { describeError } from '../_shared/jobs/describe-error.ts';
import { checkInputs, fillIn, planDigest, RunbookInvalid, readRunbook } from './read-runbook.ts';
import { openRunLog, RunCancelled, type RunLog, RunLost } from './run-log.ts';
import { doStep, type StepTools } from './steps/do-step.ts';

/** A run as ops.claim_run hands it out. */
export const ClaimedRun = z.looseObject({
  id: z.uuid(),
  template: z.string().nullable(),
  env: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  lease_token: z.number(),
  approval_required: z.boolean(),
  approved_digest: z.string().nullable(),
  actor: z.string().nullable(),
  created_by: z.string().nullable(),
});
export type ClaimedRun = z.infer<typeof ClaimedRun>;

const Templates = z.array(z.object({ template_yaml: z.string() })).max(1);
type Status = NonNullable<OpsExecutorAnswer['status']>;

/**
 * Take a claimed run through its phases: validate, preflight, (approval), execute, verify, summarize. It ends as success,
 * error, cancelled or waiting for approval, whatever happens; only when its lease passed on nothing is written any more.
 */
export async function executeRun(
  run: ClaimedRun,
  tools: Omit<StepTools, 'runId' | 'actor'> & { readonly now: () => number },
): Promise<Status> {
  const { client } = tools;
  const log = openRunLog(client, { id: run.id, token: run.lease_token }, tools.now);
  const sender = log.start();
  const stepTools: StepTools = {
    ...tools,
    runId: run.id,
    actor: run.actor ?? run.created_by ?? 'ops-executor',
  };
  try {
    const status = await phases(run, log, stepTools);
    return status;
  } catch (error) {
    return await ended(run, log, client, error);
  } finally {
    await sender.stop();
  }
}

async function phases(run: ClaimedRun, log: RunLog, tools: StepTools): Promise<Status> {
  const { client } = tools;
  const enter = async (phase: string, more: Readonly<Record<string, unknown>> = {}) => {
    log.write('info', phase, `phase ${phase}`);
    await log.flush();
    await tell(client, run, { p_status: 'running', p_phase: phase, ...more });
  };

  await enter('validate');
  const runbook = readRunbook(await templateOf(client, run));
  const inputs = checkInputs(runbook.inputs, run.inputs);
  const steps = fillIn(runbook.steps, inputs, run.env);

  await enter('preflight');
  const digest = await planDigest(steps);
  const plan = { steps };
  await doAll(steps, 'preflight', log, tools);
  await tell(client, run, { p_status: 'running', p_phase: 'preflight', p_plan: plan, p_plan_digest: digest });
  if (run.approval_required && run.approved_digest !== digest) {
    if (run.approved_digest !== null)
      log.write('warning', 'preflight', 'the plan is not the one that was approved');
    await log.flush();
    await tell(client, run, { p_status: 'awaiting_approval', p_plan: plan, p_plan_digest: digest });
    return 'awaiting_approval';
  }

  await enter('execute');
  const shown = await doAll(steps, 'execute', log, tools);
  await enter('verify');
  const verified = await doAll(steps, 'verify', log, tools);
  await enter('summarize');
  const result = { steps: { ...shown, ...verified } };
  await callRpc(client, 'record_run_artifact', z.unknown(), {
    p_run_id: run.id,
    p_token: run.lease_token,
    p_name: 'result.json',
    p_kind: 'file',
    p_media_type: 'application/json',
    p_content: JSON.stringify(result, null, 2).slice(0, 200_000),
  });
  log.write('notice', 'summarize', `${Object.keys(result.steps).length} steps done`);
  await log.flush();
  await tell(client, run, { p_status: 'success', p_phase: 'summarize', p_result: result });
  return 'success';
}

async function doAll(
  steps: readonly RunbookStep[],
  phase: RunbookStep['phase'],
  log: RunLog,
  tools: StepTools,
): Promise<Readonly<Record<string, unknown>>> {
  const shown: Record<string, unknown> = {};
  for (const step of steps.filter((each) => each.phase === phase)) {
    // Nothing begins once somebody wants the run to stop.
    await log.heartbeat();
    log.write('info', step.id, step.kind === 'note' ? `${step.title}: ${step.message}` : step.title);
    // Sent before it begins: a step that hangs is seen to hang.
    await log.flush();
    tools.signal.throwIfAborted();
    const found = await doStep(step, tools);
    shown[step.id] = found ?? null;
    if (found !== undefined) log.write('info', step.id, 'done', found);
  }
  await log.flush();
  return shown;
}

async function ended(run: ClaimedRun, log: RunLog, client: OpsClient, error: unknown): Promise<Status> {
  if (error instanceof RunLost) return 'lost';
  const cancelled = error instanceof RunCancelled;
  const reason = error instanceof RunbookInvalid ? error.message : describeError(error);
  log.write(cancelled ? 'warning' : 'error', 'executor', cancelled ? 'cancelled' : reason);
  await log.flush().catch(() => undefined);
  const status = cancelled ? 'cancelled' : 'error';
  try {
    await tell(client, run, { p_status: status, p_error: reason });
    return status;
  } catch (last) {
    if (last instanceof RunLost) return 'lost';
    throw last;
  }
}

async function tell(
  client: OpsClient,
  run: ClaimedRun,
  what: Readonly<Record<string, unknown>>,
): Promise<void> {
  const is_ours = await callRpc(client, 'set_run_status', z.boolean(), {
    p_run_id: run.id,
    p_token: run.lease_token,
    ...what,
  });
  if (!is_ours) throw new RunLost();
}

async function templateOf(client: OpsClient, run: ClaimedRun): Promise<string> {
  if (run.template === null) throw new RunbookInvalid('the run names no runbook');
  const [row] = await readRows(
    client.from('run_templates').select('template_yaml').eq('slug', run.template).limit(1),
    Templates,
  );
  if (row === undefined) throw new RunbookInvalid(`there is no runbook ${run.template} any more`);
  return row.template_yaml;
}
