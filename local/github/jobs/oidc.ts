import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { isObject, type Json, type JsonObject } from '../json-schema.ts';
import { ensureUser } from '../state/people.ts';
import type { StoredJob, StoredRun } from '../state/runs.ts';
import type { World } from '../world.ts';

/** Path of the issuer, where GitHub Enterprise Server has it. */
export const ISSUER_PATH = '/_services/token';

/** The issuer of jobs' identity tokens: keys, discovery, and the tokens themselves. */
export interface OidcIssuer {
  readonly issuer: string;
  /** Answers `.well-known/openid-configuration`, `.well-known/jwks` and requests for tokens. */
  readonly take: (
    request: { readonly url: URL; readonly bearer: string },
    outgoing: ServerResponse,
  ) => Promise<void>;
  /** Where a job asks, and the word that lets it. */
  readonly open: (jobId: number) => { readonly url: string; readonly token: string };
  readonly close: (token: string) => void;
}

// A key takes a moment to make and most stand-ins never need one.
interface Key {
  readonly kid: string;
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  readonly jwk: JsonObject;
}

const LIFETIME_S = 300;
// A clock that runs ten minutes late still takes the token, as GitHub's example shows.
const EARLIER_S = 600;

/** An issuer for the jobs of a world. */
export function createOidcIssuer(world: World): OidcIssuer {
  const issuer = `${world.baseUrl}${ISSUER_PATH}`;
  const asking = new Map<string, number>();
  let made: Promise<Key> | null = null;
  const key = (): Promise<Key> => {
    made ??= makeKey();
    return made;
  };
  const sign = async (jobId: number, audience: string | null): Promise<string> => {
    const { kid, privateKey } = await key();
    const claims = claimsOf(world, jobId);
    const now = Math.floor(world.store.now().getTime() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid })
      .setIssuer(issuer)
      .setAudience(audience ?? `${world.baseUrl}/${world.store.owner}`)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setNotBefore(now - EARLIER_S)
      .setExpirationTime(now + LIFETIME_S)
      .sign(privateKey);
  };
  return {
    issuer,
    open: (jobId) => {
      const token = randomUUID();
      asking.set(token, jobId);
      return { token, url: `${issuer}/jobs/${jobId}/idtoken?api-version=2.0` };
    },
    close: (token) => void asking.delete(token),
    take: async ({ url, bearer }, outgoing) => {
      switch (url.pathname) {
        case `${ISSUER_PATH}/.well-known/openid-configuration`:
          return send(outgoing, 200, configuration(issuer));
        case `${ISSUER_PATH}/.well-known/jwks`:
          return send(outgoing, 200, { keys: [(await key()).jwk] });
        default: {
          const jobId = Number(/\/jobs\/(\d+)\/idtoken$/.exec(url.pathname)?.[1]);
          if (asking.get(bearer) !== jobId) return send(outgoing, 401, { message: 'Unauthorized' });
          const value = await sign(jobId, url.searchParams.get('audience'));
          return send(outgoing, 200, { count: value.length, value });
        }
      }
    },
  };
}

async function makeKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const kid = randomUUID();
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

function send(outgoing: ServerResponse, status: number, body: Json): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function configuration(issuer: string): JsonObject {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}

/**
 * What a token says about its job. The subject is the immutable one of repositories made since 2026-07-15, with the ids of
 * owner and repository. https://docs.github.com/en/actions/reference/security/oidc
 */
function claimsOf(world: World, jobId: number): { [name: string]: string } {
  const { store, runs } = world;
  const job = runs.job(jobId);
  const run = runs.get(job.runId);
  const repository = `${store.owner}/${store.repo}`;
  const workflowRef = `${repository}/${run.path}@${run.ref}`;
  const ends = endsOf(run);
  return {
    sub: `repo:${store.owner}@${store.ownerId}/${store.repo}@${store.repositoryId}:${contextOf(run, job)}`,
    repository,
    repository_id: String(store.repositoryId),
    repository_owner: store.owner,
    repository_owner_id: String(store.ownerId),
    repository_visibility: store.isPrivate ? 'private' : 'public',
    actor: run.actor,
    actor_id: String(ensureUser(store, run.actor).id),
    ...(job.environment === null ? {} : { environment: job.environment }),
    event_name: run.event,
    ref: run.ref,
    ref_type: run.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: String(
      store.branchProtection.has(run.headBranch ?? '') || store.branchRules.has(run.headBranch ?? ''),
    ),
    head_ref: ends.head,
    base_ref: ends.base,
    sha: run.sha,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(job.attempt),
    check_run_id: String(job.checkRunId),
    runner_environment: 'github-hosted',
    workflow: run.name,
    workflow_ref: workflowRef,
    workflow_sha: run.sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: run.sha,
  };
}

/** The end of the subject: the environment, else that it is a pull request, else the ref. Colons inside are escaped. */
function contextOf(run: StoredRun, job: StoredJob): string {
  if (job.environment !== null) return `environment:${job.environment.replaceAll(':', '%3A')}`;
  return run.event === 'pull_request' ? 'pull_request' : `ref:${run.ref.replaceAll(':', '%3A')}`;
}

function endsOf({ payload }: StoredRun): { readonly head: string; readonly base: string } {
  const pull = isObject(payload.pull_request) ? payload.pull_request : {};
  const ref = (end: Json | undefined): string =>
    isObject(end) && typeof end.ref === 'string' ? end.ref : '';
  return { head: ref(pull.head), base: ref(pull.base) };
}
