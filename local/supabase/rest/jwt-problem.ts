import type { TokenProblem } from '../tokens.ts';
import { RestError } from './rest-error.ts';

/** The 401 of a token PostgREST does not accept, with its words. */
export function jwtProblem(problem: TokenProblem): RestError {
  const [code, message, details = null] = wordsFor(problem);
  return new RestError(401, code, message, {
    details,
    headers: {
      'www-authenticate': `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`,
    },
  });
}

function wordsFor(problem: TokenProblem): readonly [string, string, string?] {
  switch (problem.kind) {
    case 'empty':
      return ['PGRST301', 'Empty JWT is sent in Authorization header'];
    case 'parts':
      return ['PGRST301', `Expected 3 parts in JWT; got ${problem.count}`];
    case 'malformed':
      return ['PGRST301', 'JWT cryptographic operation failed'];
    case 'algorithm':
      return ['PGRST301', 'Wrong or unsupported encoding algorithm'];
    case 'unknown_key':
      return ['PGRST301', 'No suitable key or wrong key type', 'No suitable key was found to decode the JWT'];
    case 'signature':
      return ['PGRST301', 'No suitable key or wrong key type', 'None of the keys was able to decode the JWT'];
    case 'claims':
      return ['PGRST303', 'Parsing claims failed'];
    case 'expired':
      return ['PGRST303', 'JWT expired'];
    case 'not_yet':
      return ['PGRST303', 'JWT not yet valid'];
    case 'issued_later':
      return ['PGRST303', 'JWT issued at future'];
    case 'not_a_number':
      return ['PGRST303', `The JWT '${problem.claim}' claim must be a number`];
    case 'audience_type':
      return ['PGRST303', "The JWT 'aud' claim must be a string or an array of strings"];
    case 'audience':
      return ['PGRST303', 'JWT not in audience'];
  }
}
