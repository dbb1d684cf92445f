/** Looks at everything this setup rests on, each part by itself: one that is missing is an item, and no reason to stop. */
import { connect } from '../../database/connect.ts';
import type { DeclarationResult, DesiredState, EnvironmentDeclaration } from '../../declare/model.ts';
import { createGitHubClient } from '../../github/client.ts';
import { ConfigurationError } from '../../io/errors.ts';
import type { Environment } from '../../io/inputs.ts';
import type { Platform } from '../../reconcile/platform/platform.ts';
import { type ClockReading, lookAtClock } from './clocks.ts';
import { type DatabaseLook, lookAtDatabase } from './database.ts';
import { type GitHubLook, lookAtGitHub } from './github.ts';
import { gitIn, lookHere } from './here.ts';
import { type DoctorItem, itemsOf } from './item.ts';
import { lookAtEnvironment, lookAtFiles, lookAtVariables } from './runbooks.ts';
import { lookAtSupabase } from './supabase.ts';
import { readWorkflowFiles } from './workflow-files.ts';

/** Where a part is, or why nobody knows. */
export type Whereabouts<T> = { readonly at: T } | { readonly why: string; readonly remedy: string };

export interface DoctorRequest {
  readonly root: string;
  readonly declarations: DeclarationResult;
  /** A name of environments.yaml; need not be declared. */
  readonly environment: string;
  /** The environment of the process. */
  readonly env: Environment;
  readonly databaseUrl: Whereabouts<string>;
  readonly platform: Whereabouts<Platform | undefined>;
  readonly github: Whereabouts<{
    readonly owner: string;
    readonly repo: string;
    readonly token: string;
    readonly apiUrl: string;
  }>;
  readonly now: Date;
  readonly onWait: (message: string) => void;
}

export interface DoctorReport {
  readonly schema_version: 1;
  readonly environment: string;
  /** ISO 8601. */
  readonly at: string;
  readonly items: readonly DoctorItem[];
}

/** Looks. Writes nothing anywhere. */
export async function runDoctor(request: DoctorRequest): Promise<DoctorReport> {
  const { root, declarations, env, now } = request;
  const environment = declarations.environments.find(({ name }) => name === request.environment);
  const desired = environment === undefined ? null : desiredOf(declarations, environment);
  const [here, database, supabase, github] = await Promise.all([
    lookHere(root, gitIn(root), process.version),
    databaseLook(request, desired),
    supabaseLook(request, desired),
    githubLook(request),
  ]);
  return {
    schema_version: 1,
    environment: request.environment,
    at: now.toISOString(),
    items: [
      ...here,
      lookAtFiles(declarations),
      ...(environment === undefined || desired === null
        ? [noEnvironment(request)]
        : [lookAtEnvironment(environment), lookAtVariables(desired, env)]),
      ...database.items,
      ...supabase,
      ...github.items,
      ...clockItems(database.clock, github.clock),
    ],
  };
}

/** Files with errors still name their environment: the rest can be looked at without them. */
function desiredOf(declarations: DeclarationResult, environment: EnvironmentDeclaration): DesiredState {
  try {
    return declarations.resolve(environment.name);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const nothing = { migrations: [], secrets: [], jobs: [], functions: [], edgeSecrets: [], checks: [] };
    return { environment, ...nothing, projects: [] };
  }
}

function noEnvironment({ environment, declarations }: DoctorRequest): DoctorItem {
  const known = declarations.environments.map(({ name }) => name).join(', ') || 'none';
  return itemsOf('runbooks').bad('environment', `Environment ${environment}`, {
    status: 'error',
    detail: `runbooks/environments.yaml has no environment ${environment}; it has ${known}.`,
    remedy: 'Give one of them with --env, or declare it.',
  });
}

async function databaseLook(
  { databaseUrl }: DoctorRequest,
  desired: DesiredState | null,
): Promise<DatabaseLook> {
  const title = 'Connection';
  const items = itemsOf('database');
  if (desired === null)
    return {
      clock: null,
      items: [items.unknown('reachable', title, 'Without an environment nobody knows where it is.')],
    };
  if ('why' in databaseUrl)
    return { clock: null, items: [items.unknown('reachable', title, databaseUrl.why, databaseUrl.remedy)] };
  try {
    const sql = connect({ url: databaseUrl.at, applicationName: 'opsroom doctor' });
    try {
      return await lookAtDatabase(sql, databaseUrl.at, desired);
    } finally {
      await sql.end({ timeout: 5 });
    }
  } catch (error) {
    // A connection string nobody can use.
    if (!(error instanceof ConfigurationError)) throw error;
    const trouble = { status: 'error', detail: error.message, remedy: error.hint ?? 'Correct it.' } as const;
    return { clock: null, items: [items.bad('reachable', title, trouble)] };
  }
}

async function supabaseLook(
  { platform, env }: DoctorRequest,
  desired: DesiredState | null,
): Promise<readonly DoctorItem[]> {
  if (desired === null) return [];
  if ('why' in platform)
    return [
      itemsOf('supabase').bad('project', 'Project', {
        status: 'error',
        detail: platform.why,
        remedy: platform.remedy,
      }),
    ];
  return lookAtSupabase(platform.at, desired, env);
}

async function githubLook({ github, declarations, root, now, onWait }: DoctorRequest): Promise<GitHubLook> {
  const items = itemsOf('github');
  if ('why' in github)
    return { clock: null, items: [items.unknown('repository', 'Repository', github.why, github.remedy)] };
  const { owner, repo, token, apiUrl } = github.at;
  const { files, broken } = readWorkflowFiles(root);
  const client = createGitHubClient({ token, apiUrl, owner, repo, onWait });
  const look = await lookAtGitHub(client, {
    token,
    environments: declarations.environments,
    workflows: files,
    now,
  });
  const wrong = broken.map((file) =>
    items.bad(`workflow.${file.replace(/^.*\//, '')}`, `Workflow ${file}`, {
      status: 'error',
      detail: `${file} is no workflow.`,
      remedy: 'Correct its YAML: GitHub does not run it.',
    }),
  );
  return { ...look, items: [...look.items, ...wrong] };
}

function clockItems(database: ClockReading | null, github: ClockReading | null): readonly DoctorItem[] {
  return [lookAtClock('the database', database), lookAtClock('GitHub', github)];
}
