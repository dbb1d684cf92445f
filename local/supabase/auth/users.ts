/** Users and their refresh tokens in the database: one exported function a statement. */
import * as z from 'zod';
import type { Statement } from '../database/connection.ts';
import type { Pool } from '../database/pool.ts';

const UserRow = z.object({
  id: z.string(),
  aud: z.string(),
  role: z.string(),
  email: z.string().nullable(),
  encrypted_password: z.string().nullable(),
  email_confirmed_at: z.string().nullable(),
  phone: z.string().nullable(),
  last_sign_in_at: z.string().nullable(),
  raw_app_meta_data: z.record(z.string(), z.unknown()),
  raw_user_meta_data: z.record(z.string(), z.unknown()),
  is_anonymous: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
});
/** A row of auth.users. */
export type UserRow = z.infer<typeof UserRow>;

/** What a new user is made of. */
export interface NewUser {
  readonly id: string | null;
  readonly email: string | null;
  readonly role: string;
  /** As `hashPassword` made it. */
  readonly password: string | null;
  readonly confirmed: boolean;
  readonly appMetadata: Readonly<Record<string, unknown>>;
  readonly userMetadata: Readonly<Record<string, unknown>>;
}

/** What a change may touch; null leaves a thing as it is. */
export interface UserChange {
  readonly email: string | null;
  readonly password: string | null;
  readonly role: string | null;
  readonly appMetadata: Readonly<Record<string, unknown>> | null;
  readonly userMetadata: Readonly<Record<string, unknown>> | null;
}

/** @throws DatabaseError 23505 when the address or the id is taken */
export async function createUser(pool: Pool, user: NewUser): Promise<UserRow> {
  const text = `
    insert into auth.users as u
      (id, email, role, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
    values (coalesce($1::uuid, gen_random_uuid()), lower($2), $3, $4, case when $5::boolean then now() end,
      $6::jsonb, $7::jsonb)
    returning row_to_json(u)`;
  const values = [
    user.id,
    user.email,
    user.role,
    user.password,
    String(user.confirmed),
    JSON.stringify(user.appMetadata),
    JSON.stringify(user.userMetadata),
  ];
  const [created] = await rowsOf(pool, { text, values });
  if (created === undefined) throw new Error('an insert returned no user');
  return created;
}

export async function userById(pool: Pool, id: string): Promise<UserRow | null> {
  const text = 'select row_to_json(u) from auth.users u where u.id = $1::uuid';
  return (await rowsOf(pool, { text, values: [id] }))[0] ?? null;
}

export async function userByEmail(pool: Pool, email: string): Promise<UserRow | null> {
  const text = 'select row_to_json(u) from auth.users u where u.email = lower($1)';
  return (await rowsOf(pool, { text, values: [email] }))[0] ?? null;
}

/** A page of users, newest last, and how many there are. */
export async function listUsers(
  pool: Pool,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ readonly users: readonly UserRow[]; readonly total: number }> {
  const [count, rows] = await pool.run([
    { text: 'select count(*) from auth.users', values: [] },
    {
      text: 'select row_to_json(u) from auth.users u order by u.created_at, u.id limit $1::bigint offset $2::bigint',
      values: [String(page.limit), String(page.offset)],
    },
  ]);
  return { users: (rows ?? []).map(parseRow), total: Number(count?.[0]?.[0] ?? 0) };
}

/** Null when there is no such user. */
export async function changeUser(pool: Pool, id: string, change: UserChange): Promise<UserRow | null> {
  const text = `
    update auth.users u set
      email = coalesce(lower($2), u.email), encrypted_password = coalesce($3, u.encrypted_password),
      role = coalesce($4, u.role), raw_app_meta_data = u.raw_app_meta_data || coalesce($5::jsonb, '{}'),
      raw_user_meta_data = u.raw_user_meta_data || coalesce($6::jsonb, '{}'), updated_at = now()
    where u.id = $1::uuid
    returning row_to_json(u)`;
  const values = [
    id,
    change.email,
    change.password,
    change.role,
    change.appMetadata === null ? null : JSON.stringify(change.appMetadata),
    change.userMetadata === null ? null : JSON.stringify(change.userMetadata),
  ];
  return (await rowsOf(pool, { text, values }))[0] ?? null;
}

/** True when there was such a user. */
export async function deleteUser(pool: Pool, id: string): Promise<boolean> {
  const [rows] = await pool.run([
    { text: 'delete from auth.users u where u.id = $1::uuid returning u.id', values: [id] },
  ]);
  return rows !== undefined && rows.length > 0;
}

/** Records a sign-in: the hash of its refresh token (hex), and the time. */
export async function recordSession(
  pool: Pool,
  session: { readonly userId: string; readonly sessionId: string; readonly tokenHash: string },
): Promise<void> {
  await pool.run([
    {
      text: `insert into auth.refresh_tokens (token_hash, user_id, session_id) values (decode($1, 'hex'), $2::uuid, $3::uuid)`,
      values: [session.tokenHash, session.userId, session.sessionId],
    },
    { text: 'update auth.users set last_sign_in_at = now() where id = $1::uuid', values: [session.userId] },
  ]);
}

/** Uses a refresh token up: whose it was, or null when it is unknown or used. */
export async function takeRefreshToken(
  pool: Pool,
  tokenHash: string,
): Promise<{ readonly userId: string; readonly sessionId: string } | null> {
  const [rows] = await pool.run([
    {
      text: `
        update auth.refresh_tokens t set revoked = true
        where t.token_hash = decode($1, 'hex') and not t.revoked
        returning t.user_id, t.session_id`,
      values: [tokenHash],
    },
  ]);
  const [userId, sessionId] = rows?.[0] ?? [];
  return typeof userId === 'string' && typeof sessionId === 'string' ? { userId, sessionId } : null;
}

/** Ends a session, or all of a user's when `sessionId` is null. */
export async function endSessions(pool: Pool, userId: string, sessionId: string | null): Promise<void> {
  await pool.run([
    {
      text: `delete from auth.refresh_tokens t where t.user_id = $1::uuid and t.session_id = coalesce($2::uuid, t.session_id)`,
      values: [userId, sessionId],
    },
  ]);
}

/** True while a refresh token of the session is left. */
export async function sessionExists(pool: Pool, sessionId: string): Promise<boolean> {
  const [rows] = await pool.run([
    { text: 'select from auth.refresh_tokens t where t.session_id = $1::uuid limit 1', values: [sessionId] },
  ]);
  return rows !== undefined && rows.length > 0;
}

async function rowsOf(pool: Pool, statement: Statement): Promise<UserRow[]> {
  const [rows = []] = await pool.run([statement]);
  return rows.map(parseRow);
}

function parseRow(row: readonly (string | null)[]): UserRow {
  return UserRow.parse(JSON.parse(row[0] ?? 'null'));
}
