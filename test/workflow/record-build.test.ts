import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayBuffer } from '../../actions/_shared/builds/recorder/replay.ts';
import { type Recovered, recoverLogs } from '../../actions/_shared/builds/recovery/recover-logs.ts';
import { createSingleShotClient } from '../../actions/_shared/github/single-shot-client.ts';
import { type ServedProject, serveProject } from '../database/functions-e2e/served-project.ts';
import { deno } from '../support/supabase/functions-host.ts';
import {
  jobOf,
  logOf,
  startWorkflowWorld,
  visibleOf,
  type WorkflowWorld,
} from '../support/workflow-world.ts';

const canary = 'canary-deploy-token-0123456789';

/** An expression as workflow files write it. */
const expression = (text: string): string => `$\{{ ${text} }}`;

/** A job of somebody's repository: three lines, and steps that know nothing of it. */
const workflow = `
name: Recorded
run-name: "build \${{ inputs.ops_build_id }}"
on:
  push:
    branches: [main]
    paths: [app/**]
  workflow_dispatch:
    inputs:
      ops_build_id: { type: string, required: false }
      how: { type: string, default: well }
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    environment: production
    defaults:
      run:
        shell: opsroom-log bash -eo pipefail {0}
    steps:
      - uses: $/actions/record-build
        with:
          build-id: \${{ inputs.ops_build_id }}
          database-url: \${{ secrets.OPS_PRODUCTION_DATABASE_URL }}
      - id: install
        run: echo installing; echo "::warning::old thing"
      - id: build
        env: { DEPLOY_TOKEN: '\${{ secrets.DEPLOY_TOKEN }}' }
        run: |
          for i in 1 2 3 4 5; do echo "line $i"; done
          echo "with $DEPLOY_TOKEN"
          if [ "\${{ inputs.how }}" = slow ]; then sleep 30; fi
          if [ "\${{ inputs.how }}" = badly ]; then echo "::error::it broke"; exit 7; fi
      - uses: $/actions/record-build
        with:
          run: echo from the action itself
          step: own
          artifacts: |
            preview=https://preview.example.test/1
          metrics: |
            bundle_kb{target=web}=812
          environment-url: https://shop.example.test
`;

const byFunction = workflow
  .replace('name: Recorded', 'name: Proven')
  .replace(/paths: .*\n/, 'paths: [proven/**]\n')
  .replace('contents: read', 'contents: read\n  id-token: write')
  .replace(
    `database-url: ${expression('secrets.OPS_PRODUCTION_DATABASE_URL')}`,
    `function-url: ${expression('secrets.RECORD_URL')}`,
  );

let world: WorkflowWorld;
let project: ServedProject | undefined;
let issuer = '';
let branch = '';

beforeAll(async () => {
  world = await startWorkflowWorld({
    file: import.meta.url,
    secrets: { DEPLOY_TOKEN: canary, RECORD_URL: 'http://127.0.0.1:1' },
    files: { '.github/workflows/recorded.yml': workflow },
  });
  issuer = world.github.oidcIssuer;
  const { sql } = world.database;
  const [org] = await sql`insert into ops.orgs (name, slug) values ('Acme', 'acme') returning id`;
  const [made] = await sql`
    insert into ops.projects (org_id, name, slug, repo_url) values (${org?.id}, 'Shop', 'shop', 'https://github.com/acme/ops') returning id`;
  const [main] =
    await sql`insert into ops.branches (project_id, name, lane) values (${made?.id}, 'main', 'production') returning id`;
  branch = String(main?.id);
}, 60_000);
afterAll(async () => {
  await project?.stop();
  await world.stop();
});

async function lastBuild(): Promise<{
  id: string;
  status: string;
  error: string | null;
  environment_url: string | null;
}> {
  const [row] = await world.database.sql<
    { id: string; status: string; error: string | null; environment_url: string | null }[]
  >`
    select id, status, error, environment_url from ops.builds order by id desc limit 1`;
  if (row === undefined) throw new Error('there is no build');
  return row;
}

async function story(build: string): Promise<string[]> {
  const rows = await world.database.sql`
    select seq, step, level, message from ops.build_events where build_id = ${build} and attempt = 1 order by seq`;
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  return rows.map(({ step, level, message }) => `${step} ${level} ${message}`);
}

/** What a round of dispatch-builds does for stories that could not be told. */
function recovered(): Promise<Recovered> {
  const { github } = world;
  const client = createSingleShotClient({
    token: github.issueToken({ permissions: { actions: 'read' } }),
    apiUrl: github.apiUrl,
    owner: 'acme',
    repo: 'ops',
  });
  return recoverLogs({ sql: world.database.sql, clientOf: () => client, graceMs: 0 });
}

const whole = [
  'install info installing',
  'install warning old thing',
  ...[1, 2, 3, 4, 5].map((line) => `build info line ${line}`),
  'build info with ***',
];

describe('a job that records', () => {
  it('opens its build, tells every line of every step, what it leaves behind, and that it went well', async () => {
    const [run] = await world.merge({ 'app/index.js': '1' });
    expect(run?.conclusion, logOf(run)).toBe('success');
    const build = await lastBuild();
    expect(build, logOf(run)).toMatchObject({
      status: 'succeeded',
      environment_url: 'https://shop.example.test',
    });
    expect(await story(build.id), logOf(run)).toEqual([...whole, 'own info from the action itself']);
    const { sql } = world.database;
    expect(await sql`select name, kind, url from ops.artifacts where build_id = ${build.id}`).toEqual([
      { name: 'preview', kind: 'link', url: 'https://preview.example.test/1' },
    ]);
    expect(await sql`select value, dims, branch_id from ops.metrics where metric = 'bundle_kb'`).toEqual([
      { value: 812, dims: { target: 'web' }, branch_id: branch },
    ]);
    expect(visibleOf([run].flatMap((each) => each ?? []))).not.toContain(canary);
    expect(JSON.stringify(await sql`select * from ops.build_events`)).not.toContain(canary);
    expect(JSON.stringify(await sql`select * from ops.build_events`)).not.toContain(world.database.url);
  }, 60_000);

  it('says that it failed, with what it said until then', async () => {
    const run = await world.dispatch('recorded.yml', { how: 'badly' });
    expect(run.conclusion, logOf(run)).toBe('failure');
    const build = await lastBuild();
    expect(build).toMatchObject({ status: 'failed', error: 'the job failed; its log says where' });
    expect(await story(build.id)).toEqual([...whole, 'build error it broke']);
  }, 60_000);

  it('shows its lines while it runs, and says that it was cancelled', async () => {
    const { sql } = world.database;
    const before = await lastBuild();
    world.alice.dispatch('recorded.yml', { inputs: { how: 'slow' } });
    let build = before;
    for (let waited = 0; waited < 200; waited += 1) {
      build = await lastBuild();
      const [row] =
        await sql`select count(*)::int as lines from ops.build_events where build_id = ${build.id} and attempt = 1`;
      if (build.id !== before.id && Number(row?.lines) === whole.length) break;
      await sleep(100);
    }
    expect(build.status).toBe('running');
    const running = world.engine.runs.at(-1);
    world.alice.cancel(running?.id ?? 0);
    await world.engine.idle();
    expect(world.engine.runs.at(-1)?.conclusion, logOf(world.engine.runs.at(-1))).toBe('cancelled');
    expect(await lastBuild()).toMatchObject({ id: build.id, status: 'cancelled' });
    expect(await story(build.id)).toEqual(whole);
  }, 90_000);

  it('stops before it does the work a second time when its build is another run’s', async () => {
    const { sql } = world.database;
    const { id } = await lastBuild();
    const before = await story(id);
    const run = await world.dispatch('recorded.yml', { ops_build_id: id });
    expect(
      jobOf(run)
        .annotations.map(({ message }) => message)
        .join('\n'),
      logOf(run),
    ).toContain('This run is one too many');
    expect(run.conclusion, logOf(run)).toBe('failure');
    expect(jobOf(run).log()).not.toContain('line 5');
    expect(await story(id)).toEqual(before);
    expect(await sql`select status from ops.builds where id = ${id}`).toEqual([{ status: 'cancelled' }]);
  }, 60_000);

  it('keeps its story as an artifact when the database never answers, and the next round finds and stores it', async () => {
    const away = world.database.url.replace(/:\d+\//, ':1/');
    world.edit('.github/workflows/recorded.yml', expression('secrets.OPS_PRODUCTION_DATABASE_URL'), away);
    world.edit(
      '.github/workflows/recorded.yml',
      'steps:',
      'env: { OPSROOM_RECORD_PATIENCE_MS: 500 }\n    steps:',
    );
    const before = await lastBuild();
    const run = await world.dispatch('recorded.yml');
    expect(run.conclusion, logOf(run)).toBe('success');
    expect((await lastBuild()).id).toBe(before.id);
    const artifact = [...world.github.store.artifacts.values()].find(({ name }) =>
      name.startsWith('opsroom-buffer-'),
    );
    if (artifact === undefined) throw new Error(`no artifact: ${logOf(run)}`);
    expect(artifact.content.toString('latin1')).not.toContain(canary);
    expect(await recovered()).toEqual({ replayed: 1, imported: 0, lines: 9, failures: [] });
    expect(await recovered()).toEqual({ replayed: 0, imported: 0, lines: 0, failures: [] });
    expect(await replayBuffer(world.database.sql, artifact.content)).toMatchObject({ outcome: 'stale' });
    const build = await lastBuild();
    expect(build).toMatchObject({ status: 'succeeded' });
    expect(build.id).not.toBe(before.id);
    expect(await story(build.id)).toEqual([...whole, 'own info from the action itself']);
  }, 90_000);

  it('has the log GitHub keeps of it when it recorded no line', async () => {
    world.change({
      '.github/workflows/recorded.yml': workflow
        .replace('shell: opsroom-log bash -eo pipefail {0}', 'shell: bash')
        .replace(/ {6}- uses: [^\n]*\n {8}with:\n {10}run: echo from[\s\S]*$/, ''),
    });
    const run = await world.dispatch('recorded.yml');
    expect(run.conclusion, logOf(run)).toBe('success');
    const build = await lastBuild();
    expect(build.status).toBe('succeeded');
    expect(await story(build.id)).toEqual([]);
    expect(await recovered()).toMatchObject({ replayed: 0, imported: 1, failures: [] });
    const told = await story(build.id);
    expect(told).toEqual(
      expect.arrayContaining(['build info line 1', 'build info line 5', 'build info with ***']),
    );
    expect(told.indexOf('build info line 1')).toBeLessThan(told.indexOf('build info line 5'));
    expect(JSON.stringify(told)).not.toContain(canary);
    expect(await recovered()).toMatchObject({ imported: 0 });
    expect(await story(build.id)).toEqual(told);
    world.change({ '.github/workflows/recorded.yml': workflow });
  }, 60_000);

  it('does its work as ever where nobody said where to record', async () => {
    const before = await lastBuild();
    world.edit('.github/workflows/recorded.yml', /database-url: .*/, 'project: shop');
    const run = await world.dispatch('recorded.yml');
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(
      jobOf(run)
        .annotations.map(({ message }) => message)
        .join('\n'),
    ).toContain('Nothing is recorded');
    expect((await lastBuild()).id).toBe(before.id);
  }, 60_000);

  it.skipIf(deno === null)(
    'proves itself by its OIDC token where it has no secret at all',
    async () => {
      project = await serveProject({
        superuserUrl: world.database.superuserUrl,
        database: world.database.name,
        connectAs: world.database.connectAs,
        verifyJwt: () => false,
        secrets: () => ({ OPS_OIDC_ISSUER: issuer }),
      });
      world.change({
        '.github/workflows/proven.yml': byFunction.replaceAll(
          expression('secrets.RECORD_URL'),
          project.url('ops-record-build'),
        ),
      });
      const [run] = await world.merge({ 'proven/x': '1' });
      expect(run?.conclusion, logOf(run)).toBe('success');
      const build = await lastBuild();
      expect(build, logOf(run)).toMatchObject({ status: 'succeeded' });
      expect(await story(build.id)).toEqual([...whole, 'own info from the action itself']);
      const [pinned] = await world.database.sql`select repository_id from ops.projects`;
      expect(Number(pinned?.repository_id)).toBe(world.github.store.repositoryId);
    },
    120_000,
  );
});
