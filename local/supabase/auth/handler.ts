/** A stand-in for Supabase Auth (GoTrue): verifying users for real, signing in with a password, and the admin calls on users. */
import * as z from 'zod';
import type { Caller } from '../api-keys.ts';
import { ConnectionFailure, DatabaseError } from '../database/database-error.ts';
import type { Service } from '../gateway.ts';
import { type Incoming, json, type Outgoing } from '../http/message.ts';
import type { Claims } from '../tokens.ts';
import { serveAdmin } from './admin.ts';
import { AuthError } from './auth-error.ts';
import type { AuthService } from './auth-service.ts';
import { parseBody } from './parse-body.ts';
import { checkPassword, hashPassword } from './password.ts';
import { hashToken, renderUser, startSession } from './sessions.ts';
import {
  changeUser,
  createUser,
  endSessions,
  sessionExists,
  takeRefreshToken,
  type UserRow,
  userByEmail,
  userById,
} from './users.ts';
import { verifiedClaims } from './verified-claims.ts';

/** The service. */
export function createAuth(service: AuthService): Service {
  return async (request, caller) => {
    try {
      return await route(service, request, caller);
    } catch (error) {
      return problemOf(error, service.log).toAnswer(request.headers['x-supabase-api-version']);
    }
  };
}

function route(service: AuthService, request: Incoming, caller: Caller): Promise<Outgoing> {
  const { method, path } = request;
  if (path === '/admin/users' || path.startsWith('/admin/users/'))
    return serveAdmin(service, request, caller);
  switch (`${method} ${path}`) {
    case 'GET /.well-known/jwks.json':
    case 'GET /jwks':
      return Promise.resolve(json(200, service.keys.jwks, { 'cache-control': 'public, max-age=600' }));
    case 'GET /health':
      return Promise.resolve(
        json(200, {
          version: 'local',
          name: 'GoTrue stand-in',
          description: 'A local stand-in for Supabase Auth',
        }),
      );
    case 'GET /user':
      return readUser(service, caller);
    case 'PUT /user':
      return updateUser(service, request, caller);
    case 'POST /token':
      return issueToken(service, request);
    case 'POST /signup':
      return signUp(service, request);
    case 'POST /logout':
      return signOut(service, request, caller);
    default:
      throw new AuthError(
        404,
        'not_found',
        `The local stand-in for auth does not know ${method} ${path.slice(0, 80)}`,
      );
  }
}

async function readUser(service: AuthService, caller: Caller): Promise<Outgoing> {
  const { user } = await signedIn(service, caller);
  return json(200, renderUser(user));
}

const OwnChange = z.object({
  email: z.email().optional(),
  password: z.string().min(6).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

async function updateUser(service: AuthService, request: Incoming, caller: Caller): Promise<Outgoing> {
  const { user } = await signedIn(service, caller);
  const change = parseBody(OwnChange, request.body);
  const changed = await changeUser(service.pool, user.id, {
    email: change.email ?? null,
    password: change.password === undefined ? null : await hashPassword(change.password),
    role: null,
    appMetadata: null,
    userMetadata: change.data ?? null,
  });
  return json(200, renderUser(changed ?? user));
}

const Credentials = z.object({ email: z.string(), password: z.string() });
const Refresh = z.object({ refresh_token: z.string() });

async function issueToken(service: AuthService, request: Incoming): Promise<Outgoing> {
  const grant = new URLSearchParams(request.search).get('grant_type');
  if (grant === 'password') {
    const { email, password } = parseBody(Credentials, request.body);
    const user = await userByEmail(service.pool, email);
    const right = await checkPassword(password, user?.encrypted_password ?? null);
    if (user === null || !right) throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
    return json(200, await startSession(service, user));
  }
  if (grant === 'refresh_token') {
    const { refresh_token } = parseBody(Refresh, request.body);
    const taken = await takeRefreshToken(service.pool, hashToken(refresh_token));
    const user = taken === null ? null : await userById(service.pool, taken.userId);
    if (taken === null || user === null) {
      throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
    }
    return json(200, await startSession(service, user, taken.sessionId));
  }
  throw new AuthError(400, 'validation_failed', 'unsupported_grant_type');
}

const SignUp = z.object({
  email: z.email(),
  password: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** Addresses are taken as confirmed: nothing sends mail here. */
async function signUp(service: AuthService, request: Incoming): Promise<Outgoing> {
  const { email, password, data } = parseBody(SignUp, request.body);
  if (password.length < 6) {
    throw new AuthError(422, 'weak_password', 'Password should be at least 6 characters.');
  }
  if ((await userByEmail(service.pool, email)) !== null) {
    throw new AuthError(422, 'user_already_exists', 'User already registered');
  }
  const user = await createUser(service.pool, {
    id: null,
    email,
    role: 'authenticated',
    password: await hashPassword(password),
    confirmed: true,
    appMetadata: { provider: 'email', providers: ['email'] },
    userMetadata: data ?? {},
  });
  return json(200, await startSession(service, user));
}

async function signOut(service: AuthService, request: Incoming, caller: Caller): Promise<Outgoing> {
  const { user, claims } = await signedIn(service, caller);
  const all = (new URLSearchParams(request.search).get('scope') ?? 'global') === 'global';
  const sessionId = typeof claims.session_id === 'string' ? claims.session_id : null;
  await endSessions(service.pool, user.id, all ? null : sessionId);
  return { status: 204, headers: {}, body: null };
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The user of a token: its signature, its times, its session and the user itself are checked. */
async function signedIn(
  { pool, tokens }: AuthService,
  caller: Caller,
): Promise<{ readonly user: UserRow; readonly claims: Claims }> {
  if (caller.kind === 'token' && (caller.token === null || caller.token === '')) {
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  const claims = caller.kind === 'key' ? {} : await verifiedClaims(tokens, caller.token ?? '');
  const { sub, session_id: sessionId } = claims;
  if (typeof sub !== 'string' || sub === '') {
    throw new AuthError(403, 'bad_jwt', 'invalid claim: missing sub claim');
  }
  if (!uuid.test(sub)) throw new AuthError(403, 'bad_jwt', 'invalid claim: sub claim must be a UUID');
  const user = await userById(pool, sub);
  if (user === null) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  if (typeof sessionId === 'string' && uuid.test(sessionId) && !(await sessionExists(pool, sessionId))) {
    throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  }
  return { user, claims };
}

function problemOf(error: unknown, log: (line: string) => void): AuthError {
  if (error instanceof AuthError) return error;
  if (error instanceof ConnectionFailure) {
    return new AuthError(503, 'unexpected_failure', 'The database cannot be reached');
  }
  if (error instanceof DatabaseError) {
    if (error.code === '23505')
      return new AuthError(422, 'email_exists', 'A user with this email address has already been registered');
    // What a caller can get wrong in a value: bad text, a number out of range, a zero byte.
    if (error.code.startsWith('22'))
      return new AuthError(400, 'validation_failed', 'A value cannot be stored');
  }
  log(`auth: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AuthError(
    500,
    'unexpected_failure',
    'Unexpected failure, please check server logs for more information',
  );
}
