import * as z from 'zod';
import { anonymousClient } from '../database/clients.ts';
import type { Dependencies } from '../dependencies.ts';
import { unauthorized } from '../http/problem.ts';

const Claims = z.object({ sub: z.uuid(), role: z.literal('authenticated'), exp: z.number() });

/**
 * The user behind a JWT: ES256 and RS256 by the project's JWKS, legacy HS256 by asking the auth server, both as
 * supabase-js does (`auth.getClaims`). API keys, which are JWTs of the roles anon and service_role in old projects, are
 * not users.
 *
 * @returns the user's id
 * @throws HttpProblem 401 for anything else: forged, expired, of another project, not a JWT
 */
export async function verifyUser(jwt: string, dependencies: Dependencies): Promise<string> {
  if (jwt.split('.').length !== 3) throw unauthorized();
  const answer = await anonymousClient(dependencies)
    .auth.getClaims(jwt)
    .catch(() => ({ data: null }));
  const claims = Claims.safeParse(answer.data?.claims);
  if (!claims.success || claims.data.exp * 1000 <= dependencies.now()) throw unauthorized();
  return claims.data.sub;
}
