import { rmSync } from 'node:fs';
import path from 'node:path';
import type { JobCredentials } from '../../github/jobs/job-desk.ts';
import { asObject } from '../expressions.ts';
import { runnerContext } from '../github-context.ts';
import type { JobOrder, JobResult } from '../job/job-order.ts';
import { jobFolders, jobMinutes, runJob } from '../job/run-job.ts';
import { createJobLog } from '../job-log.ts';
import { createMasks } from '../masks.ts';
import { secretsOf, variablesOf } from './contexts.ts';
import type { WatchedCell } from './drive-cell.ts';
import type { Session, Values } from './session.ts';

/** Runs a cell on a machine of its own, with a token that is good for exactly as long. */
export async function executeCell(
  session: Session,
  cell: WatchedCell,
  gone: AbortSignal,
): Promise<JobResult> {
  const { shop } = session;
  const { host } = shop;
  const folder = path.join(shop.root, 'jobs', String(cell.id));
  const credentials = host.openJob(cell.id, { permissions: cell.view.permissions });
  const time = new AbortController();
  const order = orderOf(session, cell, { folder, credentials, cancel: AbortSignal.any([gone, time.signal]) });
  host.runs.startJob(cell.id);
  const minutes = jobMinutes(order);
  const timer = setTimeout(() => {
    order.log.write(
      `##[error]The job running on runner local has exceeded the maximum execution time of ${minutes} minutes.`,
    );
    time.abort();
  }, minutes * shop.minuteMs);
  try {
    const result = await runJob(order);
    const { annotations, summary, steps } = result;
    Object.assign(cell.view, { annotations, summary, stepContext: steps });
    return result;
  } finally {
    clearTimeout(timer);
    credentials.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function orderOf(
  session: Session,
  cell: WatchedCell,
  of: { readonly folder: string; readonly credentials: JobCredentials; readonly cancel: AbortSignal },
): JobOrder {
  const { shop, view, cause } = session;
  const { store } = shop.host;
  const { token, env } = of.credentials;
  const folders = jobFolders(of.folder, store.repo);
  const { environment, permissions } = cell.view;
  const secrets = secretsOf(session, environment, token);
  const masks = createMasks([...Object.values(secrets), ...tokensIn(env)]);
  const runner = runnerContext(folders);
  const github = {
    ...asObject(cell.contexts.github),
    token: token,
    workspace: folders.workspace,
    event_path: path.join(folders.own, 'event.json'),
    job: cell.job.id,
  };
  return {
    language: shop.language,
    expressions: shop.expressions,
    workflow: session.workflow,
    job: cell.job,
    contexts: {
      ...cell.contexts,
      github,
      runner,
      secrets: { ...secrets },
      vars: { ...variablesOf(session, environment) },
      job: { status: 'success', check_run_id: cell.id },
    },
    sha: cause.sha,
    repository: `${store.owner}/${store.repo}`,
    permissions,
    token: token,
    serviceVariables: serviceVariables(env, shop.machine),
    folders,
    services: { source: shop.source, artifacts: shop.artifactsOf(view.id), caches: shop.caches },
    node: shop.node,
    log: createJobLog({ masks, now: shop.now, onLine: cell.tell }),
    masks,
    patience: shop.patience,
    minuteMs: shop.minuteMs,
    cancel: of.cancel,
    vanish: session.machines.vanish.signal,
    onStep: (step) => showStep(session, cell, step),
  };
}

/** The runner hides its own tokens too. */
function tokensIn(env: JobCredentials['env']): string[] {
  return Object.entries(env).flatMap(([name, value]) => (name.endsWith('_TOKEN') ? [value] : []));
}

/** Any step may ask who it is; results and artifacts are for actions only. As in the runner's handlers. */
function serviceVariables(env: JobCredentials['env'], machine: Values): JobOrder['serviceVariables'] {
  const forAll = (name: string): boolean => name.startsWith('ACTIONS_ID_TOKEN_');
  const pick = (wanted: (name: string) => boolean): Values =>
    Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)));
  return { all: { ...machine, ...pick(forAll) }, actions: pick((name) => !forAll(name)) };
}

function showStep(
  { shop }: Session,
  { id, view }: WatchedCell,
  step: Parameters<JobOrder['onStep']>[0],
): void {
  const { runs } = shop.host;
  if (step.conclusion === null) {
    runs.startStep(id, step);
    view.steps.push(step);
    return;
  }
  runs.finishStep(id, step.number, step.conclusion);
  view.steps = view.steps.map((each) => (each.number === step.number ? step : each));
}
