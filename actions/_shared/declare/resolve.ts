/** What one environment should hold, out of everything the files say. */
import { ConfigurationError } from '../io/errors.ts';
import { closestWord } from './closest-word.ts';
import type { CheckSpec } from './kinds/checks-model.ts';
import type { JobSpec } from './kinds/cron.ts';
import { type ProjectSpec, resolveProject } from './kinds/project-spec.ts';
import { resolveCheck } from './kinds/resolve-check.ts';
import { resolveSecret, type SecretSpec } from './kinds/secret-overrides.ts';
import type {
  DesiredEdgeSecret,
  DesiredFunction,
  DesiredJob,
  DesiredState,
  Diagnostic,
  EnvironmentDeclaration,
  MigrationFile,
  SecretDeclaration,
  SourceLocation,
} from './model.ts';

export interface Located<Spec> {
  readonly spec: Spec;
  readonly location: SourceLocation;
}

export interface Declarations {
  readonly environments: readonly EnvironmentDeclaration[];
  readonly secrets: readonly Located<SecretSpec>[];
  readonly jobs: readonly Located<JobSpec>[];
  readonly checks: readonly Located<CheckSpec>[];
  readonly projects: readonly Located<ProjectSpec>[];
  readonly migrations: readonly MigrationFile[];
  readonly diagnostics: readonly Diagnostic[];
  /** The functions of an environment, with what they are made of. */
  readonly functions: (environment: string) => readonly DesiredFunction[];
  /** Environment variable -> name in `secrets.yaml`, by slug. */
  readonly functionSecrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * Everything `name` should hold. Throws ConfigurationError when there is no such environment, and when any file has
 * an error: a job that could not be read must never look like a job that was removed.
 */
export function resolveEnvironment(declarations: Declarations, name: string): DesiredState {
  const errors = declarations.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    throw new ConfigurationError(`the declarations have ${count}`, {
      hint: 'Run `opsroom validate`.',
      diagnostics: errors,
    });
  }
  const environment = declarations.environments.find((candidate) => candidate.name === name);
  if (environment === undefined) {
    const known = declarations.environments.map((candidate) => candidate.name);
    const near = closestWord(name, known);
    const hint =
      near === undefined
        ? `Known are ${known.join(', ') || 'none'}.`
        : `Did you mean \`${near}\`? Known are ${known.join(', ')}.`;
    throw new ConfigurationError(`there is no environment \`${name}\` in runbooks/environments.yaml`, {
      hint,
    });
  }
  const secrets = declarations.secrets.map(({ spec, location }) => ({
    ...resolveSecret(spec, name),
    location,
  }));
  const functions = declarations.functions(name);
  return {
    environment,
    migrations: declarations.migrations,
    secrets,
    jobs: declarations.jobs.map((job) => resolveJob(job, environment)),
    functions,
    edgeSecrets: edgeSecrets(functions, secrets, declarations.functionSecrets),
    checks: declarations.checks.flatMap((check) => resolveCheck(check, environment) ?? []),
    projects: declarations.projects.flatMap((project) => resolveProject(project, name) ?? []),
  };
}

/** What the functions of one environment read, each variable once. */
function edgeSecrets(
  functions: readonly DesiredFunction[],
  secrets: readonly SecretDeclaration[],
  wanted: Declarations['functionSecrets'],
): readonly DesiredEdgeSecret[] {
  if (functions.length === 0) return [];
  const declared = new Map(secrets.map((secret) => [secret.name, secret]));
  const found = new Map<string, DesiredEdgeSecret>();
  for (const { slug, location } of functions) {
    for (const [name, source] of Object.entries(wanted.get(slug) ?? {})) {
      const secret = declared.get(source);
      if (secret === undefined) continue;
      const known = found.get(name);
      found.set(
        name,
        known === undefined
          ? { name, secret, functions: [slug], location }
          : { ...known, functions: [...known.functions, slug] },
      );
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The job as one environment wants it. */
export function resolveJob(
  { spec, location }: Located<JobSpec>,
  environment: EnvironmentDeclaration,
): DesiredJob {
  const override = Object.hasOwn(spec.overrides, environment.name)
    ? spec.overrides[environment.name]
    : undefined;
  const { cronSchedule, ...schedule } = override?.schedule ?? spec.schedule;
  const definition = { schedule, ...spec.definition, ...override?.definition };
  const fire = `select ops.fire('${spec.name}')`;
  const { call } = definition;
  return {
    name: spec.name,
    definition,
    cron: {
      schedule: cronSchedule,
      command: call.kind === 'sql' ? `set local statement_timeout = ${call.timeout_ms}; ${fire}` : fire,
      active: override?.active ?? (spec.active !== false && environment.jobsAwake),
    },
    secrets: [...new Set(spec.references.map((reference) => reference.secret))],
    location,
  };
}
