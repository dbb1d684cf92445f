import type { Claims, TokenProblem, TokenVerifier } from '../tokens.ts';
import { AuthError } from './auth-error.ts';

/** What a token says. @throws AuthError 403 bad_jwt, with GoTrue's words */
export async function verifiedClaims(tokens: TokenVerifier, token: string): Promise<Claims> {
  const { claims, problem } = await tokens.verify(token);
  if (problem === undefined) return claims;
  throw new AuthError(
    403,
    'bad_jwt',
    `invalid JWT: unable to parse or verify signature, ${reasonFor(problem)}`,
  );
}

function reasonFor(problem: TokenProblem): string {
  switch (problem.kind) {
    case 'empty':
    case 'parts':
      return 'token is malformed: token contains an invalid number of segments';
    case 'malformed':
    case 'claims':
      return 'token is malformed: could not be decoded';
    case 'algorithm':
    case 'unknown_key':
      return 'token is unverifiable: error while executing keyfunc: unrecognized JWT kid or algorithm';
    case 'signature':
      return 'token signature is invalid: signature is invalid';
    case 'expired':
      return 'token has invalid claims: token is expired';
    case 'not_yet':
      return 'token has invalid claims: token is not valid yet';
    case 'issued_later':
      return 'token has invalid claims: token used before issued';
    case 'not_a_number':
    case 'audience_type':
    case 'audience':
      return 'token has invalid claims: token has an invalid type of claim';
  }
}
