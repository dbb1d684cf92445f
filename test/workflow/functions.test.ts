import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { ref, type SupabaseProject, startSupabaseProject, token } from '../database/platform/project.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { deno } from '../support/supabase/functions-host.ts';
import { runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens } from './pull-request.ts';

const sha = 'd'.repeat(40);
/** Values of the secrets that only functions read. */
const EDGE_CANARIES = {
  OPS_INGEST_TOKEN: 'canary-ingest-token-0123456789abcdef0123',
  OPSROOM_JOB_TOKEN: 'canary-job-token-0123456789abcdef0123456',
  ODOO_URL: 'https://canary-odoo.example.test',
  ODOO_API_KEY: 'canary-odoo-key-0123456789',
  GAME_PLATFORM_URL: 'https://canary-games.example.test',
  GAME_PLATFORM_TOKEN: 'canary-games-token-0123',
};

let database: TestDatabase;
let github: GitHubStandIn;
let repository: ControlRepository;
let supabase: SupabaseProject;

beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
  supabase = await startSupabaseProject();
  repository = controlRepository();
  repository.edit(
    'runbooks/environments.yaml',
    '  lane: production\n',
    `  lane: production\n  project_ref: ${ref}\n`,
  );
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha, files: ['functions/sync/index.ts'] });
});

afterAll(async () => {
  await github.stop();
  await supabase.stop();
  await database.drop();
});

function step(action: 'plan' | 'reconcile' | 'drift'): Promise<StepResult> {
  return runBundledAction({
    action,
    with: action === 'plan' ? { environments: 'production' } : { environment: 'production' },
    env: {
      OPS_PRODUCTION_DATABASE_URL: database.url,
      SUPABASE_ACCESS_TOKEN: token,
      SUPABASE_API_URL: supabase.api.url,
      OPSROOM_FUNCTIONS_URL: supabase.functionsUrl.replace('/functions/v1', ''),
      ...CANARIES,
      ...EDGE_CANARIES,
    },
    workspace: repository.workspace,
    token: `ghs_${action}`,
    apiUrl: github.apiUrl,
    event: { name: 'push', payload: { ref: 'refs/heads/main' } },
    sha,
  });
}

describe.skipIf(deno === null)('functions through the actions', () => {
  it('are planned, deployed with progress in the log, and then in order; no secret is seen', async () => {
    const planned = await step('plan');
    expect(planned.record.reason, planned.record.message).toBe('plan_changes');
    expect(planned.summary).toContain('**create** `sync` (function)');

    const applied = await step('reconcile');
    expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
    expect(applied.record).toMatchObject({ reason: 'applied', digest: planned.record.digest });
    expect(applied.stdout).toMatch(/^Deploying function sync \(11 of 11, \d+ files\)$/m);
    expect(supabase.deployments()).toHaveLength(11);

    expect((await step('plan')).record.reason).toBe('plan_empty');
    expect((await step('drift')).record.reason).toBe('drift_none');
    for (const secret of [token, ...Object.values(EDGE_CANARIES)]) {
      expect(planned.visible + applied.visible).not.toContain(secret);
    }
  }, 120_000);

  it('that somebody closed in the dashboard are drift, with an issue', async () => {
    const stored = supabase.api.store.project(ref)?.functions.find(({ shown }) => shown.slug === 'sync');
    if (stored !== undefined) stored.shown.verify_jwt = true;
    const found = await step('drift');
    expect(found.record, found.record.message).toMatchObject({
      reason: 'drift_found',
      counts: { update: 1 },
    });
    expect(found.summary).toContain('`sync`');
    if (stored !== undefined) stored.shown.verify_jwt = false;
  }, 60_000);

  it('that fail make the step red, with the reason on the line of its message', async () => {
    repository.edit('functions/sync/index.ts', 'serve(sync);', 'serve(sync); // again');
    supabase.api.fail({ operation: 'v1-deploy-a-function', kind: 'payment_required', times: 1 });
    const result = await step('reconcile');
    expect(result.exitCode).toBe(1);
    expect(result.record).toMatchObject({ reason: 'partly_applied', ok: false });
    expect(result.record.message).toContain('function sync: Supabase refused to deploy function sync');
    expect((await step('reconcile')).record.reason).toBe('applied');
  }, 60_000);
});
