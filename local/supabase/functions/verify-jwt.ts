/**
 * The gateway's check of functions declared with `verify_jwt`: is there a token, and did the project sign it. What the
 * token allows is the function's business. Rules as in the gateway of the supabase CLI 3.1.0.
 */
import { createLocalJWKSet, decodeProtectedHeader, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { ProjectKeys } from '../keys.ts';
import { unauthorized } from './answers.ts';
import type { FunctionAnswer, FunctionCall } from './call.ts';

/** Null when the call may pass, else the refusal. */
export type VerifyJwt = (call: FunctionCall) => Promise<FunctionAnswer | null>;

/** Tokens seen before are not verified again: a client sends the same one with every call. */
const REMEMBERED = 1_000;

/** A check against the keys of one project. */
export function createVerifyJwt(keys: ProjectKeys, now: () => number = Date.now): VerifyJwt {
  const legacySecret = new TextEncoder().encode(keys.jwtSecret);
  const keySet = createLocalJWKSet(keys.jwks);
  /** Good tokens, and the second in which each expires. */
  const known = new Map<string, number>();

  const check = async (token: string): Promise<FunctionAnswer | null> => {
    if ((known.get(token) ?? 0) * 1_000 > now()) return null;
    const algorithm = algorithmOf(token);
    if (algorithm === null) return unauthorized('UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format');
    const options: JWTVerifyOptions = { currentDate: new Date(now()), algorithms: [algorithm] };
    try {
      switch (algorithm) {
        case 'HS256':
          remember(known, token, (await jwtVerify(token, legacySecret, options)).payload.exp);
          return null;
        case 'ES256':
        case 'RS256':
          remember(known, token, (await jwtVerify(token, keySet, options)).payload.exp);
          return null;
        default:
          return unauthorized(
            'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
            `Unsupported JWT algorithm ${algorithm}`,
          );
      }
    } catch {
      return unauthorized(algorithm === 'HS256' ? 'UNAUTHORIZED_JWT' : 'UNAUTHORIZED_ASYMMETRIC_JWT');
    }
  };

  return async (call) => {
    const header = headerOf(call, 'authorization');
    const bearer = /^Bearer ([^ ]+)$/.exec(header ?? '')?.[1];
    if (bearer !== undefined && !bearer.startsWith('sb_')) return check(bearer);
    // API keys are no tokens: the gateway in front turns those it knows into one.
    const key = headerOf(call, 'apikey') ?? bearer;
    if (header === undefined && key === undefined)
      return unauthorized('UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header');
    if (key === keys.publishable || key === keys.secret) return null;
    if (header === undefined && key !== undefined && !key.startsWith('sb_')) {
      return unauthorized('UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header');
    }
    return unauthorized('UNAUTHORIZED_INVALID_JWT_FORMAT', 'Invalid JWT format');
  };
}

function algorithmOf(token: string): string | null {
  try {
    return decodeProtectedHeader(token).alg ?? null;
  } catch {
    return null;
  }
}

function remember(known: Map<string, number>, token: string, expires: number | undefined): void {
  if (expires === undefined) return;
  if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '');
  known.set(token, expires);
}

function headerOf(call: FunctionCall, name: string): string | undefined {
  const value = call.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
