import type { Json } from '../../github/json-schema.ts';
import { accountId } from '../../github/state/people.ts';
import { latestAttempt, type StoredRun } from '../../github/state/runs.ts';
import { type Scope, type Standing, WorkflowError } from '../expressions.ts';
import { githubContext } from '../github-context.ts';
import type { Job, Workflow } from '../model.ts';
import type { Session, SettledJob, Values } from './session.ts';

/** The `github` context of a run. */
export function runContext(session: Session, run: StoredRun): { [key: string]: Json } {
  const { cause, workflow, shop } = session;
  const { host } = shop;
  const { store } = host;
  const branch = /^refs\/heads\/(.+)$/.exec(cause.ref)?.[1] ?? '';
  return githubContext({
    repository: { owner: store.owner, name: store.repo, id: store.repositoryId, ownerId: store.ownerId },
    apiUrl: host.apiUrl,
    serverUrl: 'https://github.com',
    eventName: cause.event,
    payload: cause.payload,
    ref: cause.ref,
    sha: cause.sha,
    refProtected: store.branchProtection.has(branch) || store.branchRules.has(branch),
    actor: cause.actor,
    actorId: accountId(cause.actor),
    triggeringActor: latestAttempt(run).triggeringActor,
    workflowName: workflow.name,
    workflowFile: workflow.file,
    runId: run.id,
    runNumber: run.number,
    attempt: session.view.attempt,
  });
}

/** The `inputs` context of a dispatch: booleans and numbers as such. */
export function inputsContext(workflow: Workflow, texts: Values): { [key: string]: Json } {
  const declared = workflow.events.workflow_dispatch?.inputs ?? {};
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const input = declared[name];
      if (input?.type === 'boolean') return [name, text === 'true'];
      // GitHub's parser knows the type number, and has no name for it.
      return [name, input !== undefined && input.type === undefined && text !== '' ? Number(text) : text];
    }),
  );
}

/** Variables a job may read: of the organization, the repository, and the environment it names. */
export function variablesOf(session: Session, environment: string | null): Values {
  const { shop } = session;
  const { store } = shop.host;
  const named = environment === null ? undefined : store.environments.get(environment.toLowerCase());
  return {
    ...Object.fromEntries(store.organizationVariables),
    ...Object.fromEntries(store.variables),
    ...shop.variables.repository,
    ...Object.fromEntries(named?.variables ?? []),
    ...valuesOf(shop.variables.environments, environment),
  };
}

/** Secrets a job may read. A fork's pull request has none. */
export function secretsOf(session: Session, environment: string | null, token: string): Values {
  const { shop, cause } = session;
  if (cause.fromFork) return { GITHUB_TOKEN: token };
  return {
    ...shop.secrets.repository,
    ...valuesOf(shop.secrets.environments, environment),
    GITHUB_TOKEN: token,
  };
}

function valuesOf(environments: Readonly<Record<string, Values>> = {}, name: string | null): Values {
  const found = Object.entries(environments).find(([each]) => each.toLowerCase() === name?.toLowerCase());
  return found?.[1] ?? {};
}

/** What jobs may ask about those they need. */
export function needsContext(session: Session, job: Job): { [key: string]: Json } {
  return Object.fromEntries(
    job.needs.map((key) => {
      const { result, outputs } = session.settled.get(key) ?? missing(key);
      return [key, { result, outputs: { ...outputs } }];
    }),
  );
}

/**
 * How things stand before a job. One that failed or was skipped anywhere up the chain counts, also through a job in between
 * that ran all the same.
 * https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-jobs#defining-prerequisite-jobs
 */
export function standingBefore(session: Session, job: Job): Standing {
  const ancestors = ancestorsOf(session.workflow, job).map((key) => session.settled.get(key) ?? missing(key));
  const cancelled = session.cancel.signal.aborted;
  return {
    success: !cancelled && ancestors.every(({ result }) => result === 'success'),
    failure: !cancelled && ancestors.some(({ result }) => result === 'failure'),
    cancelled,
  };
}

/** Keys of all jobs a job needs, and they need. */
export function ancestorsOf(workflow: Workflow, job: Job): string[] {
  const found = new Set<string>();
  const open = [...job.needs];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    open.push(...(workflow.jobs.find(({ id }) => id === key)?.needs ?? []));
  }
  return [...found];
}

function missing(key: string): SettledJob {
  throw new WorkflowError(`Job ${key} is not settled`);
}

/** A scope over contexts. */
export function scope(contexts: Scope['contexts'], standing?: Standing): Scope {
  return standing === undefined ? { contexts } : { contexts, standing };
}
