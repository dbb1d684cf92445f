import * as z from 'zod';
import { serviceClient } from '../database/clients.ts';
import { callRpc } from '../database/rpc.ts';
import { Misconfigured } from '../dependencies.ts';
import { unauthorized } from '../http/problem.ts';
import type { Caller, Way } from './caller.ts';
import { sameSecret } from './same-secret.ts';
import { verifyUser } from './verify-user.ts';

/** Longer than any credential of ours; nothing above is worth hashing. */
const longestCredential = 8192;

/**
 * A static token in a header of its own, compared with a secret of the function. Without the secret nobody gets in.
 *
 * @param options.header lower-case name, such as `x-job-token`
 * @param options.secret name of the Edge Function secret
 */
export function jobToken(options: { readonly header: string; readonly secret: string }): Way {
  return async (request, { env }) => {
    const given = request.headers.get(options.header);
    if (given === null) return undefined;
    const expected = env(options.secret);
    if (expected === undefined) throw unauthorized();
    await mustBeSame(given, expected);
    return { kind: 'job_token' };
  };
}

/** The same token as `Authorization: Bearer`, for callers that can't set other headers. */
export function bearerToken(options: { readonly secret: string }): Way {
  return async (request, { env }) => {
    const given = bearerOf(request);
    if (given === undefined) return undefined;
    const expected = env(options.secret);
    if (expected === undefined) throw unauthorized();
    await mustBeSame(given, expected);
    return { kind: 'job_token' };
  };
}

const Redeemed = z.object({
  ok: z.boolean(),
  run_id: z.number().nullable(),
  attempt: z.number().nullable(),
  job: z.string().nullable(),
  scheduled_for: z.string().nullable(),
});

/**
 * The one-time token of a run, redeemed in the database: it opens the function its job was declared to call, once.
 *
 * @param options.function slug of this function
 */
export function runToken(options: { readonly function: string }): Way {
  return async (request, dependencies) => {
    const token = request.headers.get('x-ops-run-token');
    if (token === null) return undefined;
    const job = request.headers.get('x-ops-job');
    if (job === null || !/^ort_[0-9a-f]{64}$/.test(token) || job.length > 200) throw unauthorized();
    const redeemed = await callRpc(serviceClient(dependencies), 'redeem_function_token', Redeemed, {
      p_token: token,
      p_job: job,
      p_function: options.function,
    });
    if (!redeemed.ok || redeemed.run_id === null) throw unauthorized();
    return {
      kind: 'run',
      runId: redeemed.run_id,
      attempt: redeemed.attempt ?? 1,
      job: redeemed.job ?? job,
      scheduledFor: redeemed.scheduled_for ?? '',
      token,
    };
  };
}

/** One of the project's secret keys (`sb_secret_...`, or the legacy service_role key) in the header `apikey`. */
export function secretKey(): Way {
  return async (request, { env }) => {
    const given = request.headers.get('apikey');
    if (given === null) return undefined;
    const keys = [...namedKeys(env('SUPABASE_SECRET_KEYS')), env('SUPABASE_SERVICE_ROLE_KEY')];
    for (const key of keys) {
      if (key !== undefined && given.length <= longestCredential && (await sameSecret(given, key)))
        return { kind: 'secret_key' };
    }
    // A publishable key gets a request past the gateway and opens nothing here: as if it were not there.
    return undefined;
  };
}

/** A signed-in user's JWT as `Authorization: Bearer`. */
export function userJwt(): Way {
  return async (request, dependencies) => {
    const jwt = bearerOf(request);
    if (jwt === undefined) return undefined;
    if (jwt.length > longestCredential) throw unauthorized();
    return { kind: 'user', userId: await verifyUser(jwt, dependencies), jwt };
  };
}

/**
 * Let a request in when it carries at least one credential of the accepted kinds and none of them is wrong. A run
 * token is spent last, when everything else was right.
 *
 * @throws HttpProblem 401
 */
export async function admit(
  request: Request,
  ways: readonly Way[],
  dependencies: Parameters<Way>[1],
): Promise<Caller> {
  let caller: Caller | undefined;
  for (const way of ways) caller = (await way(request, dependencies)) ?? caller;
  if (caller === undefined) throw unauthorized();
  return caller;
}

async function mustBeSame(given: string, expected: string): Promise<void> {
  if (given.length > longestCredential || !(await sameSecret(given, expected))) throw unauthorized();
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

function namedKeys(json: string | undefined): string[] {
  if (json === undefined) return [];
  try {
    return z
      .array(z.string().min(1))
      .parse(Object.values(z.record(z.string(), z.unknown()).parse(JSON.parse(json))));
  } catch {
    throw new Misconfigured('SUPABASE_SECRET_KEYS');
  }
}
