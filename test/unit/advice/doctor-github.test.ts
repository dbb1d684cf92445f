/** What the doctor says of a repository, asked over HTTP from the stand-in of GitHub. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookAtGitHub } from '../../../actions/_shared/checks/doctor/github.ts';
import type { DoctorItem } from '../../../actions/_shared/checks/doctor/item.ts';
import { renderDoctorTerminal } from '../../../actions/_shared/checks/doctor/report.ts';
import { readWorkflow } from '../../../actions/_shared/checks/doctor/workflow-files.ts';
import type { EnvironmentDeclaration } from '../../../actions/_shared/declare/model.ts';
import { createGitHubClient } from '../../../actions/_shared/github/client.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import { resolveCommit } from '../../../local/github/state/commits.ts';
import { CAREFUL_PROTECTION } from '../../../local/github/state/settings.ts';

const workflow = `
name: watch
on:
  schedule: [{ cron: '0 */6 * * *' }]
jobs:
  plan: { environment: production-plan, steps: [{ run: 'x \${{ secrets.OPS_PRODUCTION_DATABASE_URL }}' }] }
  apply: { environment: production, steps: [{ run: 'x \${{ secrets.OPS_PRODUCTION_DATABASE_URL }} \${{ secrets.OPS_ANON_KEY }}' }] }
  look: { environment: production-watch, steps: [{ run: 'x \${{ secrets.OPS_PRODUCTION_DATABASE_URL }}' }] }
`;
const FILE = '.github/workflows/watch.yml';
const CONNECTION = 'OPS_PRODUCTION_DATABASE_URL';
const careful = {
  production: {
    reviewers: [{ user: 'alice' }],
    preventSelfReview: true,
    branches: ['main'],
    adminsMayBypass: false,
    secrets: [CONNECTION, 'OPS_ANON_KEY'],
  },
  'production-plan': { reviewers: [], branches: 'any' as const, secrets: [CONNECTION] },
  'production-watch': { reviewers: [], branches: ['main'], secrets: [CONNECTION] },
};

let github: GitHubStandIn;
let now = new Date('2026-11-01T00:00:00Z');

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops', now: () => now });
  github.addUser({ login: 'alice', role: 'admin' });
  github.as('alice').push({ files: { [FILE]: workflow } });
  settleWell();
  now = new Date('2026-11-21T12:00:00Z');
  ranAt('2026-11-21T06:11:00Z');
});
afterAll(() => github.stop());

function settleWell(): void {
  github.settle({
    archived: false,
    environments: careful,
    branchProtection: { main: { ...CAREFUL_PROTECTION, requiredChecks: ['plan-ok', 'test'] } },
    branchRules: { main: [] },
    secrets: [],
    actions: { enabled: true, defaultPermissions: 'read', mayApprove: false },
    workflows: { 'watch.yml': 'active' },
  });
}

const declared: readonly EnvironmentDeclaration[] = [
  {
    name: 'production',
    lane: 'production',
    connectionEnv: CONNECTION,
    githubEnvironment: 'production',
    jobsAwake: true,
    prune: [],
    limits: { deleteCount: 10, deletePercent: 20 },
    location: { file: 'runbooks/environments.yaml', line: 1, column: 1 },
  },
];

const READ_ALL = {
  metadata: 'read',
  contents: 'read',
  actions: 'read',
  administration: 'read',
  environments: 'read',
  secrets: 'read',
  'organization-secrets': 'read',
} as const;

async function look(
  permissions: Parameters<GitHubStandIn['issueToken']>[0]['permissions'] = READ_ALL,
  oauthScopes?: readonly string[],
): Promise<Readonly<Record<string, DoctorItem>>> {
  const token = github.issueToken({
    permissions,
    login: 'alice',
    kind: 'person',
    ...(oauthScopes === undefined ? {} : { oauthScopes }),
  });
  const client = createGitHubClient({
    token,
    apiUrl: github.apiUrl,
    owner: 'acme',
    repo: 'ops',
    onWait: () => {},
  });
  const file = readWorkflow(FILE, workflow);
  const { items } = await lookAtGitHub(client, {
    token,
    environments: declared,
    workflows: file === null ? [] : [file],
    now,
  });
  return Object.fromEntries(items.map((item) => [item.id, item]));
}

/** A run the schedule started at a moment. */
function ranAt(at: string): void {
  const before = now;
  now = new Date(at);
  const run = github.runs.queue({
    path: FILE,
    event: 'schedule',
    payload: { schedule: '0 */6 * * *' },
    ref: 'refs/heads/main',
    sha: resolveCommit(github.store, 'main')?.sha ?? '',
    actor: 'alice',
    inputs: {},
  });
  github.runs.start(run.id);
  github.runs.finish(run.id, 'success');
  now = before;
}

const notWell = (items: Readonly<Record<string, DoctorItem>>): readonly string[] =>
  Object.values(items)
    .filter(({ status }) => status !== 'ok')
    .map(({ id, status, detail }) => `${status} ${id}: ${detail}`);

describe('the doctor', () => {
  it('says in one line what a token may not see, and which rights it takes', async () => {
    const items = Object.values(await look({ metadata: 'read', contents: 'read' }));
    const text = renderDoctorTerminal(
      { schema_version: 1, environment: 'production', at: now.toISOString(), items },
      { color: false },
    );
    const lines = text.split('\n').filter((line) => line.includes('could not look'));
    expect(lines.filter((line) => line.includes('look: GitHub refused'))).toHaveLength(1);
    expect(text).toContain('? Actions, Permissions of workflows, Environment production');
    expect(text).toMatch(
      /do: Look with a token that may read Actions, Administration, Environments, Secrets\.\n/,
    );
    expect(text).not.toContain('docs.github.com');
  });

  it('says how to make an environment that is missing', async () => {
    const environments = new Map(github.store.environments);
    github.store.environments.clear();
    const { 'github.environment.production': missing } = await look();
    for (const [name, environment] of environments) github.store.environments.set(name, environment);
    expect(missing).toMatchObject({ status: 'error' });
    expect(missing?.remedy).toMatch(
      /^Settings, Environments, New environment production: branch main only, required reviewers, .*OPS_PRODUCTION/,
    );
  });

  it('has nothing to say of a repository set up as docs/github.md says', async () => {
    expect(notWell(await look())).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it.each([
    [
      'github.environment.production',
      'error',
      { environments: { production: { reviewers: [] } } },
      /nobody has to approve/i,
    ],
    [
      'github.environment.production',
      'error',
      { environments: { production: { branches: 'any' } } },
      /every branch may use/i,
    ],
    [
      'github.environment.production',
      'warning',
      { environments: { production: { preventSelfReview: false } } },
      /may approve it/,
    ],
    [
      'github.environment.production',
      'warning',
      { environments: { production: { adminsMayBypass: true } } },
      /admins may pass/i,
    ],
    [
      'github.environment.production-plan',
      'error',
      { environments: { 'production-plan': { reviewers: [{ user: 'alice' }] } } },
      /wait for a reviewer/,
    ],
    [
      'github.environment.production-plan',
      'error',
      { environments: { 'production-plan': { branches: ['main'] } } },
      /gets no secrets/,
    ],
    [
      'github.environment.production-watch',
      'error',
      { environments: { 'production-watch': { branches: 'any' } } },
      /connection that writes/,
    ],
    [
      'github.secrets.production-watch',
      'error',
      { environments: { 'production-watch': { secrets: [] } } },
      /OPS_PRODUCTION_DATABASE_URL/,
    ],
    [
      'github.secrets.production',
      'warning',
      { environments: { production: { secrets: [CONNECTION] } } },
      /OPS_ANON_KEY/,
    ],
    ['github.secrets', 'error', { secrets: [CONNECTION] }, /every workflow of every branch/],
    ['github.branch', 'error', { branchProtection: { main: null } }, /without a pull request/],
    [
      'github.branch',
      'warning',
      { branchProtection: { main: { ...CAREFUL_PROTECTION, requiredChecks: ['test'] } } },
      /plan-ok/,
    ],
    ['github.permissions', 'warning', { actions: { defaultPermissions: 'write' } }, /write everything/],
    ['github.approval', 'error', { actions: { mayApprove: true } }, /approve pull requests/],
    ['github.workflow.watch.yml', 'error', { workflows: { 'watch.yml': 'disabled_inactivity' } }, /60 days/],
    ['github.repository', 'error', { archived: true }, /archived/],
  ] as const)('%s is %s when it is so', async (id, status, settings, words) => {
    github.settle(settings as Parameters<GitHubStandIn['settle']>[0]);
    try {
      const items = await look();
      expect(items[id], JSON.stringify(notWell(items))).toMatchObject({
        status,
        detail: expect.stringMatching(words),
      });
      expect(items[id]?.remedy).toBeTruthy();
    } finally {
      settleWell();
    }
    expect(notWell(await look())).toEqual([]);
  });

  it('takes rulesets for protection too', async () => {
    github.settle({
      branchProtection: { main: null },
      branchRules: {
        main: [
          { type: 'pull_request' },
          { type: 'non_fast_forward' },
          {
            type: 'required_status_checks',
            parameters: {
              strict_required_status_checks_policy: true,
              required_status_checks: [{ context: 'plan-ok' }, { context: 'test' }],
            },
          },
        ],
      },
    });
    expect((await look())['github.branch']).toMatchObject({ status: 'ok' });
    settleWell();
  });

  it('misses a schedule that was left out twice, and forgives one', async () => {
    const before = now;
    now = new Date('2026-11-21T15:00:00Z');
    // Due at 12:00; the one of 06:00 ran.
    expect((await look())['github.workflow.watch.yml']).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('left out'),
    });
    now = new Date('2026-11-21T21:00:00Z');
    expect((await look())['github.workflow.watch.yml']).toMatchObject({
      status: 'error',
      detail: expect.stringContaining('2026-11-21T12:00'),
    });
    now = before;
  });

  it('says what a token may not see, and never calls it well', async () => {
    const items = await look({ metadata: 'read', contents: 'read' });
    for (const id of ['github.actions', 'github.permissions', 'github.secrets']) {
      expect(items[id], id).toMatchObject({ status: 'unknown', remedy: expect.stringContaining('token') });
    }
    expect(Object.values(items).filter(({ status }) => status === 'unknown').length).toBeGreaterThan(4);
  });

  it('warns of a classic token that can do far more', async () => {
    expect((await look(READ_ALL, ['repo', 'admin:org']))['github.token']).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('admin:org'),
    });
    expect((await look(READ_ALL, ['repo']))['github.token']).toMatchObject({ status: 'ok' });
  });

  it('is one item when the repository is out of reach', async () => {
    const client = createGitHubClient({
      token: 'ghp_wrong',
      apiUrl: github.apiUrl,
      owner: 'acme',
      repo: 'ops',
      onWait: () => {},
    });
    const { items, clock } = await lookAtGitHub(client, {
      token: 'ghp_wrong',
      environments: declared,
      workflows: [],
      now,
    });
    expect(items).toMatchObject([{ id: 'github.repository', status: 'unknown' }]);
    expect(clock).toBeNull();
  });
});
