import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { adminOpsAlerts } from '../../../functions/admin-ops-alerts/handler.ts';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { post, serviceRole, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const admin = randomUUID();
const user = randomUUID();
await sql`insert into ops.admins (user_id) values (${admin})`;
const handle = adminOpsAlerts(fixture.dependencies());

beforeEach(async () => {
  await sql`truncate ops.alerts`;
  await sql`select ops.raise_alert('disk', 'disk:1', 'warning', 'Disk fills up')`;
  await sql`select ops.raise_alert('disk', 'disk:2', 'critical', 'Disk is full')`;
  await sql`select ops.raise_alert('late', 'late:1', 'warning', 'A job is late')`;
});

const Listed = z.looseObject({
  alerts: z.array(z.object({ dedupe_key: z.string() })).default([]),
  next_before_id: z.number().nullable().default(null),
});

async function ask(body: unknown, bearer?: string) {
  const token = bearer ?? (await fixture.userToken(admin));
  const response = await handle(
    post(body, { authorization: `Bearer ${token}`, origin: 'https://admin.example' }),
  );
  return { status: response.status, headers: response.headers, body: Listed.parse(await response.json()) };
}
const alert = async (key: string) =>
  (await sql`select id, status, resolved_by, note from ops.alerts where dedupe_key = ${key}`)[0];

describe('admin-ops-alerts', () => {
  it('lists active alerts, newest first, in pages', async () => {
    const first = await ask({ action: 'list', limit: 2 });
    const second = await ask({ action: 'list', limit: 2, before_id: first.body.next_before_id });

    expect(first.body.alerts.map(keyOf)).toEqual(['late:1', 'disk:2']);
    expect(second.body.alerts.map(keyOf)).toEqual(['disk:1']);
    expect(second.body.next_before_id).toBeNull();
    expect(first.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('resolves one by its id or its key, in the name of the admin', async () => {
    const { id } = (await alert('disk:1')) ?? {};
    expect((await ask({ action: 'resolve', id: Number(id), reason: 'cleaned up' })).body).toMatchObject({
      resolved: true,
    });
    expect((await ask({ action: 'resolve', dedupe_key: 'disk:2' })).body).toMatchObject({ resolved: true });
    expect((await ask({ action: 'resolve', dedupe_key: 'disk:2' })).body).toMatchObject({ resolved: false });
    expect(await alert('disk:1')).toMatchObject({
      status: 'resolved',
      resolved_by: admin,
      note: 'cleaned up',
    });
  });

  it('resolves all, or all of a kind', async () => {
    expect((await ask({ action: 'resolve_all', kind: 'disk' })).body).toMatchObject({ resolved: 2 });
    expect((await ask({ action: 'resolve_all' })).body).toMatchObject({ resolved: 1 });
  });

  it('fires the OpenRouter check when it is declared, and says so when it is not', async () => {
    expect((await ask({ action: 'check_openrouter' })).status).toBe(404);
  });

  it.each([
    ['an unknown action', { action: 'delete' }],
    ['both ways of naming an alert', { action: 'resolve', id: 1, dedupe_key: 'a' }],
    ['neither', { action: 'resolve' }],
    ['a page too large', { action: 'list', limit: 201 }],
  ])('refuses %s', async (_what, body) => {
    expect((await ask(body)).status).toBe(400);
  });

  it.each([
    ['a signed-in user who is no admin', () => fixture.userToken(user), 403],
    ['the anon key', async () => fixture.gateway.keys.anonJwt, 401],
    ['the service_role key', async () => fixture.gateway.keys.serviceRoleJwt, 401],
    [
      'a token that has expired',
      () => mintUserToken(fixture.gateway.keys, { sub: admin, expiresIn: -10 }),
      401,
    ],
    [
      'a legacy token that has expired',
      () => mintUserToken(fixture.gateway.keys, { sub: admin, expiresIn: -10 }, 'HS256'),
      401,
    ],
    ['a forged token', async () => forge(await fixture.userToken(user), { sub: admin }), 401],
    ['a token without signature', async () => unsigned({ sub: admin, role: 'authenticated' }), 401],
    ['garbage', async () => 'a.b.c', 401],
  ])('does not let in %s', async (_who, token, status) => {
    const answer = await ask({ action: 'resolve_all' }, await token());

    expect(answer.status).toBe(status);
    expect(await alert('disk:1')).toMatchObject({ status: 'active' });
  });

  it('accepts a legacy token of an admin', async () => {
    // Its signature only the auth server can check, and that one wants to know the user.
    const { data } = await serviceRole(fixture).auth.admin.createUser({
      email: 'ada@example.com',
      password: 'long enough',
    });
    const sub = data.user?.id ?? '';
    await sql`insert into ops.admins (user_id) values (${sub})`;
    const token = await mintUserToken(fixture.gateway.keys, { sub }, 'HS256');

    expect((await ask({ action: 'list' }, token)).status).toBe(200);
  });
});

function keyOf(row: { readonly dedupe_key: string }): string {
  return row.dedupe_key;
}

/** The claims exchanged, the signature kept. */
function forge(token: string, claims: Record<string, unknown>): string {
  const [header = '', body = '', signature = ''] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims };
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
}

function unsigned(claims: Record<string, unknown>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ ...claims, exp: 9_999_999_999 })}.`;
}
