import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());

const { keys, url } = gateway;
const options = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
const admin = createClient(url, keys.secret, options);
const anonymous = () => createClient(url, keys.publishable, options);

const email = 'ada@example.com';
const password = 'correct horse';
const created = await admin.auth.admin.createUser({
  email,
  password,
  email_confirm: true,
  user_metadata: { name: 'Ada' },
  app_metadata: { plan: 'pro' },
});
const ada = created.data.user?.id ?? '';

const good = await mintUserToken(keys, { sub: ada });
const tampered = good.replace(
  /\.[^.]*\./,
  `.${Buffer.from(JSON.stringify({ sub: ada })).toString('base64url')}.`,
);

describe('signing in', () => {
  it('with a password gives a token the Data API takes, and policies see who it is', async () => {
    const client = anonymous();
    const { data, error } = await client.auth.signInWithPassword({ email, password });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      id: ada,
      email,
      role: 'authenticated',
      aud: 'authenticated',
      app_metadata: { plan: 'pro', provider: 'email' },
      user_metadata: { name: 'Ada' },
    });
    const whoami = await client.schema('api').rpc('whoami');
    expect(whoami.data).toMatchObject({ user: 'authenticated', claims: { sub: ada, email } });
    const uid = gateway.database.as('authenticated');
    const [row] = await uid.begin(async (sql) => {
      await sql`select set_config('request.jwt.claims', ${JSON.stringify({ sub: ada, role: 'x', email })}, true)`;
      return sql`select auth.uid() as uid, auth.role() as role, auth.email() as email, auth.jwt() ->> 'sub' as sub`;
    });
    expect(row).toEqual({ uid: ada, role: 'x', email, sub: ada });
  });

  it('with a wrong password or as nobody is refused alike', async () => {
    for (const wrong of [
      { email, password: 'wrong' },
      { email: 'nobody@example.com', password },
    ]) {
      const { error } = await anonymous().auth.signInWithPassword(wrong);
      expect(error).toMatchObject({
        status: 400,
        code: 'invalid_credentials',
        message: 'Invalid login credentials',
      });
    }
  });

  it('is renewed by a refresh token, once', async () => {
    const client = anonymous();
    const { data } = await client.auth.signInWithPassword({ email, password });
    const refresh_token = data.session?.refresh_token ?? '';
    const renewed = await client.auth.refreshSession({ refresh_token });
    expect(renewed.data.user?.id).toBe(ada);
    const again = await anonymous().auth.refreshSession({ refresh_token });
    expect(again.error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
  });

  it('ends with signing out: the token is then nobody’s', async () => {
    const client = anonymous();
    const { data } = await client.auth.signInWithPassword({ email, password });
    const token = data.session?.access_token ?? '';
    expect((await client.auth.getUser(token)).data.user?.id).toBe(ada);
    expect((await client.auth.signOut()).error).toBeNull();
    expect((await anonymous().auth.getUser(token)).error?.name).toBe('AuthSessionMissingError');
  });

  it('signs up with a password, once an address', async () => {
    const fresh = { email: 'new@example.com', password: 'long enough' };
    expect((await anonymous().auth.signUp(fresh)).data.session?.access_token).toBeTypeOf('string');
    expect((await anonymous().auth.signUp(fresh)).error).toMatchObject({
      status: 422,
      code: 'user_already_exists',
    });
    expect((await anonymous().auth.signUp({ ...fresh, password: 'x' })).error).toMatchObject({
      code: 'weak_password',
    });
  });
});

describe('GET /user', () => {
  const ask = (token: string, version = '2024-01-01') =>
    gateway.send('/auth/v1/user', {
      headers: { authorization: `Bearer ${token}`, 'x-supabase-api-version': version },
    });

  it.each(['ES256', 'HS256'] as const)('verifies %s', async (algorithm) => {
    const answer = await ask(await mintUserToken(keys, { sub: ada }, algorithm));
    expect(answer).toMatchObject({ status: 200, json: { id: ada, email } });
  });

  it.each([
    [
      'expired',
      async () => mintUserToken(keys, { sub: ada, expiresIn: -60 }),
      403,
      'bad_jwt',
      /token is expired/,
    ],
    ['tampered with', async () => tampered, 403, 'bad_jwt', /signature is invalid/],
    ['no token', async () => 'x', 403, 'bad_jwt', /invalid number of segments/],
    ['of a service', async () => keys.serviceRoleJwt, 403, 'bad_jwt', /missing sub claim/],
    [
      'of a strange subject',
      async () => mintUserToken(keys, { sub: 'me' }),
      403,
      'bad_jwt',
      /must be a UUID/,
    ],
    [
      'of nobody',
      async () => mintUserToken(keys, { sub: randomUUID() }),
      403,
      'user_not_found',
      /does not exist/,
    ],
    [
      'of a session that is over',
      async () => mintUserToken(keys, { sub: ada, session_id: randomUUID() }),
      403,
      'session_not_found',
      /Session/,
    ],
  ])('refuses one that is %s', async (_, token, status, code, message) => {
    const { json, ...answer } = await ask(await token());
    expect(answer.status).toBe(status);
    expect(json).toEqual({ code, message: expect.stringMatching(message) });
    expect(answer.headers.get('x-sb-error-code')).toBe(code);
  });

  it('asks for a token, and answers older clients in their way', async () => {
    expect(await gateway.send('/auth/v1/user', { headers: { apikey: keys.anonJwt } })).toMatchObject({
      status: 401,
      json: { code: 401, error_code: 'no_authorization', msg: 'This endpoint requires a valid Bearer token' },
    });
  });
});

describe('the public keys', () => {
  it.each(['.well-known/jwks.json', 'jwks'])('are at %s for everybody, and verify a token', async (path) => {
    const token = await mintUserToken(keys, { sub: ada });
    const set = createRemoteJWKSet(new URL(`${url}/auth/v1/${path}`));
    expect((await jwtVerify(token, set)).payload.sub).toBe(ada);
    const text = await (await fetch(`${url}/auth/v1/${path}`)).text();
    expect(text).not.toContain('"d"');
  });

  it('let the client verify by itself, and send it to the server for the rest', async () => {
    const local = await anonymous().auth.getClaims(await mintUserToken(keys, { sub: ada }));
    expect(local.data?.claims.sub).toBe(ada);
    const legacy = await anonymous().auth.getClaims(await mintUserToken(keys, { sub: ada }, 'HS256'));
    expect(legacy.data?.claims.sub).toBe(ada);
    const forged = await anonymous().auth.getClaims(
      await mintUserToken({ ...keys, jwtSecret: 'x'.repeat(64) }, { sub: ada }, 'HS256'),
    );
    expect(forged.error).not.toBeNull();
  });
});

describe('the admin calls', () => {
  it('list, change and delete users', async () => {
    const { data } = await admin.auth.admin.createUser({ email: 'temp@example.com', password });
    const id = data.user?.id ?? '';
    const listed = await admin.auth.admin.listUsers({ page: 1, perPage: 50 });
    expect(listed.data.users.map((user) => user.email)).toContain('temp@example.com');
    await admin.auth.admin.updateUserById(id, { user_metadata: { a: 1 }, password: 'another one' });
    expect((await admin.auth.admin.getUserById(id)).data.user?.user_metadata).toEqual({ a: 1 });
    const signedIn = await anonymous().auth.signInWithPassword({
      email: 'temp@example.com',
      password: 'another one',
    });
    expect(signedIn.error).toBeNull();
    expect((await admin.auth.admin.deleteUser(id)).error).toBeNull();
    expect((await admin.auth.admin.getUserById(id)).error).toMatchObject({ status: 404 });
    expect((await admin.auth.admin.createUser({ email, password })).error).toMatchObject({
      status: 422,
      code: 'email_exists',
    });
  });

  it('are the service’s alone', async () => {
    const user = await mintUserToken(keys, { sub: ada });
    for (const [headers, status] of [
      [{ apikey: keys.publishable }, 403],
      [{ apikey: keys.publishable, authorization: `Bearer ${user}` }, 403],
      [{ apikey: keys.anonJwt }, 401],
    ] as const) {
      expect((await gateway.send('/auth/v1/admin/users', { headers })).status).toBe(status);
    }
  });

  it.each(['{', '[]', '{"email":5}', `{"email":"${'a'.repeat(5_000)}"}`, '{"email":"\\u0000@x.de"}'])(
    'refuse %s',
    async (body) => {
      const { status } = await gateway.send('/auth/v1/admin/users', { method: 'POST', body });
      expect(status >= 400 && status < 500).toBe(true);
    },
  );
});
