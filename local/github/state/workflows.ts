import { parse } from 'yaml';
import * as z from 'zod';
import { notFound } from '../github-error.ts';
import { type Store, takeId } from '../store.ts';
import { resolveCommit } from './commits.ts';
import { findEntry, readFile } from './git-objects.ts';

/** Where workflow files live. */
export const WORKFLOW_FOLDER = '.github/workflows';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const DispatchInput = z
  .looseObject({
    description: z.string().nullish(),
    type: z.enum(['string', 'choice', 'boolean', 'number', 'environment']).nullish(),
    required: z.boolean().nullish(),
    default: Scalar.nullish(),
    options: z.array(Scalar).nullish(),
  })
  .nullable();
const Dispatch = z.looseObject({ inputs: z.record(z.string(), DispatchInput).nullish() }).nullable();

const WorkflowYaml = z.looseObject({
  name: z.string().nullish(),
  'run-name': z.string().nullish(),
  on: z.union([
    z.string().transform((name) => ({ [name]: null })),
    z.array(z.string()).transform((names) => Object.fromEntries(names.map((name) => [name, null]))),
    z.record(z.string(), z.unknown()),
  ]),
});

/** A declared input of `workflow_dispatch`. */
export interface DispatchInput {
  readonly name: string;
  readonly type: 'string' | 'choice' | 'boolean' | 'number' | 'environment';
  readonly required: boolean;
  readonly default: string | null;
  readonly options: readonly string[];
}

/** A workflow file at one commit, as far as the server itself has to understand it. */
export interface WorkflowFile {
  readonly path: string;
  readonly name: string;
  readonly runName: string | null;
  /** Names of the events it listens to. */
  readonly events: readonly string[];
  /** Null when it has no `workflow_dispatch`. */
  readonly dispatchInputs: readonly DispatchInput[] | null;
  readonly text: string;
}

/** A workflow as the API lists it. */
export interface StoredWorkflow {
  readonly id: number;
  readonly path: string;
  state: 'active' | 'disabled_manually' | 'disabled_inactivity' | 'disabled_fork' | 'deleted';
  readonly createdAt: Date;
  updatedAt: Date;
}

/** Workflows by path. */
export interface WorkflowState {
  readonly workflows: Map<string, StoredWorkflow>;
}

/** A workflow file that is no workflow. */
export class WorkflowFileError extends Error {
  override readonly name = 'WorkflowFileError';
}

/** The workflow file at a commit, branch or tag; null when there is none. @throws WorkflowFileError */
export function workflowAt(store: Store, path: string, ref: string): WorkflowFile | null {
  const commit = resolveCommit(store, ref);
  const text = commit === null ? null : readFile(store, commit.tree, path);
  return text === null ? null : parseWorkflowFile(path, text);
}

/** Reads a workflow file. @throws WorkflowFileError */
export function parseWorkflowFile(path: string, text: string): WorkflowFile {
  const parsed = WorkflowYaml.safeParse(parseYaml(path, text));
  if (!parsed.success)
    throw new WorkflowFileError(`${path}: ${parsed.error.issues[0]?.message ?? 'invalid'}`);
  const { name, on } = parsed.data;
  const dispatch = 'workflow_dispatch' in on ? Dispatch.safeParse(on.workflow_dispatch ?? null) : null;
  if (dispatch?.success === false)
    throw new WorkflowFileError(`${path}: workflow_dispatch is not understood`);
  return {
    path,
    name: name ?? path,
    runName: parsed.data['run-name'] ?? null,
    events: Object.keys(on),
    dispatchInputs: dispatch === null ? null : inputsOf(dispatch.data?.inputs ?? {}),
    text,
  };
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new WorkflowFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function inputsOf(inputs: Readonly<Record<string, z.infer<typeof DispatchInput>>>): DispatchInput[] {
  return Object.entries(inputs).map(([name, input]) => ({
    name,
    type: input?.type ?? 'string',
    required: input?.required ?? false,
    default: input?.default == null ? null : String(input.default),
    options: (input?.options ?? []).map(String),
  }));
}

/** Brings the list of workflows up to date with what the default branch holds. */
export function refreshWorkflows(store: Store): void {
  const present = new Set(workflowPaths(store, store.defaultBranch));
  for (const path of present) {
    const known = store.workflows.get(path);
    if (known === undefined) {
      const at = store.now();
      store.workflows.set(path, { id: takeId(store), path, state: 'active', createdAt: at, updatedAt: at });
    } else if (known.state === 'deleted') known.state = 'active';
  }
  for (const workflow of store.workflows.values()) {
    if (!present.has(workflow.path)) workflow.state = 'deleted';
  }
}

/** Paths of the workflow files at a commit, branch or tag. */
export function workflowPaths(store: Store, ref: string): string[] {
  const commit = resolveCommit(store, ref);
  const folder = commit === null ? null : findEntry(store, commit.tree, WORKFLOW_FOLDER);
  return (store.trees.get(folder?.sha ?? '') ?? [])
    .filter(({ name, mode }) => mode !== '040000' && /\.ya?ml$/.test(name))
    .map(({ name }) => `${WORKFLOW_FOLDER}/${name}`);
}

/** A workflow by its id, its path or the name of its file. @throws GitHubError 404 */
export function findWorkflow(store: Store, name: string): StoredWorkflow {
  const found = [...store.workflows.values()].find(
    ({ id, path }) => String(id) === name || path === name || path === `${WORKFLOW_FOLDER}/${name}`,
  );
  if (found === undefined) throw notFound();
  return found;
}
