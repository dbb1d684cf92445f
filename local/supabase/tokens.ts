/**
 * Verifying JWTs the way the hosted services do: signature by the project's keys (HS256 with the legacy secret, ES256 by
 * key id), then the times. What was verified once is remembered, for a client sends the same token with every call.
 */
import { compactVerify, decodeProtectedHeader, errors, importJWK } from 'jose';
import * as z from 'zod';
import type { ProjectKeys } from './keys.ts';

/** What a token says. */
export type Claims = Readonly<Record<string, unknown>>;

/** Why a token is not accepted. */
export type TokenProblem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'parts'; readonly count: number }
  /** Not a JWT although it has three parts. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'algorithm' }
  /** No key of ours goes with its header. */
  | { readonly kind: 'unknown_key' }
  | { readonly kind: 'signature' }
  | { readonly kind: 'claims' }
  | { readonly kind: 'expired' | 'not_yet' | 'issued_later' }
  | { readonly kind: 'not_a_number'; readonly claim: 'exp' | 'nbf' | 'iat' }
  | { readonly kind: 'audience_type' | 'audience' };

/** Claims or a problem. */
export type Verified =
  | { readonly claims: Claims; readonly problem?: undefined }
  | { readonly problem: TokenProblem; readonly claims?: undefined };

/** Verifies tokens of one project. */
export interface TokenVerifier {
  readonly verify: (token: string) => Promise<Verified>;
}

const remembered = 1_000;
/** PostgREST allows clocks to differ by this many seconds. */
const skewSeconds = 30;

/** A verifier. `audience`, when given, must be among the token's audiences (hosted sets none). */
export function createTokenVerifier(
  keys: ProjectKeys,
  options: { readonly audience?: string; readonly now?: () => Date } = {},
): TokenVerifier {
  const known = new Map<string, Claims>();
  const { d: _, ...publicPart } = keys.signingKey;
  const publicKey = importJWK(publicPart, 'ES256');
  const secret = new TextEncoder().encode(keys.jwtSecret);

  const readSigned = async (token: string): Promise<Verified> => {
    if (token === '') return { problem: { kind: 'empty' } };
    const count = token.split('.').length;
    if (count !== 3) return { problem: { kind: 'parts', count } };
    const header = readHeader(token);
    if (header === null) return { problem: { kind: 'malformed' } };
    if (header.alg !== 'HS256' && header.alg !== 'ES256') return { problem: { kind: 'algorithm' } };
    if (header.alg === 'ES256' && header.kid !== undefined && header.kid !== keys.signingKey.kid) {
      return { problem: { kind: 'unknown_key' } };
    }
    try {
      const key = header.alg === 'ES256' ? await publicKey : secret;
      const { payload } = await compactVerify(token, key, { algorithms: [header.alg] });
      const claims = Claims.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
      return claims.success ? { claims: claims.data } : { problem: { kind: 'claims' } };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return { problem: { kind: 'signature' } };
      if (error instanceof errors.JOSEError) return { problem: { kind: 'malformed' } };
      return { problem: { kind: 'claims' } };
    }
  };

  return {
    verify: async (token) => {
      let claims = known.get(token);
      if (claims === undefined) {
        const signed = await readSigned(token);
        if (signed.problem !== undefined) return signed;
        claims = signed.claims;
        if (known.size >= remembered) known.delete(known.keys().next().value ?? '');
        known.set(token, claims);
      }
      const problem = checkClaims(claims, options.now?.() ?? new Date(), options.audience);
      return problem === null ? { claims } : { problem };
    },
  };
}

const Claims = z.record(z.string(), z.unknown());

function readHeader(token: string): { readonly alg?: string; readonly kid?: string } | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { ...(alg === undefined ? {} : { alg }), ...(kid === undefined ? {} : { kid }) };
  } catch {
    return null;
  }
}

function checkClaims(claims: Claims, now: Date, audience: string | undefined): TokenProblem | null {
  const seconds = Math.floor(now.getTime() / 1_000);
  for (const claim of ['exp', 'nbf', 'iat'] as const) {
    const value = claims[claim];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') return { kind: 'not_a_number', claim };
    if (claim === 'exp' && seconds - skewSeconds > value) return { kind: 'expired' };
    if (claim === 'nbf' && seconds + skewSeconds < value) return { kind: 'not_yet' };
    if (claim === 'iat' && seconds + skewSeconds < value) return { kind: 'issued_later' };
  }
  return checkAudience(claims.aud, audience);
}

function checkAudience(aud: unknown, audience: string | undefined): TokenProblem | null {
  if (aud === undefined || aud === null) return null;
  const list: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!list.every((each) => typeof each === 'string')) return { kind: 'audience_type' };
  if (audience === undefined || list.length === 0 || list.includes(audience)) return null;
  return { kind: 'audience' };
}
