import { Cron } from 'croner';
import type { GitHubEvent } from '../../github/events/event.ts';
import { isObject, type JsonObject } from '../../github/json-schema.ts';
import { diffTrees, resolveCommit } from '../../github/state/commits.ts';
import { workflowPaths } from '../../github/state/workflows.ts';
import type { Store } from '../../github/store.ts';
import { WorkflowError } from '../expressions.ts';
import type { Workflow } from '../model.ts';
import { objectionTo } from '../triggers.ts';
import { readWorkflow } from './read-workflow.ts';
import type { Registry } from './registry.ts';
import type { RunCauseFacts } from './session.ts';

/** Starts what an event starts; resolves when all of it is over. */
export async function startForEvent(registry: Registry, event: GitHubEvent): Promise<void> {
  const { shop } = registry;
  const facts = {
    event: event.name,
    payload: event.payload,
    ref: event.ref,
    sha: event.sha,
    actor: event.actor,
    fromFork: event.fromFork,
  };
  if (event.dispatched !== null) {
    const { runId, path, inputs } = event.dispatched;
    const workflow = (await readWorkflow(shop, path, event.sha)) ?? new WorkflowError(`There is no ${path}`);
    await registry.drive(runId, { ...facts, path, inputs }, workflow);
    return;
  }
  const changedFiles = changedBy(shop.host.store, event);
  const starting = activePaths(shop.host.store, event.sha).map(async (path) => {
    const workflow = await readWorkflow(shop, path, event.sha);
    if (workflow === null) return;
    const happened = { name: event.name, payload: event.payload, ref: event.ref, changedFiles };
    // A file GitHub cannot read has a red run at every push, so that somebody sees it.
    const broken = workflow instanceof WorkflowError;
    if (broken ? event.name !== 'push' : objectionTo(workflow, happened) !== null) return;
    await begin(registry, { ...facts, path, inputs: {} }, workflow);
  });
  await Promise.all(starting);
}

/** Starts what is due. @returns ids of the runs, which go on */
export async function startSchedules(registry: Registry, what: string | Date): Promise<number[]> {
  const { shop } = registry;
  const { store } = shop.host;
  const sha = store.branches.get(store.defaultBranch);
  if (sha === undefined) return [];
  const ids: number[] = [];
  for (const path of activePaths(store, sha)) {
    const workflow = await readWorkflow(shop, path, sha);
    if (workflow === null || workflow instanceof WorkflowError) continue;
    for (const cron of dueCrons(workflow, what)) {
      const cause: RunCauseFacts = {
        path,
        event: 'schedule',
        payload: { schedule: cron },
        ref: `refs/heads/${store.defaultBranch}`,
        sha,
        actor: resolveCommit(store, sha)?.login ?? store.owner,
        inputs: {},
        fromFork: false,
      };
      ids.push(queue(registry, cause));
      const runId = ids.at(-1) ?? 0;
      registry.background(() => registry.drive(runId, cause, workflow));
    }
  }
  return ids;
}

function dueCrons(workflow: Workflow, what: string | Date): string[] {
  const schedules = workflow.events.schedule ?? [];
  if (what instanceof Date) {
    return schedules
      .filter(({ cron, timezone }) => isDue(cron, timezone ?? 'UTC', what))
      .map(({ cron }) => cron);
  }
  const named = workflow.file === what || workflow.file.endsWith(`/${what}`);
  return schedules
    .filter(({ cron }, index) => cron === what || (named && index === 0))
    .map(({ cron }) => cron);
}

function isDue(cron: string, timezone: string, at: Date): boolean {
  const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
  return new Cron(cron, { timezone, mode: '5-part' }).match(minute);
}

function begin(registry: Registry, cause: RunCauseFacts, workflow: Workflow | WorkflowError): Promise<void> {
  return registry.drive(queue(registry, cause), cause, workflow);
}

function queue({ shop }: Registry, cause: RunCauseFacts): number {
  const { path, event, payload, ref, sha, actor, inputs } = cause;
  const head = headOf(payload);
  return shop.host.runs.queue({ path, event, payload, ref, sha, actor, inputs, ...head }).id;
}

/** Of a pull request: the branch and the commit its runs are shown at. */
function headOf(payload: JsonObject): { headBranch?: string; headSha?: string } {
  const pull = payload.pull_request;
  const head = isObject(pull) ? pull.head : undefined;
  if (!isObject(head)) return {};
  return {
    ...(typeof head.ref === 'string' ? { headBranch: head.ref } : {}),
    ...(typeof head.sha === 'string' ? { headSha: head.sha } : {}),
  };
}

function activePaths(store: Store, sha: string): string[] {
  return workflowPaths(store, sha).filter(
    (path) => (store.workflows.get(path)?.state ?? 'active') === 'active',
  );
}

/** Paths a push or a pull request changes. */
function changedBy(store: Store, { name, payload, sha }: GitHubEvent): string[] {
  if (name === 'push') {
    const before = typeof payload.before === 'string' ? resolveCommit(store, payload.before) : null;
    const after = resolveCommit(store, sha);
    if (after === null) return [];
    return diffTrees(store, before?.tree ?? null, after.tree).map(({ filename }) => filename);
  }
  const number = payload.number;
  const pull = typeof number === 'number' ? store.issues.get(number)?.pullRequest : undefined;
  return (pull?.files ?? []).map(({ filename }) => filename);
}
