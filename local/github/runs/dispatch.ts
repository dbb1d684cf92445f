import { envelope } from '../events/payloads/envelope.ts';
import { GitHubError } from '../github-error.ts';
import { resolveCommit } from '../state/commits.ts';
import type { StoredRun } from '../state/runs.ts';
import {
  type DispatchInput,
  type StoredWorkflow,
  type WorkflowFile,
  WorkflowFileError,
  workflowAt,
} from '../state/workflows.ts';
import type { Store } from '../store.ts';
import type { Actor, World } from '../world.ts';

/** A dispatch as it was asked for. */
export interface Dispatch {
  readonly workflow: StoredWorkflow;
  /** A branch or a tag. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Starts a workflow by hand, refusing what GitHub refuses, in its words.
 *
 * @throws GitHubError 422
 */
export function dispatchWorkflow(world: World, actor: Actor, { workflow, ref, inputs }: Dispatch): StoredRun {
  const { store, events, runs } = world;
  if (workflow.state !== 'active') {
    throw new GitHubError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  }
  const { fullRef, sha } = resolveRef(store, ref);
  const file = fileAt(store, workflow, sha);
  const complete = completeInputs(store, declaredInputs(file), inputs);
  const payload = {
    ref: fullRef,
    workflow: workflow.path,
    inputs: Object.keys(complete).length === 0 ? null : { ...complete },
    ...envelope(world, actor.login),
  };
  const run = runs.queue({
    path: workflow.path,
    event: 'workflow_dispatch',
    payload,
    ref: fullRef,
    sha,
    actor: actor.login,
    inputs: complete,
  });
  events.tell({
    name: 'workflow_dispatch',
    action: null,
    actor: actor.login,
    byWorkflowToken: actor.byWorkflowToken,
    ref: fullRef,
    sha,
    payload,
    dispatched: { runId: run.id, path: workflow.path, inputs: complete },
  });
  return run;
}

function resolveRef(store: Store, ref: string): { readonly fullRef: string; readonly sha: string } {
  const short = ref.replace(/^refs\/(?:heads|tags)\//, '');
  const isTag = !store.branches.has(short) && store.tags.has(short);
  const known = store.branches.has(short) || isTag;
  const commit = known ? resolveCommit(store, short) : null;
  if (commit === null) throw new GitHubError(422, `No ref found for: ${ref}`);
  return { fullRef: `refs/${isTag ? 'tags' : 'heads'}/${short}`, sha: commit.sha };
}

function fileAt(store: Store, { path }: StoredWorkflow, sha: string): WorkflowFile {
  try {
    const file = workflowAt(store, path, sha);
    if (file !== null) return file;
  } catch (error) {
    if (!(error instanceof WorkflowFileError)) throw error;
    throw new GitHubError(422, `failed to parse workflow: ${error.message}`);
  }
  throw new GitHubError(422, "Workflow does not have 'workflow_dispatch' trigger");
}

function declaredInputs(file: WorkflowFile): readonly DispatchInput[] {
  if (file.dispatchInputs !== null) return file.dispatchInputs;
  throw new GitHubError(422, "Workflow does not have 'workflow_dispatch' trigger");
}

/** What was given, checked against what is declared, with defaults for the rest. */
function completeInputs(
  store: Store,
  declared: readonly DispatchInput[],
  given: Dispatch['inputs'],
): Record<string, string> {
  const names = new Set(declared.map((input) => input.name));
  const unexpected = Object.keys(given).filter((name) => !names.has(name));
  if (unexpected.length > 0) {
    throw new GitHubError(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  }
  return Object.fromEntries(
    declared.flatMap((input): [string, string][] => {
      const value = given[input.name] === undefined ? input.default : String(given[input.name]);
      if (input.required && (value === null || value === '')) {
        throw new GitHubError(422, `Required input '${input.name}' not provided`);
      }
      if (value === null) return [[input.name, input.type === 'boolean' ? 'false' : '']];
      if (given[input.name] !== undefined) checkValue(store, input, value);
      return [[input.name, value]];
    }),
  );
}

function checkValue(store: Store, { name, type, options }: DispatchInput, value: string): void {
  switch (type) {
    case 'choice':
      if (options.includes(value)) return;
      throw new GitHubError(
        422,
        `Provided value '${value}' for input '${name}' not in the list of allowed values`,
      );
    case 'boolean':
      if (value === 'true' || value === 'false') return;
      throw new GitHubError(
        422,
        `Provided value '${value}' for input '${name}' not in the list of allowed values`,
      );
    case 'number':
      if (value.trim() !== '' && Number.isFinite(Number(value))) return;
      throw new GitHubError(422, `Provided value '${value}' for input '${name}' not a valid number`);
    case 'environment':
      if (value === '' || store.environments.has(value.toLowerCase())) return;
      throw new GitHubError(
        422,
        `Provided value '${value}' for input '${name}' not in the list of allowed values`,
      );
    case 'string':
      return;
  }
}
