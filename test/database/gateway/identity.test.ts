import { createHmac, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { mintUserToken, projectKeys } from '../../../local/supabase/keys.ts';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());

const { keys } = gateway;
const ada = randomUUID();
const eve = randomUUID();

const good = await mintUserToken(keys, { sub: ada });
const expired = await mintUserToken(keys, { sub: ada, expiresIn: -60 });
const notYet = await mintUserToken(keys, { sub: ada, nbf: 99_999_999_999 });
const oddAudience = await mintUserToken(keys, { aud: 7 }, 'HS256');
const [head = '', payload = '', signature = ''] = good.split('.');
const forgedNone = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
// The classic confusion: the public key's text used as the secret of an HMAC.
const confused = ((): string => {
  const signed = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.${payload}`;
  const mac = createHmac('sha256', JSON.stringify(keys.jwks.keys[0])).update(signed).digest('base64url');
  return `${signed}.${mac}`;
})();

async function whoami(headers: Record<string, string>): Promise<unknown> {
  const { status, json } = await gateway.send('/rest/v1/rpc/whoami', { method: 'POST', body: '{}', headers });
  return status === 200 ? json : { status, json };
}

describe('an API key', () => {
  it.each([
    ['publishable', () => ({ apikey: keys.publishable }), 'anon'],
    [
      'publishable, as token too',
      () => ({ apikey: keys.publishable, authorization: `Bearer ${keys.publishable}` }),
      'anon',
    ],
    ['secret', () => ({ apikey: keys.secret }), 'service_role'],
    ['legacy anon alone', () => ({ apikey: keys.anonJwt }), 'anon'],
    ['legacy service_role alone, which is nobody', () => ({ apikey: keys.serviceRoleJwt }), 'anon'],
    [
      'legacy service_role',
      () => ({ apikey: keys.serviceRoleJwt, authorization: `Bearer ${keys.serviceRoleJwt}` }),
      'service_role',
    ],
    [
      'publishable with the token of the service',
      () => ({ apikey: keys.publishable, authorization: `Bearer ${keys.serviceRoleJwt}` }),
      'service_role',
    ],
  ])('%s', async (_, headers, role) => {
    expect(await whoami(headers())).toMatchObject({ user: role, role, session: 'authenticator' });
  });

  it('in the URL does as well, and is no filter', async () => {
    const { status } = await fetch(`${gateway.url}/rest/v1/teams?apikey=${keys.publishable}`);
    expect(status).toBe(200);
  });

  it('is asked for', async () => {
    const response = await fetch(`${gateway.url}/rest/v1/teams`, {
      headers: { authorization: `Bearer ${keys.serviceRoleJwt}` },
    });
    expect([response.status, await response.json()]).toEqual([
      401,
      { message: 'No API key found in request', hint: 'No `apikey` request header or url param was found.' },
    ]);
  });

  it('that is not ours is refused', async () => {
    expect(await whoami({ apikey: 'sb_secret_guess' })).toMatchObject({
      status: 401,
      json: { message: 'Invalid API key' },
    });
  });

  it('that is secret is refused from a browser', async () => {
    expect(await whoami({ apikey: keys.secret, 'user-agent': 'Mozilla/5.0 (X11)' })).toMatchObject({
      status: 401,
    });
  });

  it('of another kind in Authorization is no token', async () => {
    expect(await whoami({ apikey: keys.publishable, authorization: `Bearer ${keys.secret}` })).toMatchObject({
      status: 401,
      json: { code: 'PGRST301', message: 'Expected 3 parts in JWT; got 1' },
    });
  });

  it('is kept, readable by nobody else', async () => {
    const again = await projectKeys(gateway.stateFolder);
    expect(again.secret).toBe(keys.secret);
    expect(statSync(`${gateway.stateFolder}/project-keys.json`).mode & 0o777).toBe(0o600);
  });
});

describe('a token', () => {
  it.each(['ES256', 'HS256'] as const)('signed with %s is who it says', async (algorithm) => {
    const token = await mintUserToken(keys, { sub: ada, app_metadata: { plan: 'x' } }, algorithm);
    expect(
      await whoami({ apikey: keys.publishable, authorization: `Bearer ${token}`, cookie: 'a=1; b=two' }),
    ).toMatchObject({
      user: 'authenticated',
      claims: { sub: ada, role: 'authenticated', app_metadata: { plan: 'x' } },
      method: 'POST',
      path: '/rpc/whoami',
      cookies: { a: '1', b: 'two' },
      search_path: '"api", "public", "extensions"',
      read_only: 'on',
      timeout: '8s',
    });
  });

  it.each([
    ['expired', expired, 'PGRST303', 'JWT expired'],
    ['not yet valid', notYet, 'PGRST303', 'JWT not yet valid'],
    [
      'with a number for aud',
      oddAudience,
      'PGRST303',
      "The JWT 'aud' claim must be a string or an array of strings",
    ],
    ['empty', '', 'PGRST301', 'Empty JWT is sent in Authorization header'],
    ['of two parts', 'a.b', 'PGRST301', 'Expected 3 parts in JWT; got 2'],
    ['of garbage', 'a.b.c', 'PGRST301', 'JWT cryptographic operation failed'],
    [
      'with another signature',
      `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
      'PGRST301',
      'No suitable key or wrong key type',
    ],
    [
      'with another payload',
      `${head}.${Buffer.from('{"role":"service_role"}').toString('base64url')}.${signature}`,
      'PGRST301',
      'No suitable key or wrong key type',
    ],
    ['without a signature', forgedNone, 'PGRST301', 'Wrong or unsupported encoding algorithm'],
    ['signed with the public key', confused, 'PGRST301', 'No suitable key or wrong key type'],
  ])('%s is refused', async (_, token, code, message) => {
    const { status, headers, json } = await gateway.send('/rest/v1/rpc/whoami', {
      method: 'POST',
      body: '{}',
      headers: { apikey: keys.publishable, authorization: `Bearer ${token}` },
    });
    expect([status, json]).toMatchObject([401, { code, message }]);
    expect(headers.get('www-authenticate')).toBe(
      `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`,
    );
    expect(headers.get('proxy-status')).toBe(`PostgREST; error=${code}`);
  });

  it('of another project is refused', async () => {
    const other = await projectKeys(`${gateway.stateFolder}/other`);
    const token = await mintUserToken(other, { role: 'service_role' });
    expect(await whoami({ apikey: keys.publishable, authorization: `Bearer ${token}` })).toMatchObject({
      status: 401,
      json: { code: 'PGRST301' },
    });
  });

  it.each([
    ['nosuch', 401, '22023'],
    ['postgres', 403, '42501'],
    ['supabase_admin', 403, '42501'],
    ['authenticated; drop table api.teams', 401, '22023'],
  ])('with the role %s gets nowhere', async (role, status, code) => {
    const token = await mintUserToken(keys, { role });
    expect(await whoami({ apikey: keys.publishable, authorization: `Bearer ${token}` })).toMatchObject({
      status,
      json: { code },
    });
  });
});

describe('row level security', () => {
  const clientOf = async (sub: string) =>
    gateway.client(keys.publishable, await mintUserToken(keys, { sub }));

  it('shows each user their own rows, and anon nothing', async () => {
    const [asAda, asEve] = await Promise.all([clientOf(ada), clientOf(eve)]);
    expect((await asAda.from('notes').insert({ body: "Ada's" })).status).toBe(201);
    expect((await asEve.from('notes').insert({ body: "Eve's" })).status).toBe(201);
    expect((await asAda.from('notes').select('body')).data).toEqual([{ body: "Ada's" }]);
    expect((await asEve.from('notes').update({ body: 'x' }).eq('owner', ada).select()).data).toEqual([]);
    expect((await asEve.from('notes').delete().eq('owner', ada)).status).toBe(204);
    const stolen = await asEve.from('notes').insert({ body: 'x', owner: ada });
    expect(stolen).toMatchObject({
      status: 403,
      error: { code: '42501', message: 'new row violates row-level security policy for table "notes"' },
    });
    const anon = await gateway.client(keys.publishable).from('notes').select();
    expect(anon).toMatchObject({ status: 401, error: { code: '42501' } });
    expect((await gateway.client(keys.secret).from('notes').select('body')).data).toHaveLength(2);
  });

  it('is kept apart on one connection, whoever came before', async () => {
    const service = gateway.client(keys.secret);
    const anon = gateway.client(keys.publishable);
    for (let round = 0; round < 20; round += 1) {
      const [a, b] = await Promise.all([service.rpc('for_service'), anon.rpc('for_service')]);
      expect([a.status, b.status]).toEqual([200, 401]);
    }
  });
});
