/** The Data API: a stand-in for PostgREST. It answers as PostgREST does, as far as supabase-js asks; see README.md. */
import { type Caller, withoutKey } from '../api-keys.ts';
import { ConnectionFailure, DatabaseError } from '../database/database-error.ts';
import type { Pool } from '../database/pool.ts';
import type { Incoming, Outgoing } from '../http/message.ts';
import type { TokenVerifier } from '../tokens.ts';
import type { CatalogWatch } from './catalog/watch.ts';
import { connectionProblem, databaseProblem } from './database-problem.ts';
import { jwtProblem } from './jwt-problem.ts';
import { type Identity, readRequest } from './request.ts';
import { RestError } from './rest-error.ts';
import { serveCall } from './serve-routine.ts';
import { serveMutation, serveRead } from './serve-table.ts';

/** What the Data API works with. */
export interface RestService {
  readonly pool: Pool;
  readonly watch: CatalogWatch;
  readonly tokens: TokenVerifier;
  /** Most rows of one answer. */
  readonly maxRows: number | null;
  readonly log: (line: string) => void;
}

/** Answers one request; every problem becomes an answer. */
export async function serveRest(service: RestService, incoming: Incoming, caller: Caller): Promise<Outgoing> {
  let identity: Identity = nobody;
  try {
    identity = await identify(service.tokens, caller);
    return await serve(service, { ...incoming, search: withoutKey(incoming.search) }, identity);
  } catch (error) {
    return problemOf(error, identity, service.log).toAnswer();
  }
}

const nobody: Identity = { role: 'anon', claims: {}, authenticated: false };

/** Who calls, as the database will see it. @throws RestError PGRST301, PGRST303 */
export async function identify(tokens: TokenVerifier, caller: Caller): Promise<Identity> {
  if (caller.kind === 'key') {
    const { role } = caller;
    return { role, claims: { iss: 'supabase', ref: 'local', role }, authenticated: role !== nobody.role };
  }
  if (caller.token === null) return nobody;
  const { claims, problem } = await tokens.verify(caller.token);
  if (problem !== undefined) throw jwtProblem(problem);
  const claimed = claims.role ?? nobody.role;
  const role = typeof claimed === 'string' ? claimed : JSON.stringify(claimed);
  return { role, claims, authenticated: role !== nobody.role };
}

function serve(service: RestService, incoming: Incoming, identity: Identity): Promise<Outgoing> {
  const request = readRequest(incoming, identity, service.watch.schemas());
  const catalog = service.watch.current();
  if (catalog === null) {
    throw new RestError(503, 'PGRST002', 'Could not query the database for the schema cache. Retrying.');
  }
  const context = { pool: service.pool, catalog, maxRows: service.maxRows };
  if (request.target.kind === 'routine') return serveCall(context, request);
  const reads = incoming.method === 'GET' || incoming.method === 'HEAD';
  return reads ? serveRead(context, request) : serveMutation(context, request);
}

function problemOf(error: unknown, identity: Identity, log: (line: string) => void): RestError {
  if (error instanceof RestError) return error;
  if (error instanceof DatabaseError) return databaseProblem(error, identity.authenticated);
  if (error instanceof ConnectionFailure) return connectionProblem(error);
  log(`rest: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new RestError(500, 'PGRSTX00', 'The stand-in for PostgREST failed');
}
