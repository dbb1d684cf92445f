import type { Json } from '../github/json-schema.ts';
import { asObject, asText } from './expressions.ts';

/** What a run is, for the `github` context and the GITHUB_* variables. */
export interface RunFacts {
  readonly repository: {
    readonly owner: string;
    readonly name: string;
    readonly id: number;
    readonly ownerId: number;
  };
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly eventName: string;
  readonly payload: Json;
  readonly ref: string;
  readonly sha: string;
  readonly refProtected: boolean;
  readonly actor: string;
  readonly actorId: number;
  /** Who started this attempt. */
  readonly triggeringActor: string;
  readonly workflowName: string;
  readonly workflowFile: string;
  readonly runId: number;
  readonly runNumber: number;
  readonly attempt: number;
}

/** The `github` context of a run; jobs and steps add what is theirs. */
export function githubContext(facts: RunFacts): { [key: string]: Json } {
  const { owner, name } = facts.repository;
  const pull = asObject(asObject(facts.payload).pull_request);
  return {
    api_url: facts.apiUrl,
    graphql_url: `${facts.apiUrl}/graphql`,
    server_url: facts.serverUrl,
    repository: `${owner}/${name}`,
    repositoryUrl: `git://${new URL(facts.serverUrl).host}/${owner}/${name}.git`,
    repository_id: String(facts.repository.id),
    repository_owner: owner,
    repository_owner_id: String(facts.repository.ownerId),
    repository_visibility: 'private',
    event: facts.payload,
    event_name: facts.eventName,
    ref: facts.ref,
    ref_name: facts.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_type: facts.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: facts.refProtected,
    head_ref: asText(asObject(pull.head).ref),
    base_ref: asText(asObject(pull.base).ref),
    sha: facts.sha,
    actor: facts.actor,
    actor_id: String(facts.actorId),
    triggering_actor: facts.triggeringActor,
    workflow: facts.workflowName,
    workflow_ref: `${owner}/${name}/${facts.workflowFile}@${facts.ref}`,
    workflow_sha: facts.sha,
    run_id: String(facts.runId),
    run_number: String(facts.runNumber),
    run_attempt: String(facts.attempt),
    retention_days: '90',
    secret_source: 'Actions',
  };
}

const VARIABLES = [
  'action',
  'action_path',
  'action_ref',
  'action_repository',
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'event_path',
  'graphql_url',
  'head_ref',
  'job',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
  'workspace',
] as const;

/** The GITHUB_* variables of a step, from its `github` context: never the token. */
export function githubVariables(context: Readonly<Record<string, Json>>): Record<string, string> {
  const known = VARIABLES.filter((name) => context[name] !== undefined);
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    ...Object.fromEntries(known.map((name) => [`GITHUB_${name.toUpperCase()}`, asText(context[name])])),
  };
}

/** The `runner` context and RUNNER_* variables. */
export function runnerContext(folders: {
  readonly temp: string;
  readonly tools: string;
}): Record<string, string> {
  return {
    os: process.platform === 'darwin' ? 'macOS' : 'Linux',
    arch: process.arch.toUpperCase(),
    name: 'local',
    environment: 'self-hosted',
    temp: folders.temp,
    tool_cache: folders.tools,
  };
}
