import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TriggerBuildAnswer } from '../../../functions/_shared/contracts/ops-trigger-build.ts';
import { scanAdvisories } from '../../../functions/ops-advisory-scan/handler.ts';
import { ingestMetrics } from '../../../functions/ops-metrics-ingest/handler.ts';
import { triggerBuild } from '../../../functions/ops-trigger-build/handler.ts';
import { post, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const ada = randomUUID();
const eve = randomUUID();
const ingestToken = 'i'.repeat(40);
const advisoryToken = 'a'.repeat(40);
let project = '';
let branch = '';

beforeEach(async () => {
  await sql`truncate ops.metrics, ops.orgs, ops.queued_jobs, ops.job_leases cascade`;
  const [org] = await sql`insert into ops.orgs (name, slug) values ('One', 'one') returning id`;
  const [other] = await sql`insert into ops.orgs (name, slug) values ('Two', 'two') returning id`;
  await sql`insert into ops.org_members (org_id, user_id, role) values (${org?.id}, ${ada}, 'member'), (${other?.id}, ${eve}, 'owner')`;
  const [made] =
    await sql`insert into ops.projects (org_id, name, slug) values (${org?.id}, 'Shop', 'shop') returning id`;
  project = String(made?.id);
  const [main] = await sql`
    insert into ops.branches (project_id, name, lane) values (${project}, 'main', 'production') returning id`;
  branch = String(main?.id);
});

const builds = () => sql`select id, status, requested_by, inputs from ops.builds order by id`;

async function trigger(
  user: string,
  body: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  const authorization = `Bearer ${await fixture.userToken(user)}`;
  const request = post({ project_id: project, branch_id: branch, ...body }, { authorization, ...headers });
  const response = await triggerBuild(fixture.dependencies())(request);
  return { status: response.status, body: z.looseObject({}).parse(await response.json()) };
}

describe('ops-trigger-build', () => {
  it('creates the build, queues it and answers with both', async () => {
    const { status, body } = await trigger(ada, { inputs: { target: 'staging' } });
    const answer = TriggerBuildAnswer.parse(body);

    expect([status, answer.status]).toEqual([201, 'queued']);
    expect(await builds()).toEqual([
      { id: answer.build_id, status: 'queued', requested_by: ada, inputs: { target: 'staging' } },
    ]);
    const [job] = await sql`select task_type, payload from ops.job_queue where id = ${answer.queue_id}`;
    expect(job).toMatchObject({
      task_type: 'build',
      payload: expect.objectContaining({ build_id: answer.build_id }),
    });
  });

  it('says of a branch of another organisation what it says of one that is not there', async () => {
    const foreign = await trigger(eve);
    const missing = await trigger(ada, { branch_id: randomUUID() });

    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect(foreign.body.error).toEqual(missing.body.error);
    expect(await builds()).toEqual([]);
  });

  it('makes one build of a request that is sent ten times with its idempotency key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => trigger(ada, {}, key)));
    const [first] = answers;

    expect(new Set(answers.map(({ body }) => body.build_id))).toEqual(new Set([first?.body.build_id]));
    expect(await builds()).toHaveLength(1);
  });

  it.each([
    ['a key of nonsense', {}, { 'idempotency-key': 'two words' }],
    ['an id that is none', { branch_id: '1; drop table' }, {}],
    ['a commit that is none', { commit_sha: 'HEAD' }, {}],
    ['26 inputs', { inputs: Object.fromEntries(Array.from({ length: 26 }, (_, at) => [`k${at}`, 'x'])) }, {}],
  ])('refuses %s', async (_what, body: Record<string, unknown>, headers: Record<string, string>) => {
    expect((await trigger(ada, body, headers)).status).toBe(400);
    expect(await builds()).toEqual([]);
  });
});

async function ingest(body: unknown, headers: Record<string, string> = {}) {
  const handle = ingestMetrics(fixture.dependencies({ OPS_INGEST_TOKEN: ingestToken }));
  const response = await handle(post(body, { 'x-ops-ingest-token': ingestToken, ...headers }));
  return { status: response.status, body: await response.json() };
}
const count = async () => Number((await sql`select count(*) from ops.metrics`)[0]?.count);

describe('ops-metrics-ingest', () => {
  const ts = new Date().toISOString();

  it('keeps ten thousand samples of a request', async () => {
    const samples = Array.from({ length: 10_000 }, (_, at) => ({
      metric: 'cpu_pct',
      value: at / 100,
      dims: { host: `h${at % 4}` },
    }));
    const started = performance.now();
    const answer = await ingest({ project_id: project, branch_id: branch, ts, samples });

    expect(answer).toEqual({ status: 200, body: { inserted: 10_000 } });
    expect(await count()).toBe(10_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('writes a repeated request once', async () => {
    const key = { 'idempotency-key': 'batch-1' };
    const body = { project_id: project, ts, samples: [{ metric: 'cpu_pct', value: 1 }] };
    expect([await ingest(body, key), await ingest(body, key)]).toEqual([
      { status: 200, body: { inserted: 1 } },
      { status: 200, body: { inserted: 1 } },
    ]);
    expect(await count()).toBe(1);
  });

  it.each([
    [
      'a project that is not there',
      { project_id: randomUUID(), ts, samples: [{ metric: 'a', value: 1 }] },
      [404],
    ],
    [
      '10,001 samples',
      {
        project_id: randomUUID(),
        ts,
        samples: Array.from({ length: 10_001 }, () => ({ metric: 'a', value: 1 })),
      },
      [400],
    ],
    ['no samples', { project_id: randomUUID(), ts, samples: [] }, [400]],
    [
      'a time that is none',
      { project_id: randomUUID(), ts: 'yesterday', samples: [{ metric: 'a', value: 1 }] },
      [400],
    ],
    [
      'a value that is none',
      { project_id: randomUUID(), ts, samples: [{ metric: 'a', value: 'NaN' }] },
      [400],
    ],
  ])('refuses %s and writes nothing', async (_what, body, statuses) => {
    expect(statuses).toContain((await ingest(body)).status);
    expect(await count()).toBe(0);
  });
});

async function scan(body: unknown = {}) {
  const handle = scanAdvisories(fixture.dependencies({ OPS_ADVISORY_SCAN_TOKEN: advisoryToken }));
  const response = await handle(post(body, { 'x-ops-advisory-token': advisoryToken }));
  return response.json();
}
const advisories = () =>
  sql`select name, level, resolved_at is null as open from ops.advisories order by name`;

describe('ops-advisory-scan', () => {
  it('gives advice on a project nobody builds, once, and takes it back after a build', async () => {
    await sql`update ops.projects set created_at = now() - interval '8 days'`;
    const first = await scan();
    const second = await scan();
    await trigger(ada);
    const third = await scan();

    expect([first, second, third]).toEqual([
      { raised: 1, resolved: 0, projects: 1 },
      { raised: 1, resolved: 0, projects: 1 },
      { raised: 0, resolved: 1, projects: 1 },
    ]);
    expect(await advisories()).toEqual([{ name: 'no_recent_build', level: 'warning', open: false }]);
  });

  it('says which branch keeps failing, louder in production', async () => {
    for (let at = 0; at < 3; at += 1) {
      const { body } = await trigger(ada);
      await sql`select ops.set_build_status(${String(body.build_id)}, 'failed', p_error => 'broken')`;
    }
    expect(await scan()).toMatchObject({ raised: 1 });
    expect(await advisories()).toEqual([{ name: 'failing_branch', level: 'error', open: true }]);
  });

  it('reminds of an upgrade that waits', async () => {
    await sql`insert into ops.upgrades (project_id, from_version, to_version, created_at)
      values (${project}, '18.0', '19.0', now() - interval '20 days')`;
    expect(await scan()).toMatchObject({ raised: 1 });
    expect(await advisories()).toEqual([{ name: 'unapplied_upgrade', level: 'info', open: true }]);
  });
});
