import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';
import { readDataApi, updateDataApi } from '../../../actions/_shared/supabase/data-api.ts';
import {
  deleteFunction,
  deployFunction,
  listFunctions,
} from '../../../actions/_shared/supabase/functions-api.ts';
import {
  createManagementClient,
  ManagementApiError,
  type ManagementClient,
} from '../../../actions/_shared/supabase/management-client.ts';
import { waitBeforeRetry } from '../../../actions/_shared/supabase/rate-limit-wait.ts';
import { listSecrets, setSecrets, unsetSecrets } from '../../../actions/_shared/supabase/secrets-api.ts';
import {
  type ManagementApi,
  type ManagementApiOptions,
  startManagementApi,
} from '../../../local/supabase/management/server.ts';

const ref = 'abcdefghijklmnopqrst';
const token = `sbp_${'a1b2c3d4e5'.repeat(4)}`;
let state: string;
let api: ManagementApi;
let clock: number;
let waits: string[];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'opsroom-management-'));
  clock = Date.UTC(2026, 10, 21);
  waits = [];
  await start();
});

afterEach(async () => {
  await api.stop();
  expect(api.violations).toEqual([]);
  rmSync(state, { recursive: true, force: true });
});

async function start(options: Partial<ManagementApiOptions> = {}): Promise<void> {
  api = await startManagementApi({ stateFolder: state, ref, now: () => clock, ...options });
  api.allow(token);
}

/** A client whose waiting moves the clock of the stand-in. */
function client(options: { readonly token?: string; readonly projectRef?: string } = {}): ManagementClient {
  return createManagementClient({
    token,
    projectRef: ref,
    ...options,
    apiUrl: api.url,
    now: () => clock,
    onWait: (message) => waits.push(message),
    sleep: async (milliseconds) => {
      clock += milliseconds;
    },
  });
}

async function deploy(slug: string, verifyJwt?: boolean): Promise<{ readonly version: number }> {
  const entrypoint = `functions/${slug}/index.ts`;
  const content = Buffer.from("Deno.serve(() => new Response('x'));\n");
  return deployFunction(client(), {
    slug,
    entrypoint,
    importMap: null,
    staticPatterns: [],
    verifyJwt,
    files: [{ path: entrypoint, content, role: 'module' }],
  });
}

describe('the Management API client', () => {
  it('deploys, lists and deletes functions; versions count up, the id stays', async () => {
    await deploy('one');
    const [first] = await listFunctions(client());
    clock += 1_234;
    await deploy('one', false);
    const [second] = await listFunctions(client());

    expect(first).toMatchObject({
      slug: 'one',
      version: 1,
      verifyJwt: true,
      entrypoint: 'functions/one/index.ts',
    });
    expect(second).toMatchObject({
      id: first?.id,
      version: 2,
      verifyJwt: false,
      createdAt: first?.createdAt,
    });
    expect(second?.updatedAt?.getTime()).toBe((first?.updatedAt?.getTime() ?? 0) + 1_234);
    await deploy('one');
    expect((await listFunctions(client()))[0]).toMatchObject({ version: 3, verifyJwt: false });
    expect(await deleteFunction(client(), 'one')).toBe(true);
    expect(await deleteFunction(client(), 'one')).toBe(false);
    expect(await listFunctions(client())).toEqual([]);
  });

  it('sets, replaces and removes secrets, and sees digests only', async () => {
    await setSecrets(client(), { A: 'one', B: 'two' });
    await setSecrets(client(), { A: 'three' });
    await unsetSecrets(client(), ['B', 'NEVER_THERE']);
    const [only, ...more] = await listSecrets(client());

    expect(more).toEqual([]);
    expect(only?.digest).toMatch(/^[0-9a-f]{64}$/);
    await expect(setSecrets(client(), { SUPABASE_URL: 'x' })).rejects.toThrow(ConfigurationError);
    await expect(setSecrets(client(), { LONG: 'secret-value'.repeat(3_000) })).rejects.toThrow(
      /^(?!.*secret-value)/s,
    );
  });

  it('adds a schema to those the Data API exposes, and leaves the rest', async () => {
    const before = await readDataApi(client());
    const after = await updateDataApi(client(), { schemas: [...before.schemas, 'ops'] });

    expect(before).toMatchObject({ schemas: ['public', 'graphql_public'], maxRows: 1_000 });
    expect(after).toEqual({ ...before, schemas: ['public', 'graphql_public', 'ops'] });
    expect(await readDataApi(client())).toEqual(after);
  });

  it('keeps to 120 requests a minute: waits as long as it is told, and no longer', async () => {
    const started = clock;
    const same = client();
    for (let count = 0; count < 130; count += 1) await listFunctions(same);

    expect(waits).toHaveLength(1);
    expect(waits[0]).toContain('429');
    expect(clock - started).toBe(60_000);
    expect(api.calls.filter((call) => call.status === 429)).toHaveLength(1);
  });

  it.each(['server_error', 'server_error_after_write', 'disconnect'] as const)(
    'tries again after %s, and the function is there once',
    async (kind) => {
      api.fail({ operation: 'v1-deploy-a-function', kind, times: 2 });
      await deploy('one');

      expect(waits).toHaveLength(2);
      const versions = (await listFunctions(client())).map(({ slug, version }) => [slug, version]);
      expect(versions).toEqual([['one', kind === 'server_error_after_write' ? 3 : 1]]);
    },
  );

  it('deletes once although the answer of the first try was lost', async () => {
    await deploy('one');
    api.fail({ operation: 'v1-delete-a-function', kind: 'server_error_after_write', times: 1 });

    expect(await deleteFunction(client(), 'one')).toBe(false);
    expect(await listFunctions(client())).toEqual([]);
  });

  it('gives up after five tries and says what the API said', async () => {
    api.fail({ operation: 'v1-list-all-functions', kind: 'server_error', times: 100 });
    const failure = listFunctions(client());

    await expect(failure).rejects.toThrow(ManagementApiError);
    await expect(failure).rejects.toThrow('Supabase could not list the functions: 500 Internal server error');
    expect(waits).toHaveLength(4);
  });

  it('does not wait for an answer for ever', async () => {
    api.fail({ operation: 'v1-list-all-functions', kind: 'slow', times: 100, delayMs: 300 });
    const impatient = client().send({ method: 'GET', path: '/functions', what: 'list', timeoutMs: 20 });

    await expect(impatient).rejects.toThrow('no answer in time');
  });

  it.each([
    [401, { token: `sbp_${'f'.repeat(40)}` }, /access token is wrong/],
    [404, { projectRef: 'zzzzzzzzzzzzzzzzzzzz' }, /project_ref/],
  ])('says what to do about a %s, without the token', async (status, options, hint) => {
    const failure: unknown = await listFunctions(client(options)).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure).toMatchObject({
      message: expect.stringContaining(`(${status}`),
      hint: expect.stringMatching(hint),
    });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('sbp_');
    expect(waits).toEqual([]);
  });

  it('says what to do when the token may not, or the plan does not allow it', async () => {
    const scoped = `sbp_${'b'.repeat(40)}`;
    api.allow(scoped, { permissions: ['edge_functions_read'] });
    await expect(setSecrets(client({ token: scoped }), { A: 'x' })).rejects.toMatchObject({
      hint: expect.stringContaining('edge_functions_secrets_write'),
    });
    api.fail({ operation: 'v1-deploy-a-function', kind: 'payment_required', times: 1 });
    await expect(deploy('one')).rejects.toMatchObject({ hint: expect.stringContaining('plan') });
  });

  it.each([{ token: 'not-a-token' }, { projectRef: 'My Project' }])(
    'refuses what can not be right before it sends anything',
    (options) => {
      expect(() => client(options)).toThrow(ConfigurationError);
      expect(() => client(options)).not.toThrow(/not-a-token/);
      expect(api.calls).toEqual([]);
    },
  );

  it('finds everything again after the stand-in was started anew', async () => {
    await deploy('one');
    await setSecrets(client(), { A: 'one' });
    await api.stop();
    await start();

    expect(await listFunctions(client())).toMatchObject([{ slug: 'one', version: 1 }]);
    expect(await listSecrets(client())).toMatchObject([{ name: 'A' }]);
  });
});

describe('the stand-in refuses', () => {
  it.each(['../outside.ts', '/etc/passwd', 'a/../../b.ts', 'a//b.ts', 'a\\b.ts'])(
    'a file that would leave its folder: %s',
    async (path) => {
      const files = [{ path, content: Buffer.from('x'), role: 'module' as const }];
      const deployment = {
        slug: 'one',
        entrypoint: path,
        importMap: null,
        staticPatterns: [],
        verifyJwt: true,
        files,
      };

      await expect(deployFunction(client(), deployment)).rejects.toThrow(/400/);
      expect(await listFunctions(client())).toEqual([]);
    },
  );

  it('a deployment without its entry', async () => {
    const files = [{ path: 'functions/one/other.ts', content: Buffer.from('x'), role: 'module' as const }];
    const deployment = {
      slug: 'one',
      entrypoint: 'functions/one/index.ts',
      importMap: null,
      staticPatterns: [],
      verifyJwt: true,
      files,
    };

    await expect(deployFunction(client(), deployment)).rejects.toThrow(/Entrypoint path does not exist/);
  });

  it('undescribed fields and queries, and notices unknown routes', async () => {
    const send = client().send;
    await expect(
      send({ method: 'PATCH', path: '/postgrest', json: { schema: 'x' }, what: 'x' }),
    ).rejects.toThrow(/400/);
    await expect(send({ method: 'GET', path: '/functions', query: { all: '1' }, what: 'x' })).rejects.toThrow(
      /400/,
    );
    await expect(send({ method: 'GET', path: '/nothing', what: 'x' })).rejects.toThrow(/404/);
    expect(api.violations.splice(0)).toEqual([`no such operation: GET /v1/projects/${ref}/nothing`]);
  });

  it('has teeth: an answer of the wrong shape is noticed', async () => {
    await deploy('one');
    Object.assign(api.store.project(ref)?.functions[0]?.shown ?? {}, { version: 'one' });

    await client().send({ method: 'GET', path: '/functions', what: 'x' });

    expect(api.violations.splice(0)).toEqual([
      expect.stringContaining('v1-list-all-functions response 0.version'),
    ]);
  });
});

describe('waitBeforeRetry', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  it.each([
    [{}, 1, 1_000],
    [{}, 4, 8_000],
    [{}, 9, 16_000],
    [{ 'retry-after': '7' }, 1, 7_000],
    [{ 'retry-after': new Date(now + 5_000).toUTCString() }, 1, 5_000],
    [{ 'retry-after': '600' }, 1, null],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '42' }, 1, 42_000],
    [{ 'x-ratelimit-remaining': '80', 'x-ratelimit-reset': '42' }, 2, 2_000],
    [{ 'retry-after': 'soon' }, 1, 1_000],
  ])('%j on try %i: %s ms', (headers, tries, expected) => {
    expect(waitBeforeRetry(new Headers(headers as Record<string, string>), { tries, now })).toBe(expected);
  });
});
