import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { IssuedKeys } from '../../../local/supabase/api-keys.ts';
import { type ManagementApi, startManagementApi } from '../../../local/supabase/management/server.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';

const ref = 'abcdefghijklmnopqrst';
const token = `sbp_${'0123456789'.repeat(4)}`;
let state: string;
let gateway: TestGateway;
let api: ManagementApi;

const Key = z.object({ id: z.string(), api_key: z.string() });

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'opsroom-management-'));
  const issued = { current: (): IssuedKeys => ({ keys: [], legacyDisabledAt: null }) };
  gateway = await startTestGateway(import.meta.url, {
    schemas: ['api'],
    issuedKeys: () => issued.current(),
  });
  api = await startManagementApi({
    stateFolder: state,
    ref,
    limit: 10_000,
    apiKeys: gateway.keys,
    databaseUrl: gateway.database.url,
    onPostgrestConfig: (config) => gateway.expose(config.db_schema.split(',')),
  });
  api.allow(token);
  issued.current = () => {
    const project = api.store.project(ref);
    return { keys: project?.apiKeys ?? [], legacyDisabledAt: project?.legacyKeysDisabledAt ?? null };
  };
});

afterAll(async () => {
  await api.stop();
  await gateway.close();
  rmSync(state, { recursive: true, force: true });
});

interface Told {
  readonly status: number;
  readonly body: unknown;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const response = await fetch(`${api.url}/v1/projects/${ref}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const statusWith = async (apikey: string): Promise<number> =>
  (await gateway.send('/rest/v1/rpc/add?a=1', { headers: { apikey } })).status;

describe('the Management API beside the gateway', () => {
  it('makes keys the gateway lets in, shows secret ones only when asked to, and takes them back', async () => {
    const made = await call('POST', 'api-keys?reveal=true', { type: 'secret', name: 'of_the_worker' });
    const { id, api_key: key } = Key.parse(made.body);
    expect(made.status).toBe(201);
    expect(key).toMatch(/^sb_secret_/);
    expect(await statusWith(key)).toBe(200);

    expect(JSON.stringify((await call('GET', 'api-keys')).body)).not.toContain(key);
    expect(JSON.stringify((await call('GET', `api-keys/${id}?reveal=true`)).body)).toContain(key);
    expect(await call('POST', 'api-keys', { type: 'secret', name: 'of_the_worker' })).toMatchObject({
      status: 409,
    });
    expect(await call('POST', 'api-keys', { type: 'secret', name: 'No' })).toMatchObject({ status: 400 });
    expect(await call('PATCH', `api-keys/${id}`, { name: 'of_a_worker', description: 'kept' })).toMatchObject(
      { status: 200, body: { name: 'of_a_worker', description: 'kept' } },
    );

    expect(await call('DELETE', `api-keys/${id}`)).toMatchObject({ status: 200 });
    expect(await statusWith(key)).toBe(401);
    expect(await call('GET', `api-keys/${id}`)).toMatchObject({ status: 404 });
  });

  it('shuts the legacy keys out and lets them in again', async () => {
    expect(await statusWith(gateway.keys.serviceRoleJwt)).toBe(200);
    expect(await call('PUT', 'api-keys/legacy?enabled=false')).toEqual({
      status: 200,
      body: { enabled: false },
    });

    const refused = await gateway.send('/rest/v1/rpc/add?a=1', {
      headers: { apikey: gateway.keys.anonJwt },
    });
    expect(refused).toMatchObject({ status: 401, json: { message: 'Legacy API keys are disabled' } });
    expect(await statusWith(gateway.keys.secret)).toBe(200);

    expect(await call('PUT', 'api-keys/legacy?enabled=true')).toMatchObject({ body: { enabled: true } });
    expect(await statusWith(gateway.keys.anonJwt)).toBe(200);
  });

  it('serves the schemas of a PATCH by the time it is answered', async () => {
    await call('POST', 'database/query', {
      query: 'create function public.here() returns int language sql as $$ select 1 $$',
    });
    await gateway.reload();
    const asked = () =>
      gateway.send('/rest/v1/rpc/here', {
        headers: { apikey: gateway.keys.secret, 'accept-profile': 'public' },
      });
    expect(await asked()).toMatchObject({ status: 406 });
    expect(await call('PATCH', 'postgrest', { db_schema: 'api,public' })).toMatchObject({ status: 200 });
    expect(await asked()).toMatchObject({ status: 200 });
  });

  it('shows the public half of the signing key and nothing else of it', async () => {
    const { body } = await call('GET', 'config/auth/signing-keys');
    const [key] = z.object({ keys: z.array(z.looseObject({ id: z.string() })) }).parse(body).keys;
    expect(key).toMatchObject({ algorithm: 'ES256', status: 'in_use', public_jwk: { kty: 'EC' } });
    expect(JSON.stringify(body)).not.toContain(gateway.keys.signingKey.d);
    expect(await call('GET', `config/auth/signing-keys/${key?.id}`)).toMatchObject({ status: 200 });
  });
});

describe('SQL through the Management API', () => {
  it('answers with the rows of the last statement, takes parameters, and says what Postgres objects to', async () => {
    expect(await call('POST', 'database/query', { query: 'select 1 as a; select 2 as b' })).toEqual({
      status: 201,
      body: [{ b: 2 }],
    });
    expect(
      await call('POST', 'database/query', { query: 'select $1::int + 1 as n', parameters: [41] }),
    ).toEqual({ status: 201, body: [{ n: 42 }] });
    expect(await call('POST', 'database/query', { query: 'select * from nowhere' })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('42P01') },
    });
  });

  it('writes nothing where only reading is allowed', async () => {
    const write = { query: 'create table public.written (id int)' };
    for (const [path, body] of [
      ['database/query/read-only', write],
      ['database/query', { ...write, read_only: true }],
    ] as const)
      expect(await call('POST', path, body)).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining('25006') },
      });
    api.allow(`sbp_${'1'.repeat(40)}`, { permissions: ['database_read'] });
    expect(
      await call('POST', 'database/query', write, { authorization: `Bearer sbp_${'1'.repeat(40)}` }),
    ).toMatchObject({ status: 403 });
  });

  it('runs a migration once an Idempotency-Key, lists it, and rolls it back', async () => {
    const migration = {
      name: 'create_things',
      query: 'create table public.things (id int); insert into public.things values (1)',
      rollback: 'drop table public.things',
    };
    const key = { 'idempotency-key': 'once' };
    expect(await call('POST', 'database/migrations', migration, key)).toMatchObject({ status: 200 });
    expect(await call('POST', 'database/migrations', migration, key)).toMatchObject({ status: 200 });

    const listed = z
      .array(z.object({ version: z.string(), name: z.string() }))
      .parse((await call('GET', 'database/migrations')).body);
    expect(listed).toEqual([{ version: expect.stringMatching(/^\d{14}$/), name: 'create_things' }]);
    const version = listed[0]?.version;
    expect(await call('GET', `database/migrations/${version}`)).toMatchObject({
      body: { statements: [expect.stringContaining('create table'), expect.stringContaining('insert')] },
    });
    expect(await call('PATCH', `database/migrations/${version}`, { name: 'make_things' })).toMatchObject({
      status: 200,
    });
    expect(await call('DELETE', `database/migrations?gte=${version}`)).toMatchObject({ status: 200 });
    expect(
      await call('POST', 'database/query', { query: "select to_regclass('public.things') as gone" }),
    ).toMatchObject({ body: [{ gone: null }] });
    expect(await call('GET', 'database/migrations')).toEqual({ status: 200, body: [] });
  });

  it('advises on the exposed schemas', async () => {
    await call('POST', 'database/query', { query: 'create table public.open_to_all (id int primary key)' });
    const { body } = await call('GET', 'advisors/security');
    const lints = z.object({ lints: z.array(z.object({ name: z.string() })) }).parse(body).lints;
    expect(lints.map(({ name }) => name)).toContain('rls_disabled');
    expect(await call('GET', 'advisors/performance')).toMatchObject({ status: 200 });
    expect(api.violations).toEqual([]);
  });
});
