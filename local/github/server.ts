/**
 * A small, stateful stand-in for GitHub's API on 127.0.0.1, held to GitHub's own OpenAPI description on every request and
 * response. It knows the operations of operations.ts and nothing else.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { type Contract, loadContract, type MatchedOperation } from './contract.ts';
import { type Fault, faultAnswer, happensAnyway, takeFault } from './faults.ts';
import { GitHubError, notAccessible, notFound } from './github-error.ts';
import type { HandledResponse, Handlers } from './handler.ts';
import type { Json } from './json-schema.ts';
import { cutPage } from './paging.ts';
import { issueComments } from './resources/issue-comments.ts';
import { issues } from './resources/issues.ts';
import { labels } from './resources/labels.ts';
import { pulls } from './resources/pulls.ts';
import { repository as branches } from './resources/repository.ts';
import { createStore, type Store } from './store.ts';
import { type Identity, isAllowed } from './tokens.ts';

/** One call as the stand-in saw it. */
export interface RecordedCall {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly login: string | null;
}

/** A running stand-in. */
export interface GitHubStandIn {
  /** What GITHUB_API_URL is set to. */
  readonly apiUrl: string;
  readonly store: Store;
  /** Every call, oldest first. */
  readonly calls: RecordedCall[];
  /** What GitHub's description objects to, in requests or in our own answers. */
  readonly violations: string[];
  /** Lets a token in. */
  readonly allow: (token: string, identity: Identity) => void;
  /** Makes the next calls of an operation fail. */
  readonly fail: (fault: Fault) => void;
  /** Hides what is created from now on from the next `lists` lists. */
  readonly lagBehind: (lists: number) => void;
  readonly stop: () => Promise<void>;
}

const HANDLERS: Handlers = { ...issues, ...issueComments, ...labels, ...pulls, ...branches };

/** Starts the stand-in on a free port of 127.0.0.1. */
export async function startGitHub(repository: {
  readonly owner: string;
  readonly repo: string;
}): Promise<GitHubStandIn> {
  const contract = loadContract();
  const store = createStore(repository);
  const tokens = new Map<string, Identity>();
  const faults: Fault[] = [];
  const calls: RecordedCall[] = [];
  const violations: string[] = [];
  let baseUrl = '';

  const server = createServer((incoming, outgoing) => {
    answer({ incoming, outgoing, contract, store, tokens, faults, calls, violations, baseUrl }).catch(
      (error: unknown) => {
        violations.push(
          `the stand-in broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        outgoing.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = z.object({ port: z.number() }).parse(server.address());
  baseUrl = `http://127.0.0.1:${address.port}`;

  return {
    apiUrl: baseUrl,
    store,
    calls,
    violations,
    allow: (token, identity) => tokens.set(token, identity),
    fail: (fault) => faults.push(fault),
    lagBehind: (lists) => {
      store.staleAfterId = store.nextId;
      store.staleLists = lists;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Turn {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly contract: Contract;
  readonly store: Store;
  readonly tokens: ReadonlyMap<string, Identity>;
  readonly faults: readonly Fault[];
  readonly calls: RecordedCall[];
  readonly violations: string[];
  readonly baseUrl: string;
}

async function answer(turn: Turn): Promise<void> {
  const { incoming, contract, calls, violations } = turn;
  const method = incoming.method ?? 'GET';
  const { pathname, searchParams } = new URL(incoming.url ?? '/', turn.baseUrl);
  const path = decodeURI(pathname);
  const text = await readText(incoming);
  const requestBody = text === '' ? undefined : z.json().parse(JSON.parse(text));
  const matched = contract.match(method, path);
  const identity = identityOf(incoming, turn.tokens);

  const { status, headers, body } = respond(turn, {
    matched,
    identity,
    requestBody,
    query: searchParams,
    path,
  });

  const call = { operation: matched?.id ?? 'unknown', method, path, status, login: identity?.login ?? null };
  calls.push(call);
  violations.push(
    ...contract.check({ method, path, query: searchParams, requestBody, status, responseBody: body }),
  );
  turn.outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  turn.outgoing.end(body === undefined ? undefined : JSON.stringify(body));
}

interface RoutedRequest {
  readonly matched: MatchedOperation | null;
  readonly identity: Identity | null;
  readonly requestBody: Json | undefined;
  readonly query: URLSearchParams;
  readonly path: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json | undefined;
}

function respond(turn: Turn, request: RoutedRequest): Answer {
  try {
    const handled = carryOut(turn, request);
    if (handled.page === undefined) return { status: handled.status, headers: {}, body: handled.body };
    const page = cutPage(handled.page, { query: request.query, url: turn.baseUrl + request.path });
    return {
      status: handled.status,
      headers: page.link === null ? {} : { link: page.link },
      body: page.body,
    };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { status: error.status, headers: error.headers, body: error.toBody() };
  }
}

function carryOut(turn: Turn, { matched, identity, requestBody, query }: RoutedRequest): HandledResponse {
  const { store, faults, baseUrl } = turn;
  if (identity === null) throw new GitHubError(401, 'Bad credentials');
  const handler = Object.entries(HANDLERS).find(([id]) => id === matched?.id)?.[1];
  if (matched === null || handler === undefined) throw notFound();
  const { owner, repo, ...parameters } = matched.parameters;
  if (owner !== store.owner || repo !== store.repo) throw notFound();

  const fault = takeFault(faults, matched.id);
  if (fault !== null && !happensAnyway(fault)) throw faultAnswer(fault);
  const request = { store, identity, parameters, query, body: requestBody, baseUrl };
  if (!isAllowed(identity, handler.needs(request))) throw notAccessible();
  const handled = handler.handle(request);
  if (fault !== null) throw faultAnswer(fault);
  return handled;
}

function identityOf(incoming: IncomingMessage, tokens: ReadonlyMap<string, Identity>): Identity | null {
  const [, token = ''] = /^(?:token|bearer) (.+)$/i.exec(incoming.headers.authorization ?? '') ?? [];
  return tokens.get(token) ?? null;
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
