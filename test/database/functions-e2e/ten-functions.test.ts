/** Every function, in the process it is deployed into: what it answers to nobody, and what a good call leaves behind. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentOf } from '../../../local/upstreams/odoo.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import { type EndToEnd, startEndToEnd } from './fixture.ts';

const openRouter = 'https://openrouter.ai/api/v1';
const forPeople = ['admin-ops-alerts', 'admin-overview', 'ops-trigger-build'];

const ada = randomUUID();
const admin = randomUUID();
let room: EndToEnd;
let slugs: readonly string[];
let project = '';
let branch = '';

beforeAll(async () => {
  if (deno === null) return;
  const now = Math.floor(Date.now() / 1000);
  room = await startEndToEnd(import.meta.url, {
    files: 12,
    played: (competitor) => [{ id: `${competitor}-1`, kind: 'solve', points: 10, occurred_at_unix: now }],
  });
  slugs = room.declared.functions.map(({ slug }) => slug);
  const { sql } = room.database;
  const [org] = await sql`insert into ops.orgs (name, slug) values ('One', 'one') returning id`;
  await sql`insert into ops.org_members (org_id, user_id, role) values (${org?.id}, ${ada}, 'member')`;
  await sql`insert into ops.admins (user_id) values (${admin})`;
  const [shop] =
    await sql`insert into ops.projects (org_id, name, slug) values (${org?.id}, 'Shop', 'shop') returning id`;
  project = String(shop?.id);
  const [main] = await sql`
    insert into ops.branches (project_id, name, lane) values (${project}, 'main', 'production') returning id`;
  branch = String(main?.id);
});
afterAll(() => room?.close());

const as = async (user: string) => ({ authorization: `Bearer ${await room.userToken(user)}` });
/** A header with the value of a declared secret. */
const opening = (header: string, secret: string) => ({ [header]: room.secrets[secret] ?? '' });

describe.skipIf(deno === null)('the ten functions under Deno', () => {
  it('are ten, and the gateway asks for a token where people call', () => {
    expect(slugs).toHaveLength(11);
    expect(room.project.host.running()).toEqual([]);
    const guarded = room.declared.functions.filter(({ verifyJwt }) => verifyJwt).map(({ slug }) => slug);
    expect(guarded.sort()).toEqual(forPeople);
  });

  it('let nobody in without a credential', async () => {
    const answers = Object.fromEntries(
      await Promise.all(slugs.map(async (slug) => [slug, await room.post(slug, {})] as const)),
    );

    for (const slug of slugs) {
      const byGateway = { code: 'UNAUTHORIZED_NO_AUTH_HEADER' };
      const byFunction = { error: { code: 'unauthorized' } };
      expect([slug, answers[slug]]).toMatchObject([
        slug,
        { status: 401, body: forPeople.includes(slug) ? byGateway : byFunction },
      ]);
    }
    // Where the gateway refuses, no process was started.
    expect(
      room.project.host
        .running()
        .map(({ slug }) => slug)
        .sort(),
    ).toEqual(slugs.filter((slug) => !forPeople.includes(slug)).sort());
  });

  it('let nobody in with the key every browser has, sent by supabase-js', async () => {
    const answers = await Promise.all(slugs.map((slug) => room.invoke(slug, {})));

    expect(answers.map(({ status }) => status)).toEqual(slugs.map(() => 401));
  });

  it('ops-trigger-build: a signed-in member gets a build, and it is queued', async () => {
    const { status, body } = await room.invoke(
      'ops-trigger-build',
      { project_id: project, branch_id: branch, inputs: { target: 'staging' } },
      await as(ada),
    );

    expect([status, body]).toMatchObject([201, { status: 'queued' }]);
    const builds = await room.database.sql`
      select b.id as build_id, b.requested_by, q.id::int as queue_id
      from ops.builds b join ops.queued_jobs q on q.payload ->> 'build_id' = b.id::text`;
    const { build_id, queue_id } = body as { build_id: string; queue_id: number };
    expect(builds).toEqual([{ build_id, requested_by: ada, queue_id }]);
  });

  it('ops-metrics-ingest: keeps the samples', async () => {
    const { status, body } = await room.post(
      'ops-metrics-ingest',
      {
        project_id: project,
        ts: new Date().toISOString(),
        samples: [
          { metric: 'cpu_pct', value: 12.5, dims: { host: 'a' } },
          { metric: 'error_rate', value: 0 },
        ],
      },
      opening('x-ops-ingest-token', 'OPS_INGEST_TOKEN'),
    );

    expect([status, body]).toEqual([200, { inserted: 2 }]);
    expect(await room.database.sql`select metric, value, dims from ops.metrics order by metric`).toEqual([
      { metric: 'cpu_pct', value: 12.5, dims: { host: 'a' } },
      { metric: 'error_rate', value: 0, dims: {} },
    ]);
  });

  it('ops-advisory-scan: finds the project nobody builds', async () => {
    await room.database.sql`insert into ops.projects (org_id, name, slug, created_at)
      select p.org_id, 'Quiet', 'quiet', now() - interval '9 days' from ops.projects p where p.id = ${project}`;
    const { status, body } = await room.post(
      'ops-advisory-scan',
      {},
      opening('x-ops-advisory-token', 'OPS_ADVISORY_SCAN_TOKEN'),
    );

    expect([status, body]).toEqual([200, { raised: 1, resolved: 0, projects: 2 }]);
    expect(await room.database.sql`select name from ops.advisories where resolved_at is null`).toEqual([
      { name: 'no_recent_build' },
    ]);
  });

  it('openrouter-health-check: raises an alert for credits that run out, and logs the run', async () => {
    await room.database.sql`insert into ops.openrouter_credits_cache (base_url, payload)
      values (${openRouter}, ${room.database.sql.json({ data: { total_credits: 100, total_usage: 99 } })})`;
    await room.database.sql`insert into ops.openrouter_key_cache (base_url, payload)
      values (${openRouter}, ${room.database.sql.json({ data: { limit_remaining: 50 } })})`;
    const { status, body } = await room.post(
      'openrouter-health-check',
      {},
      opening('x-job-token', 'INTERNAL_JOB_TOKEN'),
    );

    const key = `openrouter:credits:${openRouter}`;
    expect([status, body]).toEqual([200, { ok: false, raised: [key], resolved: [] }]);
    expect(await room.database.sql`select dedupe_key from ops.alerts where resolved_at is null`).toEqual([
      { dedupe_key: key },
    ]);
    expect(await room.database.sql`select job_name, ok from ops.job_run_log`).toEqual([
      { job_name: 'openrouter-health-check', ok: true },
    ]);
  });

  it('archive-odoo-files: moves the files from Odoo into storage, and writes it down', async () => {
    await room.project.service.storage.createBucket('odoo-archive');
    const { status, body } = await room.post(
      'archive-odoo-files',
      { limit: 10 },
      opening('x-job-token', 'ARCHIVE_ODOO_FILES_TOKEN'),
    );

    expect([status, body]).toMatchObject([200, { status: 'success', migrated: 10, remaining: 2 }]);
    const file = await room.project.service.storage.from('odoo-archive').download('0/7.txt');
    expect(await file.data?.text()).toBe(contentOf(7));
    const [card] = await room.database.sql`select ops.batch_progress('archive-odoo-files-batch') as card`;
    expect(card?.card).toMatchObject({ total: 12, done: 10, remaining: 2, last_status: 'success' });
  });

  it('sync: pulls what a competitor did', async () => {
    await room.database.sql`insert into ops.competitors (external_id, coach_id) values ('ada', 'coach-1')`;
    const { status, body } = await room.post(
      'sync',
      { mode: 'incremental' },
      opening('x-job-token', 'OPSROOM_JOB_TOKEN'),
    );

    expect([status, body]).toMatchObject([200, { processed: 1, failed: 0, fresh: 1, remaining: 0 }]);
    expect(await room.database.sql`select external_id, needs_totals_refresh from ops.competitors`).toEqual([
      { external_id: 'ada', needs_totals_refresh: true },
    ]);
  });

  it('job-worker: works on the queue by calling sync through the gateway', async () => {
    await room.database.sql`insert into ops.competitors (external_id, coach_id) values ('bob', 'coach-2')`;
    await room.database.sql`select ops.enqueue_job('game_platform_sync', '{"coachId": "coach-2"}')`;
    await room.database.sql`select ops.enqueue_job('game_platform_totals_sweep', '{}')`;
    const { status, body } = await room.post(
      'job-worker',
      { limit: 25, seconds: 50 },
      { authorization: `Bearer ${room.secrets.JOB_QUEUE_RUNNER_SECRET}` },
    );

    expect([status, body]).toMatchObject([200, { processed: 2, succeeded: 2, failed: 0 }]);
    expect(
      await room.database
        .sql`select task_type, status from ops.job_queue where task_type like 'game%' order by id`,
    ).toEqual([
      { task_type: 'game_platform_sync', status: 'succeeded' },
      { task_type: 'game_platform_totals_sweep', status: 'succeeded' },
    ]);
    expect(await room.database.sql`select count(*)::int as pulled from ops.competitor_activities`).toEqual([
      { pulled: 2 },
    ]);
  });

  it('ops-executor: takes a queued run through its steps, one of them a call of sync', async () => {
    const runbook = `version: 1
steps:
  - { id: look, title: Look, kind: note, message: "In {{ env }}" }
  - { id: pull, title: Pull, kind: function, function: sync, body: { mode: full, dryRun: true } }
`;
    await room.database.sql`select ops.upsert_run_template('pull-everything', 'Pull everything', ${runbook})`;
    const [run] = await room.database
      .sql`select id from ops.create_run('pull-everything', 'production', '{}')`;
    const { status, body } = await room.post('ops-executor', {}, opening('x-job-token', 'OPSROOM_JOB_TOKEN'));

    expect([status, body]).toEqual([200, { run_id: run?.id, status: 'success' }]);
    const [ended] = await room.database.sql`select status, result from ops.runs`;
    expect(ended).toMatchObject({
      status: 'success',
      result: { steps: { pull: { mode: 'full', failed: 0 } } },
    });
  });

  it('admin-overview: shows an admin the room, and a member nothing', async () => {
    const shown = await room.invoke('admin-overview', {}, await as(admin));

    expect(shown).toMatchObject({ status: 200, body: { queue: {}, builds: expect.anything() } });
    expect(await room.invoke('admin-overview', {}, await as(ada))).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    });
  });

  it('admin-ops-alerts: an admin resolves an alert', async () => {
    await room.database.sql`select ops.raise_alert('disk', 'disk:1', 'critical', 'Disk is full')`;
    const resolved = await room.invoke(
      'admin-ops-alerts',
      { action: 'resolve', dedupe_key: 'disk:1', reason: 'cleaned' },
      await as(admin),
    );

    expect(resolved).toEqual({ status: 200, body: { resolved: true } });
    expect(await room.database.sql`select resolved_by from ops.alerts where dedupe_key = 'disk:1'`).toEqual([
      { resolved_by: admin },
    ]);
  });
});
