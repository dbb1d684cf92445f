/** What a member of another organisation gets of a build that has lived through everything, asked as a browser asks. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createLog } from '../../../functions/_shared/log/log.ts';
import { triggerBuild } from '../../../functions/ops-trigger-build/handler.ts';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { startGateway } from '../../../local/supabase/start.ts';
import { createTestDatabase } from '../../support/database.ts';
import { addOrganisation } from '../builds/people.ts';

const database = await createTestDatabase(import.meta.url);
const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-gateway-'));
const platform = new Map<string, string>();
const gateway = await startGateway({
  superuserUrl: database.superuserUrl,
  database: database.name,
  connectAs: database.connectAs,
  stateFolder,
  functions: triggerBuild({
    env: (name) => platform.get(name),
    fetch: globalThis.fetch,
    now: Date.now,
    log: createLog(() => undefined),
  }),
});
platform.set('SUPABASE_URL', gateway.url);
platform.set('SUPABASE_PUBLISHABLE_KEYS', JSON.stringify({ default: gateway.keys.publishable }));
platform.set('SUPABASE_SECRET_KEYS', JSON.stringify({ default: gateway.keys.secret }));
afterAll(async () => {
  await gateway.stop();
  await database.drop();
  rmSync(stateFolder, { recursive: true, force: true });
});

const { sql, superuser } = database;
const org = await addOrganisation(sql, 'acme');
const other = await addOrganisation(sql, 'other');
await superuser`update ops.org_members set role = 'owner' where org_id = ${other.orgId}`;
await superuser`update ops.projects set dispatch = true where id = ${org.projectId}`;
await superuser`select ops.maintain_partitions()`;
const [created] = await sql`select build_id from ops.create_build(${org.production})`;
const build = String(created?.build_id);
const run = JSON.stringify({ run_id: 7, run_attempt: 1 });
await sql`select ops.claim_build_dispatches('test')`;
const [lease] = await sql`
  select attempt, lease_token::text as token from ops.record_build_start(${build}, ${run}::text::jsonb, 'runner')`;
const [attempt, token] = [Number(lease?.attempt), String(lease?.token)];
await sql`select ops.record_build_lines(${build}, ${attempt}, ${token}, 1, 'a secret of acme')`;
await sql`select ops.record_build_artifact(${build}, ${attempt}, ${token}, 'bundle', 'link', 'https://acme.test/x')`;
await sql`select ops.record_build_metrics(${build}, ${attempt}, ${token}, '[{"metric": "kb", "value": 1}]', 'k')`;
await sql`select ops.record_build_deployment(${build}, ${attempt}, ${token}, 'production', 'success', 'https://acme.test')`;
await sql`select ops.record_build_status(${build}, ${attempt}, ${token}, 'almost')`;
await sql`select ops.roll_up_metrics()`;
// One that waits, so that something is in the queue.
await sql`select build_id from ops.create_build(${org.staging})`;

async function clientOf(user: string) {
  const jwt = await mintUserToken(gateway.keys, { sub: user });
  return createClient(gateway.url, gateway.keys.publishable, {
    db: { schema: 'ops' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { headers: { authorization: `Bearer ${jwt}` } },
  });
}

const Problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const member = await clientOf(org.memberId);
const stranger = await clientOf(other.memberId);

/** Everything there is of builds, so that a refusal can be told from a write that went unnoticed. */
async function fingerprint(): Promise<string> {
  const [row] = await superuser`
    select md5(concat(
      (select jsonb_agg(b order by b.id) from ops.builds b), (select count(*) from ops.build_events),
      (select jsonb_agg(d order by d.id) from ops.deployments d), (select count(*) from ops.queued_jobs),
      (select jsonb_agg(h order by h.id) from ops.branches h), (select count(*) from ops.artifacts)
    )) as digest`;
  return String(row?.digest);
}

describe('a member of another organisation', () => {
  it.each([
    'projects',
    'branches',
    'builds',
    'build_events',
    'build_dispatches',
    'deployments',
    'artifacts',
    'metrics',
    'metric_minutes',
    'metric_hours',
    'monitoring',
    'run_queue',
    'job_queue',
  ])('sees nothing in %s', async (table) => {
    const own = await member.from(table).select('*');
    const foreign = await stranger.from(table).select('*').or(`org_id.eq.${org.orgId},org_id.is.null`);
    const blind = table === 'job_queue' ? await stranger.from(table).select('*') : foreign;

    expect([own.error, own.data?.length], table).toEqual([null, expect.any(Number)]);
    expect(own.data, table).not.toEqual([]);
    expect(blind, table).toMatchObject({ error: null, data: [] });
  });

  it.each<[string, Record<string, unknown>]>([
    ['project_branches', { project_id: org.projectId }],
    ['project_builds', { p_project_id: org.projectId }],
    ['branch_builds', { branch_id: org.production }],
    ['get_build', { p_build_id: build }],
    ['build_logs', { build_id: build }],
    ['build_log_tail', { p_build_id: build }],
    ['build_log_since', { p_build_id: build }],
    ['build_artifacts', { p_build_id: build }],
    ['project_deployments', { p_project_id: org.projectId }],
    ['project_metrics', { project_id: org.projectId, metric: 'kb' }],
    ['metric_annotations', { p_project_id: org.projectId, p_from: '2000-01-01' }],
  ])('hears nothing from %s', async (name, given) => {
    const own = await member.rpc(name, given);
    const foreign = await stranger.rpc(name, given);

    expect(own.error, name).toBeNull();
    expect([null, []], name).not.toContainEqual(own.data);
    expect(foreign.error, name).toBeNull();
    expect([null, []], name).toContainEqual(foreign.data);
  });

  it('triggers nothing by the function: it does not say that the branch is there', async () => {
    const before = await fingerprint();
    const invoke = (body: Record<string, string>) => stranger.functions.invoke('ops-trigger-build', { body });
    const foreign = await invoke({ project_id: org.projectId, branch_id: org.production });
    const mixed = await invoke({ project_id: other.projectId, branch_id: org.production });
    const missing = await invoke({ project_id: org.projectId, branch_id: randomUUID() });

    const answers = [foreign, mixed, missing].map(({ response }) => response);
    expect(answers.map((response) => response?.status)).toEqual([404, 404, 404]);
    const problems = await Promise.all(
      answers.map(async (response) => Problem.parse(await response?.json()).error),
    );
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1);
    expect(await fingerprint()).toBe(before);
  });

  // A member of the organisation itself may call none of them either: writers are for the service role.
  it.each<[string, Record<string, unknown>]>([
    ['create_build', { p_branch_id: org.production }],
    ['trigger_build', { p_project: 'acme/app', p_branch: 'main' }],
    ['rollback_build', { p_project_slug: 'acme/app' }],
    ['enqueue_build', { build_id: build }],
    ['cancel_build', { p_build_id: build }],
    ['retry_build', { p_build_id: build }],
    ['claim_build_dispatches', { p_dispatcher: 'me' }],
    ['record_build_start', { p_build_id: build, p_run: { run_id: 8, run_attempt: 1 }, p_runner_id: 'me' }],
    [
      'record_build_lines',
      { p_build_id: build, p_attempt: 1, p_lease_token: token, p_first_seq: 2, p_lines: 'x' },
    ],
    ['record_build_status', { p_build_id: build, p_attempt: 1, p_lease_token: token, p_status: 'failed' }],
    [
      'record_build_deployment',
      {
        p_build_id: build,
        p_attempt: 1,
        p_lease_token: token,
        p_environment: 'production',
        p_state: 'failure',
      },
    ],
    ['set_build_status', { p_build_id: build, p_status: 'failed' }],
  ])('may not call %s', async (name, given) => {
    const before = await fingerprint();
    for (const client of [stranger, member]) {
      const { status, error } = await client.rpc(name, given);
      expect([status, error?.code], name).toEqual([403, '42501']);
    }
    expect(await fingerprint()).toBe(before);
  });

  it.each(['builds', 'deployments', 'artifacts', 'branches', 'monitoring'])(
    'changes no row of %s',
    async (table) => {
      const before = await fingerprint();
      const by = table === 'monitoring' ? 'branch_id' : 'id';
      const answers = [
        await stranger.from(table).delete().not(by, 'is', null),
        await stranger.from(table).update({ org_id: other.orgId }).not(by, 'is', null),
        await stranger.from(table).insert({ org_id: org.orgId }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
      expect(await fingerprint()).toBe(before);
    },
  );
});
