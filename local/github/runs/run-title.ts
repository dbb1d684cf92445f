import { isObject, type JsonObject } from '../json-schema.ts';
import { resolveCommit } from '../state/commits.ts';
import type { WorkflowFile } from '../state/workflows.ts';
import type { Store } from '../store.ts';
import { evaluateRunName } from './run-name.ts';

/** What a run is known by before it has an id. */
export interface RunCause {
  readonly event: string;
  readonly payload: JsonObject;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** `display_title`: the run-name, or what GitHub shows for the event when there is none. */
export function runTitle(
  store: Store,
  file: Pick<WorkflowFile, 'name' | 'runName' | 'dispatchInputs'>,
  run: RunCause & { readonly number: number },
): string {
  const named =
    file.runName === null
      ? null
      : evaluateRunName(file.runName, {
          github: githubContext(store, file, run),
          inputs: typedInputs(file, run.inputs),
          vars: Object.fromEntries(store.variables),
        });
  return named ?? titleOfEvent(store, run) ?? file.name;
}

function githubContext(
  store: Store,
  file: Pick<WorkflowFile, 'name'>,
  run: RunCause & { readonly number: number },
): JsonObject {
  return {
    actor: run.actor,
    event: run.payload,
    event_name: run.event,
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    repository: `${store.owner}/${store.repo}`,
    repository_owner: store.owner,
    run_number: String(run.number),
    sha: run.sha,
    triggering_actor: run.actor,
    workflow: file.name,
  };
}

/** The `inputs` context: booleans and numbers as such, where `github.event.inputs` has texts. */
function typedInputs(
  file: Pick<WorkflowFile, 'dispatchInputs'>,
  inputs: Readonly<Record<string, string>>,
): JsonObject {
  const types = new Map((file.dispatchInputs ?? []).map((input) => [input.name, input.type]));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, text]) => {
      const type = types.get(name);
      if (type === 'boolean') return [name, text === 'true'];
      return [name, type === 'number' && text !== '' ? Number(text) : text];
    }),
  );
}

function titleOfEvent(store: Store, { event, payload, sha }: RunCause): string | null {
  const subject = event === 'pull_request' ? payload.pull_request : payload.issue;
  if (isObject(subject) && typeof subject.title === 'string') return subject.title;
  if (event !== 'push') return null;
  return resolveCommit(store, sha)?.message.split('\n')[0] ?? null;
}
