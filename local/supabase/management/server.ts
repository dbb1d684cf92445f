/**
 * A stateful stand-in for Supabase's Management API on 127.0.0.1, held to the API's description on every request and answer.
 * It knows the operations of description.ts and nothing else.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { connect, type Sql } from '../../../actions/_shared/database/connect.ts';
import { invalidRequest, ManagementError } from './api-error.ts';
import {
  type Described,
  type MatchedOperation,
  matchOperation,
  OPERATIONS,
  type Permission,
} from './description.ts';
import { type Fault, faultAnswer, happensAnyway, takeFault } from './faults.ts';
import type { HandledRequest, HandledResponse, Handlers, ProjectApiKeys } from './handler.ts';
import { type Part, readMultipart } from './multipart.ts';
import { createRateLimit, type RateState, rateHeaders } from './rate-limit.ts';
import { apiKeys } from './resources/api-keys.ts';
import { database } from './resources/database.ts';
import { functions } from './resources/functions.ts';
import { project } from './resources/project.ts';
import { signingKeys } from './resources/signing-keys.ts';
import type { PostgrestConfig } from './shapes.ts';
import { openStore, type Store } from './store.ts';
import { readBytes, writeAnswer } from './wire.ts';

/** One call as the stand-in saw it. Tokens and values of secrets are left out. */
export interface RecordedCall {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly userAgent: string;
  readonly contentType: string;
  /** Parts of a deployment. */
  readonly parts: readonly Part[];
}

/** What a token allows; all of it when nothing is said. */
export interface TokenScope {
  readonly permissions?: readonly Permission[];
}

/** A running stand-in. */
export interface ManagementApi {
  /** Base of the API: what a profile of the supabase CLI calls `api_url`. */
  readonly url: string;
  readonly store: Store;
  /** The last calls, oldest first. */
  readonly calls: RecordedCall[];
  /** What the description objects to, in requests or in our own answers. */
  readonly violations: string[];
  /** Lets a token in. */
  readonly allow: (token: string, scope?: TokenScope) => void;
  /** Makes the next calls of an operation fail. */
  readonly fail: (fault: Fault) => void;
  readonly stop: () => Promise<void>;
}

/** What `startManagementApi` is told. */
export interface ManagementApiOptions {
  /** Where state and deployed sources are kept. */
  readonly stateFolder: string;
  /** The project that is there from the start. */
  readonly ref: string;
  readonly name?: string;
  readonly port?: number;
  readonly apiKeys?: ProjectApiKeys;
  /** Connection string of the project's database, for the operations that run SQL. */
  readonly databaseUrl?: string;
  /** Hears how the Data API is set up from now on, before the caller does. */
  readonly onPostgrestConfig?: (config: PostgrestConfig) => Promise<void>;
  /** Requests a minute. */
  readonly limit?: number;
  readonly now?: () => number;
}

const HANDLERS: Handlers = { ...functions, ...project, ...apiKeys, ...database, ...signingKeys };
const RECORDED_CALLS = 500;
/** Classic and OAuth tokens. */
const TOKEN = /^sbp_(?:oauth_)?[0-9a-f]{40}$/;

interface Api {
  readonly options: ManagementApiOptions;
  readonly store: Store;
  readonly tokens: Map<string, TokenScope>;
  readonly faults: Fault[];
  readonly calls: RecordedCall[];
  readonly violations: string[];
  readonly count: (key: string) => RateState;
  readonly now: () => number;
  readonly database: Sql | null;
}

/** Starts the stand-in. */
export async function startManagementApi(options: ManagementApiOptions): Promise<ManagementApi> {
  const now = options.now ?? Date.now;
  const store = openStore(options.stateFolder, now);
  store.addProject(options.ref, options.name ?? 'local');
  const api: Api = {
    options,
    store,
    tokens: new Map(),
    faults: [],
    calls: [],
    violations: [],
    count: createRateLimit(options.limit ?? 120, now),
    now,
    database:
      options.databaseUrl === undefined
        ? null
        : connect({ url: options.databaseUrl, applicationName: 'opsroom management', max: 2 }),
  };
  const server = createServer((incoming, outgoing) => {
    answer(api, incoming, outgoing).catch((error: unknown) => {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      api.violations.push(`the stand-in broke: ${what}`);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    calls: api.calls,
    violations: api.violations,
    allow: (token, scope = {}) => api.tokens.set(token, scope),
    fail: (fault) => api.faults.push(fault),
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await api.database?.end({ timeout: 5 });
    },
  };
}

interface Turn {
  readonly incoming: IncomingMessage;
  readonly url: URL;
  readonly matched: MatchedOperation | null;
  readonly bytes: Buffer;
  readonly parts: readonly Part[];
}

async function answer(api: Api, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const method = incoming.method ?? 'GET';
  const bytes = await readBytes(incoming);
  const contentType = incoming.headers['content-type'] ?? '';
  const matched = matchOperation(method, url.pathname);
  const parts = readMultipart(bytes, contentType) ?? [];
  const turn: Turn = { incoming, url, matched, bytes, parts };
  const rate = api.count(`${incoming.headers.authorization} ${matched?.ref}`);
  const slug = matched?.slug ?? url.searchParams.get('slug');
  const fault = matched === null ? null : takeFault(api.faults, { operation: matched.id, slug });
  if (fault?.kind === 'disconnect') {
    outgoing.destroy();
    return;
  }

  const { status, response } = await respond(api, turn, { rate, fault });
  if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
  record(api, {
    operation: matched?.id ?? 'unknown',
    method,
    path: url.pathname,
    query: url.search,
    status,
    userAgent: incoming.headers['user-agent'] ?? '',
    contentType,
    parts,
  });
  await writeAnswer(outgoing, { status, response, headers: rateHeaders(rate) });
}

function record({ calls }: Api, call: RecordedCall): void {
  calls.push(call);
  if (calls.length > RECORDED_CALLS) calls.splice(0, calls.length - RECORDED_CALLS);
}

interface Answer {
  readonly status: number;
  readonly response: HandledResponse;
}

async function respond(
  api: Api,
  turn: Turn,
  { rate, fault }: { readonly rate: RateState; readonly fault: Fault | null },
): Promise<Answer> {
  try {
    if (rate.exceeded) throw new ManagementError(429, 'ThrottlerException: Too Many Requests');
    if (fault !== null && !happensAnyway(fault.kind)) throw faultAnswer(fault.kind) ?? new Error('no answer');
    const answered = await carryOut(api, turn);
    const failure = fault === null ? null : faultAnswer(fault.kind);
    if (failure !== null) throw failure;
    return answered;
  } catch (error) {
    if (error instanceof z.ZodError) return refusal(invalidRequest(error));
    if (error instanceof ManagementError) return refusal(error);
    throw error;
  }
}

function refusal(error: ManagementError): Answer {
  return { status: error.status, response: { body: { message: error.message } } };
}

async function carryOut(api: Api, turn: Turn): Promise<Answer> {
  const { matched, url } = turn;
  const scope = scopeOf(api, turn.incoming);
  if (matched === null) {
    api.violations.push(`no such operation: ${turn.incoming.method} ${url.pathname}`);
    throw new ManagementError(404, `Cannot ${turn.incoming.method} ${url.pathname}`);
  }
  const described: Described = OPERATIONS[matched.id];
  if (scope.permissions?.includes(described.permission) === false)
    throw new ManagementError(
      403,
      'Your account does not have the necessary privileges to access this endpoint.',
    );
  const found = api.store.project(matched.ref);
  if (found === null) throw new ManagementError(404, 'Project not found');

  const handled: HandledRequest = {
    store: api.store,
    project: found,
    slug: matched.slug ?? url.searchParams.get('slug') ?? '',
    item: matched.item,
    headers: turn.incoming.headers,
    query: url.searchParams,
    body: readBody(described, turn),
    parts: turn.parts,
    accept: turn.incoming.headers.accept ?? '',
    now: api.now(),
    apiKeys: api.options.apiKeys ?? null,
    database: api.database,
  };
  described.query.parse(Object.fromEntries(url.searchParams));
  const response = await HANDLERS[matched.id](handled);
  if (matched.id === 'v1-update-postgrest-service-config')
    await api.options.onPostgrestConfig?.(found.postgrest);
  if (described.method !== 'GET') api.store.save();
  checkResponse(api, matched.id, described, response);
  return { status: described.status, response };
}

function scopeOf({ tokens }: Api, incoming: IncomingMessage): TokenScope {
  const token = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
  if (token === undefined || !TOKEN.test(token)) throw new ManagementError(401, 'JWT could not be decoded');
  const scope = tokens.get(token);
  if (scope === undefined) throw new ManagementError(401, 'Unauthorized');
  return scope;
}

function readBody(described: Described, { bytes, incoming }: Turn): unknown {
  const type = incoming.headers['content-type'] ?? '';
  switch (described.body) {
    case 'none':
      return undefined;
    case 'multipart':
      if (!type.startsWith('multipart/form-data')) throw new ManagementError(400, 'Unsupported content type');
      return undefined;
    case 'source':
      if (type.startsWith('application/vnd.denoland.eszip')) return undefined;
      return described.request.parse(parseJson(bytes));
    case 'json':
      return described.request.parse(parseJson(bytes));
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ManagementError(400, 'Unexpected token in JSON');
  }
}

function checkResponse(api: Api, id: string, described: Described, response: HandledResponse): void {
  const checked = described.response?.safeParse(response.body);
  if (checked?.success !== false) return;
  for (const issue of checked.error.issues)
    api.violations.push(`${id} response ${issue.path.join('.')} ${issue.message}`);
}
