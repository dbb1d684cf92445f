import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { type BundledStep, runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens, type OpenedPullRequest, openPullRequest } from './pull-request.ts';

let database: TestDatabase;
let github: GitHubStandIn;
let repository: ControlRepository;
let pull: OpenedPullRequest;

beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
});

afterAll(() => database.drop());

beforeEach(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  repository = controlRepository();
  pull = openPullRequest(github);
  return () => github.stop();
});

function plan(over: Partial<BundledStep> = {}): Promise<StepResult> {
  return runBundledAction({
    action: 'plan',
    with: { environments: 'production' },
    env: { OPS_PRODUCTION_DATABASE_URL: database.url },
    workspace: repository.workspace,
    token: 'ghs_plan',
    apiUrl: github.apiUrl,
    event: pull.event(),
    ...over,
  });
}

function comments(): string[] {
  return [...github.store.comments.values()].map((comment) => comment.body);
}

describe('the plan of a pull request', () => {
  it('tells the runner everything: outputs, summary, log', async () => {
    const result = await plan();

    expect(result.outputs).toMatchObject({ reason: 'plan_changes', digest: result.record.digest });
    expect(JSON.parse(result.outputs.plans ?? '')).toEqual({
      production: { digest: result.record.digest, counts: result.record.counts },
    });
    expect(result.summary).toContain('### Plan for `production`');
    expect(result.stdout).toContain('sync_game_platform_stats');
  });

  it('puts what is wrong with a file on its line, and says so in the comment', async () => {
    repository.edit('runbooks/cron/sync_game_platform_stats.yaml', 'schedule: ', "schedule: '61 * * * *' # ");

    const result = await plan();

    expect(result.exitCode).toBe(1);
    expect(result.record).toMatchObject({ reason: 'lint_failed', ok: false });
    expect(result.stdout).toMatch(
      /::error [^\n]*file=runbooks\/cron\/sync_game_platform_stats\.yaml,line=\d+/,
    );
    expect(result.stdout).not.toMatch(/^ +at .*\.js:\d+/m);
    expect(comments()[0]).toContain('1 error in the files');
  });

  it('of a fork is lint without secrets, told in the summary, and green', async () => {
    pull = openPullRequest(github, 'mallory/ops');

    const result = await plan({ token: 'ghs_fork' });

    expect(result.exitCode, result.stdout).toBe(0);
    expect(result.record.reason).toBe('lint_passed');
    expect(result.summary).toContain('From a fork');
    expect(result.stdout).toContain('::notice::This token may not comment');
    expect(result.summary).not.toContain('PostgreSQL');
    expect(comments()).toEqual([]);
  });

  it('without a connection is lint only, and says which variable is missing', async () => {
    const result = await plan({ env: {} });

    expect(result.exitCode).toBe(0);
    expect(result.record.reason).toBe('lint_passed');
    expect(comments()[0]).toContain('OPS_PRODUCTION_DATABASE_URL is not set');
  });

  it('is unknown and red when the database does not answer', async () => {
    const url = 'postgres://postgres:canary-password@127.0.0.1:1/postgres';

    const result = await plan({ env: { OPS_PRODUCTION_DATABASE_URL: url } });

    expect(result.exitCode).toBe(1);
    expect(result.record).toMatchObject({ reason: 'configuration_error', ok: false });
    expect(comments()[0]).toContain('Could not plan');
    expect(result.visible + comments().join('\n')).not.toContain('canary-password');
    expect(result.stdout).not.toMatch(/^ +at /m);
  });

  it('names the known environments when asked for an unknown one', async () => {
    const result = await plan({ with: { environments: 'prodution' } });

    expect(result.exitCode).toBe(1);
    expect(result.record.reason).toBe('configuration_error');
    expect(result.record.message).toContain('production');
  });

  it('leaves the comment to the newer run when the pull request moved on', async () => {
    const event = pull.event();
    pull.push('d'.repeat(40));

    const result = await plan({ event });

    expect(result.exitCode).toBe(0);
    expect(comments()).toEqual([]);
    expect(result.stdout).toContain('moved on');
  });

  it('shows no secret value anywhere, also not the ones it was given', async () => {
    const result = await plan({ env: { OPS_PRODUCTION_DATABASE_URL: database.url, ...CANARIES } });

    expect(result.record.reason).toBe('plan_changes');
    const seen = result.visible + comments().join('\n');
    for (const canary of [...Object.values(CANARIES), database.url, new URL(database.url).password]) {
      expect(seen).not.toContain(canary);
    }
    expect(result.stdout).toContain(`::add-mask::${CANARIES.OPS_ANON_KEY}`);
    expect(result.stdout.indexOf('::add-mask::')).toBe(0);
  });

  it('fits a comment when thousands of jobs are new', async () => {
    for (let index = 0; index < 1_500; index += 1) {
      repository.write(
        `runbooks/cron/generated_${index}.yaml`,
        `description: Generated job ${index}\nowner: "@data-team"\nschedule: "H * * * *"\ncall: { sql: "select ${index}", timeout: 5s }\n`,
      );
    }

    const result = await plan();

    expect(result.exitCode, result.stdout.slice(0, 2_000)).toBe(0);
    expect(comments()[0]?.length).toBeLessThan(65_536);
    expect(comments()[0]).toMatch(/… \d+ more in the summary of the run/);
    expect(Buffer.byteLength(result.summary)).toBeLessThan(1_048_576);
    expect(result.summary).toContain('generated_1499');
  });
});
