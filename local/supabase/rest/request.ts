import type { Incoming } from '../http/message.ts';
import { chooseMedia, type Media } from './media.ts';
import { type Preferences, readPreferences } from './preferences.ts';
import { RestError } from './rest-error.ts';

/** Who calls, after the token was verified. */
export interface Identity {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** False for anon: then a missing right is a 401, for another role a 403. */
  readonly authenticated: boolean;
}

/** What a request is aimed at. */
export type Target =
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'routine'; readonly name: string };

/** A request, read as far as it does not need the catalog. */
export interface RestRequest {
  readonly incoming: Incoming;
  readonly identity: Identity;
  readonly target: Target;
  readonly schema: string;
  /** The schema was named in a header and is named back. */
  readonly profile: boolean;
  readonly media: Media;
  readonly preferences: Preferences;
}

/** Reads a request. @throws RestError PGRST106, PGRST107, PGRST117, PGRST122, PGRST125, PGRST126 */
export function readRequest(incoming: Incoming, identity: Identity, schemas: readonly string[]): RestRequest {
  const target = readTarget(incoming.path);
  const { schema, profile } = chooseSchema(incoming, schemas);
  const allowed = target.kind === 'table' ? tableMethods : routineMethods;
  if (!allowed.includes(incoming.method)) throw refusedMethod(target, incoming.method);
  return {
    incoming,
    identity,
    target,
    schema,
    profile,
    media: chooseMedia(incoming.headers.accept),
    preferences: readPreferences(incoming.headers.prefer),
  };
}

const tableMethods = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'];
const routineMethods = ['GET', 'HEAD', 'POST'];

function readTarget(path: string): Target {
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  const [first, second] = parts.map(decode);
  if (parts.length === 0) {
    throw new RestError(404, 'PGRST126', 'Root endpoint metadata is disabled');
  }
  if (parts.length === 1 && first !== undefined && first !== 'rpc') return { kind: 'table', name: first };
  if (parts.length === 2 && first === 'rpc' && second !== undefined) return { kind: 'routine', name: second };
  throw invalidPath();
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidPath();
  }
}

function invalidPath(): RestError {
  return new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
}

function refusedMethod(target: Target, method: string): RestError {
  const known = tableMethods.includes(method) || method === 'PUT';
  return target.kind === 'routine' && known
    ? new RestError(405, 'PGRST101', `Cannot use the ${method} method on RPC`)
    : new RestError(405, 'PGRST117', `Unsupported HTTP method: ${method}`);
}

function chooseSchema(
  { method, headers }: Incoming,
  schemas: readonly string[],
): { readonly schema: string; readonly profile: boolean } {
  const reads = method === 'GET' || method === 'HEAD';
  const asked = headers[reads ? 'accept-profile' : 'content-profile'];
  if (asked === undefined) return { schema: schemas[0] ?? 'public', profile: false };
  if (schemas.includes(asked)) return { schema: asked, profile: true };
  throw new RestError(406, 'PGRST106', `Invalid schema: ${asked}`, {
    hint: `Only the following schemas are exposed: ${schemas.join(', ')}`,
  });
}
