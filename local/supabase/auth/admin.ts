/** The admin calls on users; only the service role may. */
import * as z from 'zod';
import type { Caller } from '../api-keys.ts';
import { type Incoming, json, type Outgoing } from '../http/message.ts';
import { AuthError } from './auth-error.ts';
import type { AuthService } from './auth-service.ts';
import { parseBody } from './parse-body.ts';
import { hashPassword } from './password.ts';
import { renderUser } from './sessions.ts';
import { changeUser, createUser, deleteUser, listUsers, type UserRow, userById } from './users.ts';
import { verifiedClaims } from './verified-claims.ts';

const NewUser = z.object({
  id: z.uuid().optional(),
  email: z.email().optional(),
  password: z.string().min(6).optional(),
  role: z.string().optional(),
  email_confirm: z.boolean().optional(),
  app_metadata: z.record(z.string(), z.unknown()).optional(),
  user_metadata: z.record(z.string(), z.unknown()).optional(),
});

/** Answers /admin/users and /admin/users/{id}. @throws AuthError */
export async function serveAdmin(service: AuthService, request: Incoming, caller: Caller): Promise<Outgoing> {
  await requireServiceRole(service, caller);
  const [, id] = /^\/admin\/users\/([^/]+)$/.exec(request.path) ?? [];
  if (id === undefined) {
    if (request.path !== '/admin/users') throw notFound();
    if (request.method === 'GET') return list(service, request);
    if (request.method === 'POST') return create(service, request);
    throw new AuthError(405, 'not_found', 'Method not allowed');
  }
  if (!z.uuid().safeParse(id).success) {
    throw new AuthError(404, 'validation_failed', 'user_id must be an UUID');
  }
  switch (request.method) {
    case 'GET':
      return found(await userById(service.pool, id));
    case 'PUT':
      return change(service, request, id);
    case 'DELETE':
      if (!(await deleteUser(service.pool, id))) throw notFound();
      return json(200, {});
    default:
      throw new AuthError(405, 'not_found', 'Method not allowed');
  }
}

async function requireServiceRole({ tokens }: AuthService, caller: Caller): Promise<void> {
  if (caller.kind === 'token' && (caller.token === null || caller.token === '')) {
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  const role = caller.kind === 'key' ? caller.role : (await verifiedClaims(tokens, caller.token ?? '')).role;
  if (role !== 'service_role' && role !== 'supabase_admin') {
    throw new AuthError(403, 'not_admin', 'User not allowed');
  }
}

async function list({ pool }: AuthService, request: Incoming): Promise<Outgoing> {
  const query = new URLSearchParams(request.search);
  const page = readNumber(query.get('page'), 1);
  const size = Math.min(1_000, readNumber(query.get('per_page'), 50));
  const { users, total } = await listUsers(pool, { offset: (page - 1) * size, limit: size });
  return json(
    200,
    { users: users.map(renderUser), aud: 'authenticated' },
    { 'x-total-count': String(total) },
  );
}

function readNumber(text: string | null, fallback: number): number {
  return text !== null && /^[1-9]\d{0,6}$/.test(text) ? Number(text) : fallback;
}

async function create({ pool }: AuthService, request: Incoming): Promise<Outgoing> {
  const wanted = parseBody(NewUser, request.body);
  const user = await createUser(pool, {
    id: wanted.id ?? null,
    email: wanted.email ?? null,
    role: wanted.role ?? 'authenticated',
    password: wanted.password === undefined ? null : await hashPassword(wanted.password),
    confirmed: wanted.email_confirm ?? false,
    appMetadata: { provider: 'email', providers: ['email'], ...wanted.app_metadata },
    userMetadata: wanted.user_metadata ?? {},
  });
  return json(200, renderUser(user));
}

async function change({ pool }: AuthService, request: Incoming, id: string): Promise<Outgoing> {
  const wanted = parseBody(NewUser, request.body);
  const user = await changeUser(pool, id, {
    email: wanted.email ?? null,
    password: wanted.password === undefined ? null : await hashPassword(wanted.password),
    role: wanted.role ?? null,
    appMetadata: wanted.app_metadata ?? null,
    userMetadata: wanted.user_metadata ?? null,
  });
  return found(user);
}

function found(user: UserRow | null): Outgoing {
  if (user === null) throw notFound();
  return json(200, renderUser(user));
}

function notFound(): AuthError {
  return new AuthError(404, 'user_not_found', 'User not found');
}
