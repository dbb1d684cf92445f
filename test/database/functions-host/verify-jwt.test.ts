import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintUserToken, projectKeys } from '../../../local/supabase/keys.ts';
import { deno, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await startTestHost({ settings: () => ({ verifyJwt: true }) });
});

afterAll(() => host?.stop());

function call(headers: Record<string, string>, method = 'POST') {
  return host.call('/moody', { method, headers });
}

describe.skipIf(deno === null)('a function with verify_jwt', () => {
  it.each(['ES256', 'HS256'] as const)(
    'is reached with a token of a user signed with %s',
    async (algorithm) => {
      const token = await mintUserToken(host.keys, {}, algorithm);

      expect((await call({ authorization: `Bearer ${token}` })).text).toBe('fine');
      expect((await call({ authorization: `Bearer ${token}` })).text).toBe('fine');
    },
  );

  it('is reached with the legacy keys, and with an API key the project knows', async () => {
    const { anonJwt, serviceRoleJwt, publishable, secret } = host.keys;

    for (const token of [anonJwt, serviceRoleJwt]) {
      expect((await call({ authorization: `Bearer ${token}` })).status).toBe(200);
    }
    for (const key of [publishable, secret]) {
      expect((await call({ apikey: key })).status).toBe(200);
      expect((await call({ apikey: key, authorization: `Bearer ${key}` })).status).toBe(200);
    }
  });

  it('answers OPTIONS to everybody', async () => {
    expect((await call({}, 'OPTIONS')).status).toBe(200);
  });

  it('refuses everybody else, in the words of the platform', async () => {
    const { keys } = host;
    const elsewhere = mkdtempSync(join(tmpdir(), 'opsroom-stranger-'));
    const stranger = await projectKeys(elsewhere);
    rmSync(elsewhere, { recursive: true });
    const now = Math.floor(Date.now() / 1_000);
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"role":"service_role"}')}.`.replaceAll('=', '');
    const odd = await new SignJWT({ exp: now + 60 })
      .setProtectedHeader({ alg: 'HS512' })
      .sign(new TextEncoder().encode(keys.jwtSecret.padEnd(64, 'x')));
    const cases: readonly (readonly [Record<string, string>, string, string])[] = [
      [{}, 'UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header'],
      [{ authorization: 'Basic abc' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [{ authorization: 'Bearer' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [{ authorization: 'Bearer a b' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [{ authorization: 'Bearer nonsense' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [{ apikey: 'sb_secret_madeup' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [{ authorization: 'Bearer sb_secret_madeup' }, 'UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format'],
      [
        { authorization: `Bearer ${await mintUserToken(keys, { expiresIn: -60 })}` },
        'UNAUTHORIZED_ASYMMETRIC_JWT',
        'Invalid JWT',
      ],
      [
        { authorization: `Bearer ${await mintUserToken(keys, { expiresIn: -60 }, 'HS256')}` },
        'UNAUTHORIZED_JWT',
        'Invalid JWT',
      ],
      [
        { authorization: `Bearer ${await mintUserToken(stranger)}` },
        'UNAUTHORIZED_ASYMMETRIC_JWT',
        'Invalid JWT',
      ],
      [
        { authorization: `Bearer ${await mintUserToken(stranger, {}, 'HS256')}` },
        'UNAUTHORIZED_JWT',
        'Invalid JWT',
      ],
      [
        { authorization: `Bearer ${unsigned}` },
        'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
        'Unsupported JWT algorithm none',
      ],
      [
        { authorization: `Bearer ${odd}` },
        'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
        'Unsupported JWT algorithm HS512',
      ],
    ];
    for (const [headers, code, message] of cases) {
      const answer = await call(headers);
      expect([answer.status, answer.json()]).toEqual([401, { code, message, msg: message }]);
      expect(answer.headers.get('sb-error-code')).toBe(code);
    }
    expect(host.host.logs.read().filter(({ kind }) => kind === 'line')).toEqual([]);
  });

  it('is not even started by those it refuses', async () => {
    const fresh = await startTestHost({ settings: () => ({}) });
    expect((await fresh.call('/hello')).status).toBe(401);

    expect(fresh.host.running()).toEqual([]);
    await fresh.stop();
  });
});
