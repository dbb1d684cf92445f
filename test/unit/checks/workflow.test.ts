import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { createGitHubClient, type GitHubClient } from '../../../actions/_shared/github/client.ts';
import { checkFiles, look, only, summary } from '../../database/checks/looking.ts';

const now = new Date('2030-03-07T12:34:30Z');
const sql = connect({ url: 'postgres://nobody:x@127.0.0.1:1/none', applicationName: 'test' });

interface RunWish {
  readonly minutes: number;
  readonly file?: string;
  readonly conclusion?: string | null;
  readonly status?: string;
  readonly branch?: string;
}

/** What GitHub would answer, in the shape of its description. */
let runs: readonly RunWish[] = [];
let states: Readonly<Record<string, string>> = {};
let refusal: number | null = null;
let asked: string[] = [];
let server: Server;
let github: GitHubClient;

function rendered({
  minutes,
  file = 'health.yml',
  conclusion = 'success',
  status = 'completed',
  branch = 'main',
}: RunWish) {
  return {
    id: Math.round(minutes * 1000),
    path: `.github/workflows/${file}@refs/heads/main`,
    event: 'schedule',
    status,
    conclusion,
    head_branch: branch,
    created_at: new Date(now.getTime() - minutes * 60_000).toISOString(),
    html_url: `https://github.com/acme/ops/actions/runs/${Math.round(minutes * 1000)}`,
  };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(url.pathname.replace('/repos/acme/ops/actions/', ''));
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (refusal !== null) return void json(refusal, { message: 'no' });
    const own = /workflows\/([^/]+)\/runs$/.exec(url.pathname)?.[1];
    if (url.pathname.endsWith('/workflows')) {
      const workflows = Object.entries(states).map(([file, state]) => ({
        path: `.github/workflows/${file}`,
        state,
      }));
      return void json(200, { total_count: workflows.length, workflows });
    }
    if (own !== undefined && states[own] === undefined) return void json(404, { message: 'Not Found' });
    const page = Number(url.searchParams.get('per_page'));
    const found = runs.filter(({ file = 'health.yml' }) => own === undefined || file === own).slice(0, page);
    json(200, { total_count: found.length, workflow_runs: found.map(rendered) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  github = createGitHubClient({
    token: 'ghs_canary0123456789abcdefghijklmnop',
    apiUrl: `http://127.0.0.1:${address.port}`,
    owner: 'acme',
    repo: 'ops',
    onWait: () => undefined,
  });
});
afterAll(() => server.close());
beforeEach(() => {
  states = { 'health.yml': 'active', 'drift.yml': 'active', 'advisories.yml': 'active' };
  runs = [{ minutes: 4 }];
  refusal = null;
  asked = [];
});

const files = checkFiles({
  health:
    'workflow: { files: [health.yml], max_age: { warning: 30m, critical: 3h }, failing: { warning: 2, critical: 4 } }',
});
const checked = (text = files) => look(text, { sql, now, github });

describe('a workflow', () => {
  it('that came by lately is well, for one call', async () => {
    expect(summary(await checked())).toEqual([]);
    expect(asked).toEqual(['runs']);
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
      [1, 2, 3, 4].map((minutes) => ({ minutes, conclusion: 'startup_failure' })),
      'critical workflow_failing',
    ],
    [
      'hangs',
      [{ minutes: 1 }, { minutes: 400, status: 'in_progress', conclusion: null }],
      'warning workflow_stuck',
    ],
    ['has never run', [], 'warning workflow_never_ran'],
  ])('that %s is bad, and well with its next good run', async (_what, seen, expected) => {
    runs = seen;
    expect(summary(await checked())).toEqual([`health/health.yml: ${expected}`]);

    runs = [{ minutes: 0.5 }];
    expect(summary(await checked())).toEqual([]);
  });

  it('cancelled, skipped, or waiting for an approval says nothing', async () => {
    runs = [
      { minutes: 1, conclusion: 'cancelled' },
      { minutes: 2, conclusion: 'failure' },
      { minutes: 3, conclusion: 'skipped' },
      { minutes: 4 },
      { minutes: 900, status: 'waiting', conclusion: null },
    ];
    expect(summary(await checked())).toEqual([]);
  });

  it('switched off says so instead of late, and why', async () => {
    runs = [{ minutes: 90_000 }];
    states = { 'health.yml': 'disabled_inactivity' };

    expect(only(await checked()).finding).toMatchObject({
      name: 'workflow_disabled',
      detail: expect.stringContaining('60 days'),
      remediation: expect.stringContaining('gh workflow enable health.yml'),
    });
    expect(asked).toEqual(['runs', 'workflows']);
  });

  it('that is not among the newest runs is asked about by itself', async () => {
    runs = [
      ...Array.from({ length: 120 }, (_, index) => ({ minutes: index * 5 })),
      { minutes: 1300, file: 'drift.yml' },
    ];
    const nightly = checkFiles({ nightly: 'workflow: { files: [drift.yml], max_age: 2d }' });

    expect(summary(await checked(nightly))).toEqual([]);
    expect(asked).toEqual(['runs', 'workflows/drift.yml/runs']);
  });

  it('GitHub does not know, or that nobody may ask about, is unknown', async () => {
    const strange = checkFiles({ it: 'workflow: { files: [nowhere.yml], max_age: 1h }' });
    expect(summary(await checked(strange))).toEqual(['it/nowhere.yml: unknown cannot_evaluate']);

    refusal = 403;
    const refused = await checked();
    expect(refused.evaluated).toEqual([]);
    expect(only(refused).finding.remediation).toContain('actions: read');
    expect(JSON.stringify(refused)).not.toContain('canary');

    expect(only(await look(files, { sql, now })).finding.detail).toContain('Nobody can ask GitHub');
  });

  it('counts on its branch only, when its check says so', async () => {
    runs = [
      { minutes: 1, branch: 'feature' },
      { minutes: 50, branch: 'main' },
    ];
    const main = checkFiles({ it: 'workflow: { files: [health.yml], max_age: 30m, branch: main }' });

    expect(summary(await checked(main))).toEqual(['it/health.yml: warning workflow_late']);
  });
});
