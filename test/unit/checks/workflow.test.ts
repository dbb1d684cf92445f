import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { createGitHubClient, type GitHubClient } from '../../../actions/_shared/github/client.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import type { Conclusion } from '../../../local/github/state/runs.ts';
import { checkFiles, look, only, summary } from '../../database/checks/looking.ts';

const now = new Date('2030-03-07T12:34:30Z');
const sql = connect({ url: 'postgres://nobody:x@127.0.0.1:1/none', applicationName: 'test' });

interface RunWish {
  readonly minutes: number;
  readonly file?: string;
  /** Null: it still runs. */
  readonly conclusion?: Conclusion | null;
  readonly isWaiting?: boolean;
  readonly branch?: string;
}

const token = 'ghs_canary0123456789abcdefghijklmnop';
let github: GitHubStandIn;
let clock = now;
let before = 0;

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops', now: () => clock });
  github.allow(token, { login: 'github-actions[bot]', permissions: { actions: 'read' } });
  github.addUser({ login: 'alice', role: 'admin' });
  github.settle({ environments: { production: { reviewers: [{ user: 'alice' }] } } });
  const text = 'on: { schedule: [{ cron: "0 * * * *" }] }\njobs: {}\n';
  const names = ['health.yml', 'drift.yml', 'advisories.yml'];
  github
    .as('alice')
    .push({ files: Object.fromEntries(names.map((name) => [`.github/workflows/${name}`, text])) });
});
afterAll(() => github.stop());
beforeEach(() => {
  ran([{ minutes: 4 }]);
  before = github.calls.length;
});

/** These runs and no others, as schedules start them. */
function ran(wishes: readonly RunWish[]): void {
  github.store.runs.clear();
  for (const wish of wishes.toSorted((a, b) => b.minutes - a.minutes)) {
    const { minutes, file = 'health.yml', conclusion = 'success', branch = 'main' } = wish;
    clock = new Date(now.getTime() - minutes * 60_000);
    const run = github.runs.queue({
      path: `.github/workflows/${file}`,
      event: 'schedule',
      payload: {},
      ref: `refs/heads/${branch}`,
      sha: github.store.branches.get('main') ?? '',
      actor: 'alice',
      inputs: {},
    });
    github.runs.start(run.id);
    if (wish.isWaiting === true) waits(run.id);
    else if (conclusion !== null) github.runs.finish(run.id, conclusion);
  }
  clock = now;
}

/** For an approval. */
function waits(runId: number): void {
  const [job] = github.runs.addJobs(runId, [{ key: 'deploy' }]);
  github.runs.enterEnvironment(job?.id ?? 0, 'production');
}

/** What GitHub was asked in this test. */
function asked(): string[] {
  expect(github.violations.splice(0)).toEqual([]);
  return github.calls.slice(before).map(({ operation }) => operation.replace('actions/', ''));
}

function client(used = token): GitHubClient {
  const { apiUrl } = github;
  return createGitHubClient({ token: used, apiUrl, owner: 'acme', repo: 'ops', onWait: () => undefined });
}

const files = checkFiles({
  health:
    'workflow: { files: [health.yml], max_age: { warning: 30m, critical: 3h }, failing: { warning: 2, critical: 4 } }',
});
const checked = (text = files) => look(text, { sql, now, github: client() });

describe('a workflow', () => {
  it('that came by lately is well, for one call', async () => {
    expect(summary(await checked())).toEqual([]);
    expect(asked()).toEqual(['list-workflow-runs-for-repo']);
  });

  it.each<[string, readonly RunWish[], string]>([
    ['has not come by', [{ minutes: 31 }], 'warning workflow_late'],
    ['has not come by for long', [{ minutes: 200 }], 'critical workflow_late'],
    [
      'fails',
      [{ minutes: 1, conclusion: 'failure' }, { minutes: 6, conclusion: 'timed_out' }, { minutes: 9 }],
      'warning workflow_failing',
    ],
    [
      'fails again and again',
      [1, 2, 3, 4].map((minutes) => ({ minutes, conclusion: 'startup_failure' as const })),
      'critical workflow_failing',
    ],
    ['hangs', [{ minutes: 1 }, { minutes: 400, conclusion: null }], 'warning workflow_stuck'],
    ['has never run', [], 'warning workflow_never_ran'],
  ])('that %s is bad, and well with its next good run', async (_what, seen, expected) => {
    ran(seen);
    expect(summary(await checked())).toEqual([`health/health.yml: ${expected}`]);

    ran([{ minutes: 0.5 }]);
    expect(summary(await checked())).toEqual([]);
  });

  it('cancelled, skipped, or waiting for an approval says nothing', async () => {
    ran([
      { minutes: 1, conclusion: 'cancelled' },
      { minutes: 2, conclusion: 'failure' },
      { minutes: 3, conclusion: 'skipped' },
      { minutes: 4 },
      { minutes: 900, isWaiting: true },
    ]);
    expect(summary(await checked())).toEqual([]);
  });

  it('switched off says so instead of late, and why', async () => {
    ran([{ minutes: 90_000 }]);
    github.settle({ workflows: { 'health.yml': 'disabled_inactivity' } });

    expect(only(await checked()).finding).toMatchObject({
      name: 'workflow_disabled',
      detail: expect.stringContaining('60 days'),
      remediation: expect.stringContaining('gh workflow enable health.yml'),
    });
    expect(asked()).toEqual(['list-workflow-runs-for-repo', 'list-repo-workflows']);
    github.settle({ workflows: { 'health.yml': 'active' } });
  });

  it('that is not among the newest runs is asked about by itself', async () => {
    ran([
      ...Array.from({ length: 120 }, (_, index) => ({ minutes: index * 5 })),
      { minutes: 1300, file: 'drift.yml' },
    ]);
    const nightly = checkFiles({ nightly: 'workflow: { files: [drift.yml], max_age: 2d }' });

    expect(summary(await checked(nightly))).toEqual([]);
    expect(asked()).toEqual(['list-workflow-runs-for-repo', 'list-workflow-runs']);
  });

  it('GitHub does not know, or that nobody may ask about, is unknown', async () => {
    const strange = checkFiles({ it: 'workflow: { files: [nowhere.yml], max_age: 1h }' });
    expect(summary(await checked(strange))).toEqual(['it/nowhere.yml: unknown cannot_evaluate']);

    const blind = github.issueToken({ permissions: { issues: 'write' } });
    const refused = await look(files, { sql, now, github: client(blind) });
    expect(refused.evaluated).toEqual([]);
    expect(only(refused).finding.remediation).toContain('actions: read');
    expect(JSON.stringify(refused)).not.toContain(blind);

    expect(only(await look(files, { sql, now })).finding.detail).toContain('Nobody can ask GitHub');
  });

  it('counts on its branch only, when its check says so', async () => {
    ran([
      { minutes: 1, branch: 'feature' },
      { minutes: 50, branch: 'main' },
    ]);
    const main = checkFiles({ it: 'workflow: { files: [health.yml], max_age: 30m, branch: main }' });

    expect(summary(await checked(main))).toEqual(['it/health.yml: warning workflow_late']);
  });
});
