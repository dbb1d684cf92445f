import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Contract, MatchedOperation } from './contract.ts';
import {
  type FaultKind,
  type FaultPlan,
  faultAnswer,
  happensAnyway,
  rateLimited,
  type Strike,
} from './faults.ts';
import { GitHubError, notAccessible, notFound } from './github-error.ts';
import type { HandledRequest, HandledResponse, Handler } from './handler.ts';
import type { Json } from './json-schema.ts';
import { cutPage } from './paging.ts';
import { type Allowance, type RateLimiter, rateLimitHeaders } from './rate-limit.ts';
import { HANDLERS } from './resources/handlers.ts';
import { ensureUser } from './state/people.ts';
import { lagFrom } from './state/staleness.ts';
import { type Identity, isAllowed, kindOf } from './tokens.ts';
import type { World } from './world.ts';

/** One call as the stand-in saw it. */
export interface RecordedCall {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** 0 when the caller never heard. */
  readonly status: number;
  readonly login: string | null;
  /** What struck it. */
  readonly fault: Strike['kind'] | null;
}

const BY_ID: ReadonlyMap<string, Handler> = new Map(Object.entries(HANDLERS));

/** What answering needs. */
export interface Desk {
  readonly world: World;
  readonly contract: Contract;
  readonly faults: FaultPlan;
  readonly limiter: RateLimiter;
  readonly record: (call: RecordedCall) => void;
  readonly object: (violations: readonly string[]) => void;
}

/** Answers one request to the API. */
export async function answer(desk: Desk, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const text = await readText(incoming);
  const request = routed(desk, incoming, text);
  const strike = request.matched === null ? null : desk.faults.next(request.matched.id);
  if (strike?.kind === 'stale_list') {
    lagFrom(desk.world.store, { until: new Date(desk.world.store.now().getTime() + strike.staleMs) });
  }
  const given = respond(desk, request, strike);
  const { method, path, query, identity, matched } = request;
  desk.record({
    operation: matched?.id ?? 'unknown',
    method,
    path,
    status: given?.status ?? 0,
    login: identity?.login ?? null,
    fault: strike?.kind ?? null,
  });
  if (given === null) {
    incoming.socket.destroy();
    return;
  }
  const { status, raw, body: responseBody } = given;
  if (raw === undefined) {
    const requestBody = request.body === 'malformed' ? undefined : request.body?.json;
    desk.object(desk.contract.check({ method, path, query, requestBody, status, responseBody }));
  }
  write(outgoing, given, incoming.headers['if-none-match']);
}

interface RoutedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly matched: MatchedOperation | null;
  readonly identity: Identity | null;
  /** Undefined when there was none. */
  readonly body: { readonly json: Json } | 'malformed' | undefined;
  readonly wantsRaw: boolean;
}

function routed({ world, contract }: Desk, incoming: IncomingMessage, text: string): RoutedRequest {
  const method = incoming.method ?? 'GET';
  const url = new URL(incoming.url ?? '/', world.baseUrl);
  const path = decodePath(url.pathname);
  const [, token = ''] = /^(?:token|bearer) (.+)$/i.exec(incoming.headers.authorization ?? '') ?? [];
  return {
    method,
    path,
    query: url.searchParams,
    matched: contract.match(method, path),
    identity: world.tokens.find(token),
    body: text === '' ? undefined : parseJson(text),
    wantsRaw: /\braw\b/.test(incoming.headers.accept ?? ''),
  };
}

function decodePath(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

function parseJson(text: string): { readonly json: Json } | 'malformed' {
  try {
    return { json: z.json().parse(JSON.parse(text)) };
  } catch {
    return 'malformed';
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json | undefined;
  readonly raw?: Buffer | undefined;
}

/** The answer; null when the caller never hears. */
function respond(desk: Desk, request: RoutedRequest, strike: Strike | null): Answer | null {
  const kind: FaultKind | null = strike === null || strike.kind === 'stale_list' ? null : strike.kind;
  const allowance = request.identity === null ? null : desk.limiter.look(request.identity.login);
  const headers = commonHeaders(desk, request);
  try {
    if (strike !== null && kind !== null && !happensAnyway(kind)) return failed(strike, kind);
    const handled = paged(carryOut(desk, request, allowance), desk, request);
    if (strike !== null && kind !== null) return failed(strike, kind);
    return { ...handled, headers: { ...headers, ...handled.headers } };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { status: error.status, headers: { ...headers, ...error.headers }, body: error.toBody() };
  }
}

function failed({ retryAfter }: Strike, kind: FaultKind): null {
  const error = faultAnswer({ kind, retryAfter });
  if (error === null) return null;
  throw error;
}

function carryOut(
  { world }: Desk,
  { matched, identity, body, query, wantsRaw }: RoutedRequest,
  allowance: Allowance | null,
): HandledResponse {
  const { store } = world;
  if (identity === null || allowance === null) throw new GitHubError(401, 'Bad credentials');
  if (allowance.remaining === 0 && !isFree(matched)) throw rateLimited(allowance.reset);
  const handler = BY_ID.get(matched?.id ?? '');
  if (matched === null || handler === undefined) throw notFound();
  const { owner, repo, ...parameters } = matched.parameters;
  if (!same(owner, store.owner) || !same(repo, store.repo) || !same(parameters.org, store.owner))
    throw notFound();
  const { role } = ensureUser(store, identity.login);
  // Who may not even see a private repository is told that there is none.
  if (owner !== undefined && store.isPrivate && kindOf(identity) === 'person' && role === null)
    throw notFound();
  if (body === 'malformed') throw new GitHubError(400, 'Problems parsing JSON');
  const request: HandledRequest = {
    ...world,
    identity,
    parameters,
    query,
    body: body?.json,
    wantsRaw,
    allowance,
  };
  if (!isAllowed(identity, handler.needs(request), role)) throw notAccessible(identity);
  return handler.handle(request);
}

/** True when the path names nothing else; GitHub compares names without case. */
function same(given: string | undefined, own: string): boolean {
  return given === undefined || given.toLowerCase() === own.toLowerCase();
}

function paged(handled: HandledResponse, { world }: Desk, { query, path }: RoutedRequest): Answer {
  const { status, page, pageName, raw, headers = {}, more = {} } = handled;
  if (page === undefined) return { status, headers, body: handled.body, raw };
  const cut = cutPage(page, { query, url: world.baseUrl + path });
  return {
    status,
    headers: { ...headers, ...(cut.link === null ? {} : { link: cut.link }) },
    body: pageName === undefined ? cut.body : { total_count: page.length, ...more, [pageName]: cut.body },
  };
}

/** Asking how much is left costs nothing. */
function isFree(matched: MatchedOperation | null): boolean {
  return matched?.id === 'rate-limit/get';
}

function commonHeaders({ limiter }: Desk, { identity, matched }: RoutedRequest): Record<string, string> {
  if (identity === null) return {};
  return {
    ...rateLimitHeaders(isFree(matched) ? limiter.look(identity.login) : limiter.use(identity.login)),
    'x-github-media-type': 'github.v3; format=json',
    ...(identity.oauthScopes === undefined ? {} : { 'x-oauth-scopes': identity.oauthScopes.join(', ') }),
  };
}

function write(outgoing: ServerResponse, given: Answer, ifNoneMatch: string | undefined): void {
  const { status, headers, body, raw } = given;
  const bytes = raw ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8'));
  const tag =
    status === 200 && bytes !== undefined ? `W/"${createHash('sha256').update(bytes).digest('hex')}"` : null;
  const tagged = tag === null ? headers : { ...headers, etag: tag };
  if (tag !== null && outgoing.req.method === 'GET' && ifNoneMatch === tag) {
    outgoing.writeHead(304, tagged).end();
    return;
  }
  const type = `application/${raw === undefined ? '' : 'vnd.github.raw+'}json; charset=utf-8`;
  outgoing.writeHead(status, { ...(bytes === undefined ? {} : { 'content-type': type }), ...tagged });
  outgoing.end(bytes);
}

/** GitHub takes requests of this many bytes; a client that sends more has lost its way. */
const LONGEST_REQUEST = 50_000_000;

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > LONGEST_REQUEST) throw new Error('a request was too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
