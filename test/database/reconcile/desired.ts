/**
 * Desired states for tests, built by hand so that a test says what it is about and nothing else.
 */
import { fileURLToPath } from 'node:url';
import { diskReader } from '../../../actions/_shared/declare/file-reader.ts';
import type {
  DesiredJob,
  DesiredState,
  EnvironmentDeclaration,
  JobDefinition,
  MigrationFile,
  SecretDeclaration,
} from '../../../actions/_shared/declare/model.ts';
import { readMigrations } from '../../../actions/_shared/declare/read-migrations.ts';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';

/** The migrations of this repository. */
export function ourMigrations(): readonly MigrationFile[] {
  return readMigrations(diskReader(fileURLToPath(new URL('../../..', import.meta.url)))).migrations;
}

export function environment(changes: Partial<EnvironmentDeclaration> = {}): EnvironmentDeclaration {
  return {
    name: 'testing',
    lane: 'production',
    connectionEnv: 'OPS_TESTING_DATABASE_URL',
    jobsAwake: true,
    prune: [],
    limits: { deleteCount: 10, deletePercent: 20 },
    location: { file: 'runbooks/environments.yaml', line: 1, column: 1 },
    ...changes,
  };
}

export interface JobChanges {
  readonly schedule?: string;
  readonly active?: boolean;
  readonly username?: string;
  readonly definition?: Partial<JobDefinition>;
}

/** A job that calls an Edge Function every hour, unless told otherwise. */
export function job(name: string, changes: JobChanges = {}): DesiredJob {
  const { cronSchedule, ...schedule } = compileSchedule({
    name,
    source: changes.schedule ?? '7 * * * *',
    timezone: 'UTC',
  });
  return {
    name,
    definition: {
      schedule,
      call: {
        kind: 'http',
        function: name,
        method: 'post',
        url_secret: 'project_url',
        path: `/functions/v1/${name}`,
        headers: {},
        body: { mode: 'incremental' },
        auth: [{ kind: 'run_token' }],
        timeout_ms: 4000,
      },
      owner: '@data-team',
      ...changes.definition,
    },
    cron: {
      schedule: cronSchedule,
      command: `select ops.fire('${name}')`,
      active: changes.active ?? true,
      ...(changes.username === undefined ? {} : { username: changes.username }),
    },
    secrets: ['project_url'],
    location: { file: `runbooks/cron/${name}.yaml`, line: 1, column: 1 },
  };
}

/** Jobs called `job_00000`, `job_00001`, ... */
export function fleet(size: number): DesiredJob[] {
  return Array.from({ length: size }, (_, index) =>
    job(`job_${String(index).padStart(5, '0')}`, { schedule: `${index % 60} * * * *` }),
  );
}

export function secret(name: string, changes: Partial<SecretDeclaration> = {}): SecretDeclaration {
  return {
    name,
    description: `What ${name} is for`,
    valueEnv: `TEST_${name.toUpperCase()}`,
    location: { file: 'runbooks/secrets.yaml', line: 1, column: 1 },
    ...changes,
  };
}

export function desiredState(parts: Partial<DesiredState> = {}): DesiredState {
  return {
    environment: environment(),
    migrations: ourMigrations(),
    secrets: [],
    jobs: [],
    functions: [],
    edgeSecrets: [],
    checks: [],
    projects: [],
    ...parts,
  };
}
