/** Two thousand requests nobody should send: no 5xx, no row written, no secret in an answer. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dependencies } from '../../../functions/_shared/dependencies.ts';
import { adminOpsAlerts } from '../../../functions/admin-ops-alerts/handler.ts';
import { adminOverview } from '../../../functions/admin-overview/handler.ts';
import { archiveOdooFiles } from '../../../functions/archive-odoo-files/handler.ts';
import { workJobs } from '../../../functions/job-worker/handler.ts';
import { checkOpenRouter } from '../../../functions/openrouter-health-check/handler.ts';
import { scanAdvisories } from '../../../functions/ops-advisory-scan/handler.ts';
import { executeRuns } from '../../../functions/ops-executor/handler.ts';
import { ingestMetrics } from '../../../functions/ops-metrics-ingest/handler.ts';
import { triggerBuild } from '../../../functions/ops-trigger-build/handler.ts';
import { sync } from '../../../functions/sync/handler.ts';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const { keys } = fixture.gateway;

const secret = (letter: string) => letter.repeat(40);
const secrets = {
  ARCHIVE_ODOO_FILES_TOKEN: secret('a'),
  JOB_QUEUE_RUNNER_SECRET: secret('b'),
  INTERNAL_JOB_TOKEN: secret('c'),
  OPS_ADVISORY_SCAN_TOKEN: secret('d'),
  OPS_INGEST_TOKEN: secret('e'),
  OPSROOM_JOB_TOKEN: secret('f'),
  ODOO_URL: 'http://127.0.0.1:9',
  ODOO_API_KEY: secret('g'),
  GAME_PLATFORM_URL: 'http://127.0.0.1:9',
  GAME_PLATFORM_TOKEN: secret('h'),
};
const dependencies = fixture.dependencies(secrets);

type Create = (dependencies: Dependencies) => (request: Request) => Promise<Response>;
/** Every function with the header that opens it, so that hostile bodies get as far as they can. */
const functions: Readonly<
  Record<string, { readonly create: Create; readonly opens?: readonly [string, string] }>
> = {
  'admin-ops-alerts': { create: adminOpsAlerts },
  'admin-overview': { create: adminOverview },
  'archive-odoo-files': {
    create: archiveOdooFiles,
    opens: ['x-job-token', secrets.ARCHIVE_ODOO_FILES_TOKEN],
  },
  'job-worker': { create: workJobs, opens: ['authorization', `Bearer ${secrets.JOB_QUEUE_RUNNER_SECRET}`] },
  'openrouter-health-check': { create: checkOpenRouter, opens: ['x-job-token', secrets.INTERNAL_JOB_TOKEN] },
  'ops-advisory-scan': {
    create: scanAdvisories,
    opens: ['x-ops-advisory-token', secrets.OPS_ADVISORY_SCAN_TOKEN],
  },
  'ops-executor': { create: executeRuns, opens: ['x-job-token', secrets.OPSROOM_JOB_TOKEN] },
  'ops-metrics-ingest': { create: ingestMetrics, opens: ['x-ops-ingest-token', secrets.OPS_INGEST_TOKEN] },
  'ops-trigger-build': { create: triggerBuild },
  sync: { create: sync, opens: ['x-job-token', secrets.OPSROOM_JOB_TOKEN] },
};

const member = randomUUID();
const stranger = randomUUID();
const [org] = await sql`insert into ops.orgs (name, slug) values ('One', 'one') returning id`;
await sql`insert into ops.org_members (org_id, user_id, role) values (${org?.id}, ${member}, 'owner')`;
const [project] =
  await sql`insert into ops.projects (org_id, name, slug) values (${org?.id}, 'Shop', 'shop') returning id`;
const [branch] = await sql`
  insert into ops.branches (project_id, name, lane) values (${project?.id}, 'main', 'production') returning id`;
await sql`select ops.raise_alert('disk', 'disk:1', 'critical', 'Disk is full')`;

/** A small seeded generator: a failure can be repeated. */
let state = 20261121;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

const forged = (token: string, claims: Record<string, unknown>) => {
  const [header = '', body = '', signature = ''] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
};
const strangersToken = await fixture.userToken(stranger);
const credentials: readonly Record<string, string>[] = [
  {},
  { authorization: 'Bearer ' },
  { authorization: `Bearer ${'x'.repeat(20_000)}` },
  { authorization: `Bearer ${strangersToken}` },
  { authorization: `Bearer ${forged(strangersToken, { sub: member })}` },
  { authorization: `Bearer ${forged(strangersToken, { role: 'service_role' })}` },
  { authorization: `Bearer ${await mintUserToken(keys, { sub: member, expiresIn: -1 })}` },
  { authorization: `Bearer ${await mintUserToken(keys, { sub: member, expiresIn: -1 }, 'HS256')}` },
  { authorization: `Bearer ${keys.anonJwt}` },
  { authorization: `Bearer ${keys.publishable}` },
  { authorization: 'Basic YWRtaW46YWRtaW4=' },
  { apikey: keys.publishable },
  { apikey: `${keys.secret}x` },
  { 'x-job-token': '' },
  { 'x-job-token': 'undefined' },
  { 'x-job-token': secret('z') },
  { 'x-ops-ingest-token': secret('c') },
  { 'x-ops-advisory-token': secret('e') },
  { 'x-ops-run-token': `ort_${'0'.repeat(64)}`, 'x-ops-job': 'sync' },
  { 'x-ops-run-token': "ort_' or 1=1 --", 'x-ops-job': "'; drop table ops.alerts; --" },
];

const bodies: readonly (() => string | Uint8Array<ArrayBuffer>)[] = [
  () => '{',
  () => '[]',
  () => 'null',
  () => '"text"',
  () => '[{'.repeat(200),
  () => '{"a":'.repeat(40) + '1' + '}'.repeat(40),
  () => JSON.stringify({ limit: 'x'.repeat(5_000_000) }),
  () =>
    JSON.stringify({
      limit: -1,
      seconds: 1e9,
      mode: 'all',
      quiet_days: 0,
      action: 'drop',
      run_id: 'x',
      min_credits: -1,
    }),
  () => JSON.stringify({ limit: 1e308, project_id: project?.id, branch_id: "' or true --", samples: [] }),
  () => '{"__proto__":{"limit":1},"constructor":{"prototype":{}},"unknown":1}',
  () => '{"limit":1,"limit":9e999}',
  () => Uint8Array.from({ length: 2000 }, () => Math.floor(random() * 256)),
  () => new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  () => '\u0000'.repeat(100),
  () => JSON.stringify({ action: 'resolve', dedupe_key: `\u0000${'\ud800'}`, unknown: true }),
  () => JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`key${at}`, at]))),
];
const types = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data',
  '',
  'application/x-www-form-urlencoded',
];

function hostileRequest(opens: readonly [string, string] | undefined): Request {
  const method = random() < 0.15 ? pick(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) : 'POST';
  const headers = new Headers(pick(credentials));
  // Half of them are let in, so that what is wrong is the rest.
  if (opens !== undefined && random() < 0.5) headers.set(opens[0], opens[1]);
  headers.set('content-type', pick(types));
  if (random() < 0.1) headers.set('content-length', '5');
  if (random() < 0.1) headers.set('idempotency-key', 'a'.repeat(5000));
  const body = pick(bodies)();
  return new Request('http://127.0.0.1/function', {
    method,
    headers,
    ...(/GET|HEAD/.test(method) ? {} : { body }),
  });
}

/** Rows written so far, in every table of ours. */
async function fingerprint(): Promise<string> {
  const [row] = await sql`
    select md5(string_agg(t.name || (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from ops.%I', t.name), false, true, '')))[1]::text, ',' order by t.name)) as digest
    from (select c.relname as name from pg_class c where c.relnamespace = 'ops'::regnamespace and c.relkind in ('r', 'p')) t`;
  return String(row?.digest);
}

describe('hostile requests', () => {
  it('2,000 of them get a 4xx, write nothing and learn nothing', { timeout: 120_000 }, async () => {
    const handlers = Object.entries(functions).map(([name, { create, opens }]) => ({
      name,
      handle: create(dependencies),
      opens,
    }));
    const before = await fingerprint();
    const surprises: string[] = [];
    const statuses = new Map<number, number>();
    const confidential = [
      ...Object.values(secrets).filter((value) => !value.startsWith('http')),
      keys.secret,
      keys.jwtSecret,
      keys.serviceRoleJwt,
    ];
    for (let at = 0; at < 2000; at += 1) {
      const { name, handle, opens } = handlers[at % handlers.length] ?? {
        name: '',
        handle: async () => new Response(),
      };
      const request = hostileRequest(opens);
      const response = await handle(request);
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status < 400 || response.status > 499)
        surprises.push(`${at} ${name} ${request.method}: ${response.status} ${text.slice(0, 200)}`);
      if (confidential.some((value) => text.includes(value)))
        surprises.push(`${at} ${name}: a secret in the answer`);
    }

    expect(surprises).toEqual([]);
    // Each check had its share: credentials, bodies, types, sizes and methods.
    for (const status of [400, 401, 405, 413, 415])
      expect(statuses.get(status), `answers ${status}`).toBeGreaterThan(20);
    expect(await fingerprint()).toBe(before);
    const log = fixture.lines.join('\n');
    expect(confidential.filter((value) => log.includes(value))).toEqual([]);
  });

  it('a member of another organisation triggers nothing, whatever they send', async () => {
    const before = await fingerprint();
    const handle = triggerBuild(dependencies);
    const response = await handle(
      new Request('http://127.0.0.1/', {
        method: 'POST',
        headers: { authorization: `Bearer ${strangersToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ project_id: project?.id, branch_id: branch?.id }),
      }),
    );
    expect(response.status).toBe(404);
    expect(await fingerprint()).toBe(before);
  });

  it('a run token opens its own function, once', async () => {
    await sql`insert into ops.job_definitions (name, definition, digest) values (
      'nightly', ${sql.json({ call: { kind: 'http', function: 'ops-advisory-scan', url: 'http://127.0.0.1', timeout_ms: 1000, auth: [{ kind: 'run_token' }] } })}, 'x')`;
    const [run] =
      await sql`insert into ops.cron_runs (job, scheduled_for, trigger, status, attempt) values ('nightly', now(), 'manual', 'fired', 1) returning id`;
    const [issued] =
      await sql`select ops.issue_run_token(${run?.id}, 1, 'nightly', now() + interval '1 minute') as token`;
    const headers = {
      'x-ops-run-token': String(issued?.token),
      'x-ops-job': 'nightly',
      'content-type': 'application/json',
    };
    const send = (create: Create) =>
      create(dependencies)(new Request('http://127.0.0.1/', { method: 'POST', headers, body: '{}' })).then(
        ({ status }) => status,
      );

    expect(await send(checkOpenRouter)).toBe(401);
    expect(await send(scanAdvisories)).toBe(200);
    expect(await send(scanAdvisories)).toBe(401);
  });
});
