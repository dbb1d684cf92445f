import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { ACTIONS_LOGIN } from '../../local/github/tokens.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { type BundledStep, runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens } from './pull-request.ts';

const file = 'runbooks/cron/sync_game_platform_stats.yaml';
const old = 'a'.repeat(40);
const newer = 'b'.repeat(40);

let database: TestDatabase;
let github: GitHubStandIn;
let oldState: ControlRepository;
let newState: ControlRepository;

beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
  oldState = controlRepository();
  newState = controlRepository();
  oldState.edit(file, 'schedule: ', "schedule: '11 1 * * *' # ");
  newState.edit(file, 'schedule: ', "schedule: '22 2 * * *' # ");
  // Staging and production are one database here, and the project is production's only.
  for (const state of [oldState, newState]) state.remove('runbooks/projects/ops-control-room.yaml');
});

afterAll(() => database.drop());

beforeEach(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha: old, files: [file] });
  return () => github.stop();
});

function reconcile(
  commit: { readonly sha: string; readonly state: ControlRepository },
  inputs: Readonly<Record<string, string>> = {},
  over: Partial<BundledStep> = {},
): Promise<StepResult> {
  return runBundledAction({
    action: 'reconcile',
    with: { environment: 'production', ...inputs },
    env: {
      OPS_PRODUCTION_DATABASE_URL: database.url,
      OPS_STAGING_DATABASE_URL: database.url,
      ...CANARIES,
    },
    workspace: commit.state.workspace,
    token: 'ghs_reconcile',
    apiUrl: github.apiUrl,
    event: { name: 'push', payload: { ref: 'refs/heads/main' } },
    sha: commit.sha,
    ...over,
  });
}

const ofOld = (): Parameters<typeof reconcile>[0] => ({ sha: old, state: oldState });
const ofNewer = (): Parameters<typeof reconcile>[0] => ({ sha: newer, state: newState });

/** What the database says now, and how many applies it has seen. */
async function present(): Promise<{ readonly schedule: string; readonly applies: number }> {
  const [definition] = await database.sql`
    select definition #>> '{schedule,source}' as schedule from ops.job_definitions
    where name = 'sync_game_platform_stats'`;
  const [audit] = await database.sql`select count(*)::int as applies from ops.reconciliations`;
  return { schedule: String(definition?.schedule), applies: Number(audit?.applies) };
}

describe('a run that was approved after a newer one was applied', () => {
  it('changes nothing, is green, and says which commit applies instead', async () => {
    expect((await reconcile(ofOld())).record.reason).toBe('applied');
    pushCommit(github.store, { branch: 'main', sha: newer, files: [file] });
    expect((await reconcile(ofNewer())).record.reason).toBe('applied');
    const before = await present();
    expect(before.schedule).toBe('22 2 * * *');

    const result = await reconcile(ofOld());

    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.record).toMatchObject({ reason: 'superseded', ok: true, environment: 'production' });
    expect(result.stdout).toMatch(/::notice::Superseded: .*main is at bbbbbbbbbbbb by now/);
    expect(result.summary).toContain('## Superseded on production');
    expect(result.outputs['reconciliation-id']).toBe('');
    expect(await present()).toEqual(before);
    expect(github.violations).toEqual([]);
  });

  it('may still say what it would do', async () => {
    pushCommit(github.store, { branch: 'main', sha: newer, files: [file] });

    expect((await reconcile(ofOld(), { 'dry-run': 'true' })).record.reason).toBe('dry_run');
    expect(github.calls).toEqual([]);
  });

  it('goes on where the newer commits change nothing that is declared, because no run of theirs comes', async () => {
    pushCommit(github.store, { branch: 'main', sha: newer, files: ['README.md', 'docs/runbooks/x.md'] });

    const result = await reconcile(ofOld());

    expect(result.record.ok, result.record.message).toBe(true);
    expect(result.record.reason).not.toBe('superseded');
    expect(result.stdout).toContain('declares the same as aaaaaaaaaaaa');
    expect((await present()).schedule).toBe('11 1 * * *');
  });

  it.each([
    ['the workflow', ['.github/workflows/reconcile.yml']],
    ['the bundle', ['actions/dist/index.js']],
    ['more files than GitHub names', Array.from({ length: 301 }, (_, index) => `docs/${index}.md`)],
  ])('is superseded by a change of %s', async (_what, files) => {
    pushCommit(github.store, { branch: 'main', sha: newer, files });

    expect((await reconcile(ofOld())).record.reason).toBe('superseded');
  });

  it('is superseded when somebody threw its commit out of the branch', async () => {
    github.store.branches.clear();
    pushCommit(github.store, { branch: 'main', sha: 'd'.repeat(40), files: [] });
    pushCommit(github.store, { branch: 'thrown-out', sha: 'd'.repeat(40), files: [] });
    pushCommit(github.store, { branch: 'thrown-out', sha: old, files: [] });
    github.store.branches.delete('thrown-out');

    expect((await reconcile(ofOld())).record.reason).toBe('superseded');
  });

  it('is let through by allow-superseded, without asking', async () => {
    pushCommit(github.store, { branch: 'main', sha: newer, files: [file] });
    await reconcile(ofNewer());

    const result = await reconcile(ofOld(), { 'allow-superseded': 'true' });

    expect(result.record.reason).toBe('applied');
    expect((await present()).schedule).toBe('11 1 * * *');
  });

  it('of a tag has no branch to be superseded on', async () => {
    const result = await reconcile(ofOld(), {}, { ref: 'refs/tags/v1' });

    expect(result.record.ok).toBe(true);
    expect(github.calls).toEqual([]);
  });
});

describe('when GitHub cannot be asked', () => {
  const outages = [
    ['the token may not', { token: 'ghs_nothing' }, 'contents: read'],
    ['nobody answers', { apiUrl: 'http://127.0.0.1:1' }, 'did not answer'],
    ['the branch is gone', { ref: 'refs/heads/gone' }, 'no such branch'],
  ] as const;

  beforeEach(() => github.allow('ghs_nothing', { login: ACTIONS_LOGIN, permissions: { issues: 'write' } }));

  it.each(outages)(
    'because %s, production is refused and told how to go on',
    async (_why, over, words) => {
      const before = await present();

      const result = await reconcile(ofNewer(), {}, over);

      expect(result.exitCode).toBe(1);
      expect(result.record).toMatchObject({ reason: 'configuration_error', ok: false });
      expect(result.record.message).toContain(words);
      expect(result.record.message).toContain('allow-superseded');
      expect(result.stdout).not.toMatch(/^ +at /m);
      expect(await present()).toEqual(before);
    },
    60_000,
  );

  it('staging goes on with a warning', async () => {
    const result = await reconcile(ofOld(), { environment: 'staging' }, { token: 'ghs_nothing' });

    expect(result.record.ok, result.record.message).toBe(true);
    expect(result.stdout).toMatch(/::warning::GitHub could not be asked/);
  });

  it('a hiccup is waited out', async () => {
    github.fail({ operation: 'git/get-ref', kind: 'bad_gateway', times: 1 });

    expect((await reconcile(ofOld())).record.ok).toBe(true);
  }, 60_000);
});
