/** A database, and the stand-in of GitHub with one workflow that can be dispatched on three branches. */
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import type { GitHubClient } from '../../../actions/_shared/github/client.ts';
import { createSingleShotClient } from '../../../actions/_shared/github/single-shot-client.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import type { StoredRun } from '../../../local/github/state/runs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { addOrganisation, type Organisation } from '../builds/people.ts';

export const WORKFLOW = `name: build
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
on:
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: true }
      ops_build_attempt: { type: string, default: '1' }
      ops_commit: { type: string, default: '' }
      colour: { type: choice, options: [red, blue], default: red }
permissions: {}
jobs: { build: { runs-on: ubuntu-24.04, steps: [{ run: echo built }] } }
`;

/** runbooks/environments.yaml of a test. */
export const ENVIRONMENTS = `production:
  lane: production
  connection: { env: OPS_PRODUCTION_DATABASE_URL }
`;

/** What these tests work with. */
export interface DispatchWorld {
  readonly database: TestDatabase;
  readonly service: Sql;
  readonly github: GitHubStandIn;
  readonly org: Organisation;
  readonly token: string;
  readonly clientOf: (repository: string) => GitHubClient | null;
  /** Runs that carry a build's id, oldest first. */
  readonly runsOf: (buildId: string) => StoredRun[];
  readonly build: (buildId: string) => Promise<Record<string, unknown>>;
  readonly order: (buildId: string) => Promise<Record<string, unknown>>;
  /** Time passes for the outbox: what it waits for is due, and was told so many minutes earlier. */
  readonly pass: (minutes: number) => Promise<void>;
  /** Nobody has heard of any run for a while. */
  readonly silence: () => Promise<void>;
  readonly forget: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param file `import.meta.url` of the test */
export async function startDispatchWorld(file: string): Promise<DispatchWorld> {
  const database = await createTestDatabase(file);
  const github = await startGitHub({ owner: 'acme', repo: 'app' });
  github.addUser({ login: 'alice', role: 'admin' });
  for (const branch of ['main', 'staging', 'dev'])
    github.as('alice').push({ branch, files: { '.github/workflows/build.yml': WORKFLOW } });
  const org = await addOrganisation(database.sql, 'acme');
  await database.superuser`update ops.projects set dispatch = true`;
  const token = github.issueToken({
    kind: 'workflow',
    permissions: { actions: 'write', deployments: 'read' },
  });
  const client = createSingleShotClient({ token, apiUrl: github.apiUrl, owner: 'acme', repo: 'app' });
  const row = async (rows: PromiseLike<readonly Record<string, unknown>[]>) => ({ ...(await rows)[0] });
  return {
    database,
    service: database.as('service_role'),
    github,
    org,
    token,
    clientOf: (repository) => (repository === 'acme/app' ? client : null),
    runsOf: (buildId) =>
      [...github.store.runs.values()].filter(({ displayTitle }) => displayTitle.includes(buildId)),
    build: (buildId) =>
      row(database.sql`
        select status, attempt, github_run_id::int as run, error, environment_url from ops.builds where id = ${buildId}`),
    order: (buildId) =>
      row(database.sql`
        select state, posts, looks, error, github_run_id::int as run, extra_runs::text as extra from ops.build_dispatches
        where build_id = ${buildId} order by attempt desc limit 1`),
    pass: async (minutes) => {
      await database.superuser`
        update ops.build_dispatches
        set next_at = least(next_at, now()), posted_at = posted_at - make_interval(mins => ${minutes}),
            created_at = created_at - make_interval(mins => ${minutes})`;
    },
    silence: async () => {
      await database.superuser`update ops.build_leases set expires_at = now() - interval '1 second'`;
    },
    forget: async () => {
      await database.superuser`delete from ops.builds`;
      await database.superuser`delete from ops.queued_jobs`;
      await database.superuser`delete from ops.job_leases`;
      await database.superuser`delete from ops.alerts`;
      github.store.runs.clear();
    },
    stop: async () => {
      await github.stop();
      await database.drop();
    },
  };
}
