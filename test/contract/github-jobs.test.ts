import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobCredentials } from '../../local/github/jobs/job-desk.ts';
import { zip } from '../../local/github/jobs/zip.ts';
import type { GitHubStandIn } from '../../local/github/server.ts';
import type { StoredJob, StoredRun } from '../../local/github/state/runs.ts';
import { repository as at, octokit, startRepository, statusOf, workflowClient } from './github/fixture.ts';
import { unzip } from './github/unzip.ts';

let github: GitHubStandIn;

beforeAll(async () => {
  github = await startRepository();
});

afterAll(() => github.stop());

interface Opened {
  readonly run: StoredRun;
  readonly job: StoredJob;
  readonly credentials: JobCredentials;
}

function openJob(permissions: Parameters<GitHubStandIn['openJob']>[1]['permissions']): Opened {
  const run = github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: '1' } });
  const [job] = github.runs.addJobs(run.id, [{ key: 'build' }]);
  if (job === undefined) throw new Error('no job');
  return { run, job, credentials: github.openJob(job.id, { permissions }) };
}

describe('what a job is given', () => {
  it('is a token with exactly its permissions, until it is over', async () => {
    const { credentials } = openJob({ issues: 'write' });
    const rest = octokit(github, credentials.token).rest;
    const create = () => statusOf(rest.issues.create({ ...at, title: 'x' }));

    expect(await create()).toBe(201);
    expect(await statusOf(rest.git.createBlob({ ...at, content: 'x' }))).toBe(403);
    expect(github.store.issues.get(1)?.author).toBe('github-actions[bot]');
    credentials.close();
    expect(await create()).toBe(401);
  });
});

describe('identity tokens', () => {
  async function ask(env: JobCredentials['env'], audience?: string): Promise<Response> {
    const url = new URL(env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '');
    if (audience !== undefined) url.searchParams.set('audience', audience);
    return fetch(url, { headers: { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` } });
  }

  async function tokenOf(env: JobCredentials['env'], audience?: string): Promise<string> {
    return ((await (await ask(env, audience)).json()) as { readonly value: string }).value;
  }

  it('are verified with the keys of the issuer and say which job asked', async () => {
    const { run, job, credentials } = openJob({ 'id-token': 'write' });
    await github.runs.enterEnvironment(job.id, 'staging');
    const configuration = await fetch(`${github.oidcIssuer}/.well-known/openid-configuration`);
    const { issuer, jwks_uri } = (await configuration.json()) as { issuer: string; jwks_uri: string };

    const { payload, protectedHeader } = await jwtVerify(
      await tokenOf(credentials.env, 'opsroom'),
      createRemoteJWKSet(new URL(jwks_uri)),
      { issuer, audience: 'opsroom', algorithms: ['RS256'], requiredClaims: ['jti', 'nbf', 'iat', 'exp'] },
    );

    const { ownerId, repositoryId } = github.store;
    expect(protectedHeader).toMatchObject({ typ: 'JWT', alg: 'RS256', kid: expect.any(String) });
    expect(payload).toMatchObject({
      sub: `repo:acme@${ownerId}/ops@${repositoryId}:environment:staging`,
      environment: 'staging',
      repository: 'acme/ops',
      repository_id: String(repositoryId),
      repository_owner: 'acme',
      repository_owner_id: String(ownerId),
      repository_visibility: 'private',
      actor: 'alice',
      event_name: 'workflow_dispatch',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      ref_protected: 'true',
      sha: run.headSha,
      run_id: String(run.id),
      run_number: String(run.number),
      run_attempt: '1',
      check_run_id: String(job.checkRunId),
      runner_environment: 'github-hosted',
      workflow: 'build',
      workflow_ref: 'acme/ops/.github/workflows/build.yml@refs/heads/main',
      job_workflow_ref: 'acme/ops/.github/workflows/build.yml@refs/heads/main',
      head_ref: '',
      base_ref: '',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
  });

  it('have the ref as subject outside environments, and the owner as audience when none is asked for', async () => {
    const { credentials } = openJob({ 'id-token': 'write' });
    const claims = decodeJwt(await tokenOf(credentials.env));

    expect(claims.sub).toMatch(/^repo:acme@\d+\/ops@\d+:ref:refs\/heads\/main$/);
    expect(claims).toMatchObject({ aud: `${github.apiUrl}/acme` });
    expect(claims).not.toHaveProperty('environment');
  });

  it('are for jobs that may write them, while they run', async () => {
    expect(openJob({ contents: 'read' }).credentials.env).not.toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL');
    const { credentials } = openJob({ 'id-token': 'write' });
    const stranger = openJob({ 'id-token': 'write' }).credentials.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? '';

    expect((await ask({ ...credentials.env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: stranger })).status).toBe(401);
    expect((await ask(credentials.env)).status).toBe(200);
    credentials.close();
    expect((await ask(credentials.env)).status).toBe(401);
  });
});

describe('artifacts', () => {
  const content = zip([{ name: 'buffer.opsroom', content: Buffer.from('a line\n') }]);

  async function call(env: JobCredentials['env'], method: string, more: object) {
    const token = env.ACTIONS_RUNTIME_TOKEN ?? '';
    const scope =
      String(decodeJwt(token).scp)
        .split(' ')
        .find((each) => each.startsWith('Actions.Results:')) ?? '';
    const [, workflow_run_backend_id, workflow_job_run_backend_id] = scope.split(':');
    const url = new URL(
      `/twirp/github.actions.results.api.v1.ArtifactService/${method}`,
      env.ACTIONS_RESULTS_URL,
    );
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ workflow_run_backend_id, workflow_job_run_backend_id, ...more }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }

  async function put(url: string, body: Buffer | string): Promise<number> {
    const answer = await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body });
    return answer.status;
  }

  async function upload(env: JobCredentials['env'], name: string): Promise<string> {
    const { body } = await call(env, 'CreateArtifact', { name, version: 4 });
    expect(await put(body.signed_upload_url ?? '', content)).toBe(201);
    const finalized = await call(env, 'FinalizeArtifact', { name, size: String(content.length) });
    expect(finalized).toMatchObject({ status: 200, body: { ok: true } });
    return finalized.body.artifact_id ?? '';
  }

  it('are uploaded by the job, then listed and downloaded by anybody who may read runs', async () => {
    const { run, credentials } = openJob({});
    const artifact_id = Number(await upload(credentials.env, 'opsroom-buffer-1'));
    const rest = workflowClient(github, { actions: 'read' });

    const { data } = await rest.actions.listWorkflowRunArtifacts({ ...at, run_id: run.id });
    expect(data).toMatchObject({
      total_count: 1,
      artifacts: [
        {
          id: artifact_id,
          name: 'opsroom-buffer-1',
          size_in_bytes: content.length,
          expired: false,
          digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
          workflow_run: { id: run.id, head_branch: 'main' },
        },
      ],
    });
    const archive = await rest.actions.downloadArtifact({ ...at, artifact_id, archive_format: 'zip' });
    expect(unzip(Buffer.from(archive.data as ArrayBuffer))).toEqual({ 'buffer.opsroom': 'a line\n' });
  });

  it('may come in blocks, in the order of the list', async () => {
    const { credentials } = openJob({});
    const { body } = await call(credentials.env, 'CreateArtifact', {
      name: 'blocks',
      version: 7,
      mime_type: 'text/plain',
    });
    const url = body.signed_upload_url ?? '';
    const [first, second] = ['MQ==', 'Mg=='];
    expect(await put(`${url}&comp=block&blockid=${encodeURIComponent(second)}`, 'world')).toBe(201);
    expect(await put(`${url}&comp=block&blockid=${encodeURIComponent(first)}`, 'hello ')).toBe(201);
    const list = (ids: string[]) =>
      `<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
    expect(await put(`${url}&comp=blocklist`, list([first, 'Mw==']))).toBe(400);
    expect(await put(`${url}&comp=blocklist`, list([first, second]))).toBe(201);
    await call(credentials.env, 'FinalizeArtifact', { name: 'blocks', size: 11 });

    const { body: signed } = await call(credentials.env, 'GetSignedArtifactURL', { name: 'blocks' });
    expect(await (await fetch(signed.signed_url ?? '')).text()).toBe('hello world');
    const { body: listed } = await call(credentials.env, 'ListArtifacts', { name_filter: 'blocks' });
    expect(listed.artifacts).toMatchObject([{ name: 'blocks', size: '11' }]);
    await call(credentials.env, 'DeleteArtifact', { name: 'blocks' });
    expect((await call(credentials.env, 'ListArtifacts', {})).body).toEqual({ artifacts: [] });
  });

  it.each<[string, string, object, number]>([
    ['a name that is no file name', 'CreateArtifact', { name: 'a/b', version: 4 }, 400],
    ['a client from long ago', 'CreateArtifact', { name: 'old', version: 3 }, 400],
    ['the end of an upload that never began', 'FinalizeArtifact', { name: 'none', size: 1 }, 404],
    ['another job', 'CreateArtifact', { name: 'x', version: 4, workflow_run_backend_id: 'other' }, 403],
    ['a method nobody knows', 'CreateCache', {}, 404],
  ])('refuses %s', async (_, method, more, status) => {
    expect(await call(openJob({}).credentials.env, method, more)).toMatchObject({ status });
  });

  it('refuses a second one of a name, a wrong size, a forged address, and a job that is over', async () => {
    const { credentials } = openJob({});
    const { env } = credentials;
    await upload(env, 'once');
    expect(await call(env, 'CreateArtifact', { name: 'once', version: 4 })).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    });

    const { body } = await call(env, 'CreateArtifact', { name: 'short', version: 4 });
    expect((await call(env, 'FinalizeArtifact', { name: 'short', size: 1 })).status).toBe(404);
    const forged = new URL(body.signed_upload_url ?? '');
    forged.pathname = forged.pathname.replace(/[^/]+$/, 'other');
    expect(await put(forged.href, content)).toBe(403);
    await put(body.signed_upload_url ?? '', content);
    expect((await call(env, 'FinalizeArtifact', { name: 'short', size: 1 })).status).toBe(400);
    credentials.close();
    expect((await call(env, 'ListArtifacts', {})).status).toBe(401);
  });
});
