import type { IncomingMessage, ServerResponse } from 'node:http';
import { ACTIONS_LOGIN, type Permissions } from '../tokens.ts';
import type { World } from '../world.ts';
import { createBlobShelf } from './blobs.ts';
import { createOidcIssuer, ISSUER_PATH } from './oidc.ts';
import { createResultsService, RESULTS_PATH } from './results.ts';

/** What a job is given when it starts. */
export interface JobCredentials {
  /** Its GITHUB_TOKEN: exactly the permissions of the job. */
  readonly token: string;
  /**
   * The ACTIONS_* variables GitHub's runner gives to actions (not to `run:` steps): ACTIONS_RUNTIME_TOKEN and
   * ACTIONS_RESULTS_URL always, ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN with `id-token: write`.
   */
  readonly env: Readonly<Record<string, string>>;
  /** The job is over: nothing of this works any more. */
  readonly close: () => void;
}

/** The side of the stand-in that jobs talk to, beside the API: identity tokens, artifacts, downloads. */
export interface JobDesk {
  /** Issuer of identity tokens; its keys are at `<issuer>/.well-known/jwks`. */
  readonly issuer: string;
  readonly open: (jobId: number, options: { readonly permissions: Permissions }) => JobCredentials;
  /** Answers a request that is meant for this side; false for all others. */
  readonly take: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<boolean>;
}

/** The desk over a world. */
export function createJobDesk(world: World): JobDesk {
  const { tokens, runs, baseUrl } = world;
  const oidc = createOidcIssuer(world);
  const shelf = createBlobShelf(world.store, world.tickets);
  const results = createResultsService(world, shelf);
  return {
    issuer: oidc.issuer,
    open: (jobId, { permissions }) => {
      const { runId } = runs.job(jobId);
      const token = tokens.issue({ login: ACTIONS_LOGIN, kind: 'workflow', permissions, runId });
      const runtime = results.open(jobId);
      const identity = permissions['id-token'] === 'write' ? oidc.open(jobId) : null;
      return {
        token,
        env: {
          ACTIONS_RUNTIME_TOKEN: runtime,
          ACTIONS_RESULTS_URL: `${baseUrl}/`,
          ...(identity === null
            ? {}
            : {
                ACTIONS_ID_TOKEN_REQUEST_URL: identity.url,
                ACTIONS_ID_TOKEN_REQUEST_TOKEN: identity.token,
              }),
        },
        close: () => {
          tokens.revoke(token);
          results.close(runtime);
          if (identity !== null) oidc.close(identity.token);
        },
      };
    },
    take: async (incoming, outgoing) => {
      const url = new URL(incoming.url ?? '/', baseUrl);
      const { pathname } = url;
      const isOurs = [`${ISSUER_PATH}/`, RESULTS_PATH, '/_blobs/'].some((path) => pathname.startsWith(path));
      if (!isOurs) return false;
      const [, bearer = ''] = /^bearer (.+)$/i.exec(incoming.headers.authorization ?? '') ?? [];
      const body = await readBytes(incoming);
      if (pathname.startsWith(ISSUER_PATH)) await oidc.take({ url, bearer }, outgoing);
      else if (pathname.startsWith(RESULTS_PATH)) {
        results.take({ method: pathname.slice(RESULTS_PATH.length), bearer, body }, outgoing);
      } else shelf.take({ method: incoming.method ?? 'GET', url, headers: incoming.headers, body }, outgoing);
      return true;
    },
  };
}

/** More than this one upload need not carry. */
const LONGEST_UPLOAD = 200_000_000;

async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > LONGEST_UPLOAD) throw new Error('an upload was too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
