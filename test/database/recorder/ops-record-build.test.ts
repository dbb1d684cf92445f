import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { functionChannel } from '../../../actions/_shared/builds/recorder/function-channel.ts';
import { recordBuild } from '../../../functions/ops-record-build/handler.ts';
import { deno } from '../../support/supabase/functions-host.ts';
import { addBuild, addOrganisation } from '../builds/people.ts';
import { post, startFunctionFixture } from '../functions/fixture.ts';
import { type ServedProject, serveProject } from '../functions-e2e/served-project.ts';
import { type Issuer, runClaims, startIssuer } from './issuer.ts';
import { isGapless, openTestRecorder, request, storedLines } from './story.ts';

const fixture = await startFunctionFixture(import.meta.url);
const { sql } = fixture.database;
const issuer: Issuer = await startIssuer();
const org = await addOrganisation(sql, 'acme');
afterAll(async () => {
  await issuer.close();
  await fixture.close();
});

let build = '';
beforeEach(async () => {
  await sql`delete from ops.builds`;
  await sql`delete from ops.queued_jobs`;
  await sql`delete from ops.job_leases`;
  await sql`update ops.projects set repository_id = null`;
  build = (await addBuild(sql, org.production)).id;
});

const dependencies = fixture.dependencies({ OPS_OIDC_ISSUER: issuer.url });
const handle = recordBuild(dependencies);

async function send(
  body: unknown,
  token?: string,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const authorization = `Bearer ${token ?? (await issuer.token())}`;
  const response = await handle(post(body, { authorization }));
  return { status: response.status, body: z.record(z.string(), z.unknown()).parse(await response.json()) };
}

const start = (changes: Record<string, unknown> = {}) => ({
  op: 'start',
  build_id: build,
  runner_id: 'runner',
  ...changes,
});

async function started() {
  const { body } = await send(start());
  const { attempt, lease_token: token } = z
    .object({ attempt: z.number(), lease_token: z.coerce.string() })
    .parse(body);
  return { build_id: build, attempt, lease_token: token };
}

const line = (first_seq: number, lines: string) => ({
  op: 'lines',
  first_seq,
  lines,
  at: [new Date().toISOString()],
  levels: ['info'],
  steps: ['build'],
});

describe('ops-record-build', () => {
  it('lets a run start its build, write to it and end it', async () => {
    const lease = await started();
    const written = await send({
      op: 'write',
      ...lease,
      calls: [
        line(1, 'one\ntwo'),
        { op: 'artifact', kind: 'link', name: 'preview', url: 'https://preview.test' },
        { op: 'metrics', key: 'k', samples: [{ metric: 'kb', value: 8 }] },
        { op: 'status', status: 'succeeded', result: { ok: true } },
      ],
    });
    expect(written).toMatchObject({
      status: 200,
      body: {
        answers: [
          { outcome: 'stored' },
          { outcome: 'stored' },
          { outcome: 'stored' },
          { outcome: 'changed' },
        ],
      },
    });
    expect(await sql`select status, result from ops.builds`).toEqual([
      { status: 'succeeded', result: { ok: true } },
    ]);
  });

  it('opens a build for a run nobody dispatched, of what its token says and not of what it sends', async () => {
    await sql`delete from ops.builds`;
    const token = await issuer.token({ run_id: '99', sha: 'b'.repeat(40) });
    const { status, body } = await send({ op: 'start', runner_id: 'r' }, token);
    expect([status, body.outcome]).toEqual([200, 'started']);
    expect(await sql`select commit_sha, github_run_id from ops.builds`).toEqual([
      { commit_sha: 'b'.repeat(40), github_run_id: '99' },
    ]);
  });

  it.each([
    ['another repository', { repository: 'evil/app', repository_id: '666' }],
    ['another branch', { ref: 'refs/heads/feature' }],
    ['a tag of the same name', { ref: 'refs/tags/main' }],
    [
      'another workflow',
      {
        workflow_ref: 'acme/app/.github/workflows/evil.yml@refs/heads/main',
        job_workflow_ref: 'acme/app/.github/workflows/evil.yml@refs/heads/main',
      },
    ],
    [
      'a workflow of that name elsewhere',
      {
        workflow_ref: 'evil/app/.github/workflows/build.yml@refs/heads/main',
        job_workflow_ref: 'evil/app/.github/workflows/build.yml@refs/heads/main',
      },
    ],
  ])('refuses a run of %s', async (_what, changes) => {
    const { status, body } = await send(start(), await issuer.token(changes));
    expect([status, body.error]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    expect(await sql`select status from ops.builds`).toEqual([{ status: 'queued' }]);
  });

  it('refuses a run that deploys to another environment than the branch', async () => {
    await sql`update ops.branches set environment = 'production' where id = ${org.production}`;
    expect((await send(start(), await issuer.token({ environment: 'staging' }))).status).toBe(403);
    expect((await send(start(), await issuer.token({ environment: 'production' }))).status).toBe(200);
    await sql`update ops.branches set environment = null where id = ${org.production}`;
  });

  it('knows a repository by its number once it has seen it: whoever gets the name later is somebody else', async () => {
    await started();
    await sql`update ops.builds set status = 'lost', finished_at = now()`;
    await sql`delete from ops.queued_jobs`;
    const later = (await addBuild(sql, org.production)).id;
    const impostor = await issuer.token({ repository_id: '75', run_id: '12' });
    expect((await send(start({ build_id: later }), impostor)).status).toBe(403);
    const renamed = await issuer.token({
      repository: 'acme/renamed',
      run_id: '12',
      workflow_ref: 'acme/renamed/.github/workflows/build.yml@refs/heads/main',
    });
    expect((await send(start({ build_id: later }), renamed)).status).toBe(200);
  });

  it('lets another run, or an earlier attempt, write nothing, whatever lease it names', async () => {
    const lease = await started();
    for (const changes of [{ run_id: '4712' }, { run_attempt: '2' }]) {
      expect(
        (await send({ op: 'write', ...lease, calls: [line(1, 'x')] }, await issuer.token(changes))).status,
      ).toBe(403);
    }
    const stale = { ...lease, lease_token: String(Number(lease.lease_token) + 1) };
    expect((await send({ op: 'write', ...stale, calls: [line(1, 'x'), line(2, 'y')] })).body).toEqual({
      answers: [{ outcome: 'stale', inserted: 0 }],
    });
    expect((await send({ op: 'heartbeat', ...stale })).body).toMatchObject({ verdict: 'lost' });
    expect((await send({ op: 'heartbeat', ...lease })).body).toMatchObject({ verdict: 'held' });
    expect(await sql`select 1 from ops.build_events where attempt > 0`).toEqual([]);
  });

  it.each<[string, () => Promise<string>]>([
    ['no JWT', async () => 'abc'],
    ['another audience', () => issuer.token({ aud: 'https://github.com/acme' })],
    ['another issuer', () => issuer.token({ iss: 'https://token.actions.githubusercontent.com' })],
    ['that is over', () => issuer.token({ iat: 1_700_000_000, nbf: 1_700_000_000, exp: 1_700_000_300 })],
    [
      'that lives for a day',
      () =>
        issuer.token({
          iat: Math.floor(Date.now() / 1000) - 7200,
          exp: Math.floor(Date.now() / 1000) + 86_400,
        }),
    ],
    ['that is not valid yet', () => issuer.token({ nbf: Math.floor(Date.now() / 1000) + 600 })],
    ['that ends never', () => issuer.token({}, { without: 'exp' })],
    ['without a run', () => issuer.token({}, { without: 'run_id' })],
    ['with a run that is SQL', () => issuer.token({ run_id: '1; drop table ops.builds' })],
    ['signed with a shared secret', () => issuer.token({}, { alg: 'HS256' })],
    [
      'of a key nobody published',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        const now = Math.floor(Date.now() / 1000);
        return new SignJWT({
          iss: issuer.url,
          aud: 'opsroom',
          iat: now,
          nbf: now,
          exp: now + 300,
          jti: 'x',
          ...runClaims,
        })
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .sign(privateKey);
      },
    ],
    [
      'unsigned',
      async () => {
        const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const now = Math.floor(Date.now() / 1000);
        return `${part({ alg: 'none' })}.${part({ iss: issuer.url, aud: 'opsroom', iat: now, nbf: now, exp: now + 300, jti: 'x', ...runClaims })}.`;
      },
    ],
  ])('answers 401 to a token %s', async (_what, token) => {
    expect((await send(start(), await token())).status).toBe(401);
    expect(await sql`select status from ops.builds`).toEqual([{ status: 'queued' }]);
  });

  it('answers 401 to who has the secret key and no run, and 400 to what it does not know', async () => {
    const response = await handle(post(start(), { apikey: fixture.gateway.keys.secret }));
    expect(response.status).toBe(401);
    const lease = await started();
    for (const call of [
      { op: 'drop' },
      line(0, 'x'),
      { op: 'artifact', kind: 'link', name: 'x', url: 'javascript:alert(1)' },
      { op: 'status', status: 'lost' },
    ]) {
      expect((await send({ op: 'write', ...lease, calls: [call] })).status).toBe(400);
    }
  });

  it('asks for the issuer’s keys once, and answers 503 while they can’t be had', async () => {
    const fresh = recordBuild(fixture.dependencies({ OPS_OIDC_ISSUER: issuer.url }));
    const ask = async () =>
      (await fresh(post(start(), { authorization: `Bearer ${await issuer.token()}` }))).status;
    issuer.breakDown(true);
    expect(await ask()).toBe(503);
    issuer.breakDown(false);
    const before = issuer.fetches();
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 200]);
    expect(issuer.fetches() - before).toBe(1);
  });

  it('trusts no keys that came over an open wire', async () => {
    const open = recordBuild(fixture.dependencies({ OPS_OIDC_ISSUER: 'http://issuer.example.test' }));
    const response = await open(post(start(), { authorization: `Bearer ${await issuer.token()}` }));
    expect(await response.json()).toMatchObject({ error: { code: 'misconfigured' } });
  });

  it('leaves no token and no line in its log', async () => {
    const token = await issuer.token();
    await send(start(), token);
    expect(fixture.lines.join('\n')).not.toContain(token);
    expect(fixture.lines.length).toBeGreaterThan(0);
  });
});

describe.skipIf(deno === null)('ops-record-build under Deno', () => {
  let project: ServedProject | undefined;
  beforeAll(async () => {
    if (deno === null) return;
    project = await serveProject({
      superuserUrl: fixture.database.superuserUrl,
      database: fixture.database.name,
      connectAs: fixture.database.connectAs,
      verifyJwt: () => false,
      secrets: () => ({ OPS_OIDC_ISSUER: issuer.url }),
    });
  });
  afterAll(() => project?.stop());

  it('takes what the recorder of a job sends', async () => {
    const channel = functionChannel({
      url: project?.url('ops-record-build') ?? '',
      token: () => issuer.token(),
    });
    const taken = await channel.start({ ...request, buildId: build });
    if (taken.outcome !== 'started') throw new Error('it was not started');
    const { recorder } = openTestRecorder({ channel, lease: taken.lease });
    recorder.write(Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`).join('\n'), {
      step: 'build',
    });
    expect(await channel.heartbeat(taken.lease)).toBe('held');
    recorder.call({ op: 'status', status: 'almost' });
    expect(await recorder.drain(20_000)).toBe(true);
    await recorder.close();
    const lines = await storedLines(sql, taken.lease);
    expect([lines.length, isGapless(lines)]).toEqual([3000, true]);
    expect(await sql`select status from ops.builds where id = ${build}`).toEqual([{ status: 'almost' }]);
    await expect(channel.start({ ...request, buildId: crypto.randomUUID() })).rejects.toThrow('404');
  }, 120_000);
});
