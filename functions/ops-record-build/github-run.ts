import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Way } from '../_shared/auth/caller.ts';
import { type Dependencies, Misconfigured } from '../_shared/dependencies.ts';
import { HttpProblem, unauthorized } from '../_shared/http/problem.ts';

/** GitHub's own; GitHub Enterprise Server has another, https://HOSTNAME/_services/token. */
const GITHUB = 'https://token.actions.githubusercontent.com';
const AUDIENCE = 'opsroom';

const LONGEST_TOKEN = 16_384;
/** GitHub's tokens live for minutes. One that claims to live for days is none of them. */
const LONGEST_LIFE = '20m';

/**
 * What a token says that we look at. Numbers, never names, decide whose run it is: `sub` and `repository` change with a
 * rename, and whoever takes the old name gets the same ones. `sub` is not read at all: since 2026 it holds ids in new repositories
 * and names in old ones, and a repository's owner may template it.
 */
const Claims = z.object({
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/)
    .max(200),
  repository_id: z.string().regex(/^\d{1,18}$/),
  repository_owner_id: z.string().regex(/^\d{1,18}$/),
  run_id: z.string().regex(/^\d{1,18}$/),
  run_attempt: z.string().regex(/^\d{1,9}$/),
  ref: z.string().max(1000),
  sha: z.string().max(64),
  event_name: z.string().max(100),
  workflow_ref: z.string().max(1000),
  job_workflow_ref: z.string().max(1000).optional(),
  environment: z.string().max(255).optional(),
});
export type RunClaims = z.infer<typeof Claims>;

/**
 * A run of GitHub Actions, by its OIDC token as `Authorization: Bearer`. Signature (RS256, the issuer's published keys), issuer,
 * audience and times are checked; which build it may write to is for the database to say.
 *
 * A token may be sent often in its few minutes: a run has many lines to write. Somebody who got hold of one could only do what
 * that run may do, and would also need the number of its lease.
 */
export function githubRun(): Way {
  return async (request, dependencies) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (token === undefined) return undefined;
    if (token.length > LONGEST_TOKEN) throw unauthorized();
    const claims = Claims.safeParse(await verified(token, dependencies));
    if (!claims.success) throw unauthorized();
    return { kind: 'github_run', claims: claims.data };
  };
}

async function verified(token: string, dependencies: Dependencies): Promise<JWTPayload> {
  const issuer = dependencies.env('OPS_OIDC_ISSUER') ?? GITHUB;
  try {
    const { payload } = await jwtVerify(token, keysOf(issuer, dependencies), {
      issuer,
      audience: dependencies.env('OPS_OIDC_AUDIENCE') ?? AUDIENCE,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat', 'nbf', 'jti'],
      maxTokenAge: LONGEST_LIFE,
      clockTolerance: 10,
      currentDate: new Date(dependencies.now()),
    });
    return payload;
  } catch (cause) {
    if (cause instanceof Misconfigured) throw cause;
    if (isTokensFault(cause)) throw unauthorized();
    throw new HttpProblem(
      503,
      'issuer_unavailable',
      'The keys of the issuer of this token could not be had; try again.',
      {
        headers: { 'retry-after': '5' },
        cause,
      },
    );
  }
}

function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey
  );
}

type Keys = ReturnType<typeof createRemoteJWKSet>;
const kept = new WeakMap<Dependencies, Map<string, Keys>>();

/** The issuer's keys, fetched once in ten minutes, and when a token names one that is new, every 30 seconds at most. */
function keysOf(issuer: string, dependencies: Dependencies): Keys {
  const byIssuer = kept.get(dependencies) ?? new Map<string, Keys>();
  kept.set(dependencies, byIssuer);
  const known = byIssuer.get(issuer);
  if (known !== undefined) return known;
  const keys = createRemoteJWKSet(addressOf(issuer), {
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    [customFetch]: dependencies.fetch,
  });
  byIssuer.set(issuer, keys);
  return keys;
}

/** Keys that came over an open wire prove nothing; on this machine there is no wire. */
function addressOf(issuer: string): URL {
  const address = URL.canParse(issuer) ? new URL(`${issuer.replace(/\/$/, '')}/.well-known/jwks`) : undefined;
  const isSafe =
    address?.protocol === 'https:' || /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(address?.hostname ?? '');
  if (address === undefined || !isSafe) throw new Misconfigured('OPS_OIDC_ISSUER');
  return address;
}
