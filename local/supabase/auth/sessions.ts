import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from '../database/pool.ts';
import { mintUserToken, type ProjectKeys } from '../keys.ts';
import { recordSession, type UserRow } from './users.ts';

const lifetimeSeconds = 3_600;

/** A user as the API shows one. */
export function renderUser(user: UserRow): Readonly<Record<string, unknown>> {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email ?? '',
    ...(user.email_confirmed_at === null ? {} : { email_confirmed_at: user.email_confirmed_at }),
    phone: user.phone ?? '',
    ...(user.email_confirmed_at === null ? {} : { confirmed_at: user.email_confirmed_at }),
    ...(user.last_sign_in_at === null ? {} : { last_sign_in_at: user.last_sign_in_at }),
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    identities: [],
    created_at: user.created_at,
    updated_at: user.updated_at,
    is_anonymous: user.is_anonymous,
  };
}

/** Signs a user in: an access token of an hour and a refresh token, as the API answers. */
export async function startSession(
  { pool, keys }: { readonly pool: Pool; readonly keys: ProjectKeys },
  user: UserRow,
  sessionId: string = randomUUID(),
): Promise<Readonly<Record<string, unknown>>> {
  const refreshToken = randomBytes(18).toString('base64url');
  await recordSession(pool, { userId: user.id, sessionId, tokenHash: hashToken(refreshToken) });
  const accessToken = await mintUserToken(keys, {
    sub: user.id,
    role: user.role,
    aud: user.aud,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: Math.floor(Date.now() / 1_000) }],
    session_id: sessionId,
    is_anonymous: user.is_anonymous,
    expiresIn: lifetimeSeconds,
  });
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: lifetimeSeconds,
    expires_at: Math.floor(Date.now() / 1_000) + lifetimeSeconds,
    refresh_token: refreshToken,
    user: renderUser(user),
  };
}

/** What is kept of a refresh token. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
