import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TriggerBuildAnswer } from '../../../functions/_shared/contracts/ops-trigger-build.ts';
import { triggerBuild } from '../../../functions/ops-trigger-build/handler.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import { post, startFunctionFixture } from './fixture.ts';

const BUTTON = `on: { workflow_dispatch: { inputs: { environment: { type: choice, options: [all, staging], default: all } } } }
run-name: round of \${{ inputs.environment }}
jobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: 'true' }] } }
`;
const fixture = await startFunctionFixture(import.meta.url);
const { sql } = fixture.database;
const ada = randomUUID();
let github: GitHubStandIn;
let token = '';
let wanted = {};

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  github.addUser({ login: 'alice', role: 'admin' });
  github.as('alice').push({ files: { '.github/workflows/dispatch-builds.yml': BUTTON } });
  token = github.issueToken({ kind: 'person', login: 'alice', permissions: { actions: 'write' } });
  const [org] = await sql`insert into ops.orgs (name, slug) values ('One', 'one') returning id`;
  await sql`insert into ops.org_members (org_id, user_id, role) values (${org?.id}, ${ada}, 'member')`;
  const [project] =
    await sql`insert into ops.projects (org_id, name, slug, dispatch) values (${org?.id}, 'Shop', 'shop', true) returning id`;
  const [branch] = await sql`
    insert into ops.branches (project_id, name, lane) values (${project?.id}, 'main', 'production') returning id`;
  wanted = { project_id: project?.id, branch_id: branch?.id };
});
afterAll(async () => {
  await github.stop();
  await fixture.close();
});
beforeEach(() => github.store.runs.clear());

const rounds = () => [...github.store.runs.values()].map(({ displayTitle }) => displayTitle);
const secrets = (more: Record<string, string> = {}) => ({
  OPS_DISPATCH_REPOSITORY: 'acme/ops',
  OPS_DISPATCH_TOKEN: token,
  OPS_DISPATCH_API_URL: github.apiUrl,
  ...more,
});
async function ask(handle: (request: Request) => Promise<Response>, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${await fixture.userToken(ada)}`;
  const started = performance.now();
  const response = await handle(post(wanted, { authorization, ...headers }));
  const build = TriggerBuildAnswer.parse(await response.json());
  return { status: response.status, build, ms: performance.now() - started };
}
const warnings = (from: number) => fixture.lines.slice(from).filter((line) => line.includes('"warn"'));

describe('after ops-trigger-build', () => {
  it('GitHub is asked for a round of dispatching, of all environments or of one', async () => {
    const answer = await ask(triggerBuild(fixture.dependencies(secrets())));
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.build).sort()).toEqual(['build_id', 'created_at', 'queue_id', 'status']);
    await ask(triggerBuild(fixture.dependencies(secrets({ OPS_DISPATCH_ENVIRONMENT: 'staging' }))));
    expect(rounds()).toEqual(['round of all', 'round of staging']);
    expect(github.violations).toEqual([]);
  });

  it('nobody is asked where no secret says how', async () => {
    const from = github.calls.length;
    expect((await ask(triggerBuild(fixture.dependencies()))).status).toBe(201);
    const { OPS_DISPATCH_TOKEN: _, ...half } = secrets();
    await ask(triggerBuild(fixture.dependencies(half)));
    expect(github.calls.slice(from)).toEqual([]);
  });

  it('many builds at once ask once, and later ones again', async () => {
    let at = Date.now();
    const handle = triggerBuild(fixture.dependencies(secrets(), { now: () => at }));
    await Promise.all(Array.from({ length: 5 }, () => ask(handle)));
    expect(rounds()).toHaveLength(1);
    at += 3100;
    await ask(handle);
    expect(rounds()).toHaveLength(2);
  });

  it.each([
    [
      'refuses',
      () => github.fail({ operation: 'actions/create-workflow-dispatch', kind: 'rate_limit', times: 1 }),
      {},
    ],
    [
      'breaks',
      () => github.fail({ operation: 'actions/create-workflow-dispatch', kind: 'lost_request', times: 1 }),
      {},
    ],
    ['is not there', () => undefined, { OPS_DISPATCH_API_URL: 'http://127.0.0.1:1' }],
    ['is named wrongly', () => undefined, { OPS_DISPATCH_REPOSITORY: 'acme' }],
  ])('the build stands when GitHub %s, and the log says so without the token', async (_, fault, more) => {
    fault();
    const from = fixture.lines.length;
    const { status, build } = await ask(triggerBuild(fixture.dependencies(secrets(more))));
    expect([status, build.status]).toEqual([201, 'queued']);
    expect(warnings(from)).toHaveLength(1);
    expect(fixture.lines.join('\n')).not.toContain(token);
    expect(rounds()).toEqual([]);
  });

  it('waits two seconds for an answer, not longer', async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
      });
    const dependencies = fixture.dependencies(secrets());
    const handle = triggerBuild({
      ...dependencies,
      fetch: (url, init) => (String(url).startsWith(github.apiUrl) ? never(url, init) : fetch(url, init)),
    });
    const { status, ms } = await ask(handle);
    expect(status).toBe(201);
    expect(ms).toBeLessThan(4000);
  });

  it('a request sent again for a build that went on asks nobody', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const handle = () => triggerBuild(fixture.dependencies(secrets()));
    const { build } = await ask(handle(), key);
    await sql`select ops.cancel_build(${build.build_id}, 'ada')`;
    const again = await ask(handle(), key);
    expect(again.build).toMatchObject({ build_id: build.build_id, status: 'cancelled' });
    expect(rounds()).toHaveLength(1);
  });
});
