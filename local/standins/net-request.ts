/**
 * One HTTP request as pg_net sends it and one answer as pg_net stores it: libcurl's habits on Node's client.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { curlErrorText, timeoutText } from './net-errors.ts';

/** A row of net.http_request_queue. */
export interface NetRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
  readonly timeoutMs: number;
}

/** A row of net._http_response, less id and time. Status 4xx and 5xx are answers, not errors. */
export interface NetResponse {
  readonly statusCode: number | null;
  readonly contentType: string | null;
  /** Of the first answer, even when it was a redirect. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly content: string | null;
  readonly timedOut: boolean;
  readonly error: string | null;
}

/** When the stages of a request were reached, milliseconds of `performance.now()`; for the text of a timeout. */
export interface Stages {
  readonly start: number;
  resolved: number | null;
  connected: number | null;
}

const maxRedirects = 30;
const userAgent = 'pg_net/0.20.4';

/** Sends a request and follows redirects. Never rejects: a failure is a response with an error text. */
export async function sendRequest(request: NetRequest, abort: AbortSignal): Promise<NetResponse> {
  const stages: Stages = { start: performance.now(), resolved: null, connected: null };
  const deadline = AbortSignal.timeout(Math.max(1, request.timeoutMs));
  const signal = AbortSignal.any([deadline, abort]);
  try {
    return await followRedirects(request, { stages, signal });
  } catch (error) {
    if (abort.aborted) throw error;
    const timedOut = deadline.aborted;
    const text = timedOut ? timeoutText(request.timeoutMs, stages, performance.now()) : curlErrorText(error);
    return { statusCode: null, contentType: null, headers: null, content: null, timedOut, error: text };
  }
}

interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
}

interface Travel {
  readonly stages: Stages;
  readonly signal: AbortSignal;
}

async function followRedirects(request: NetRequest, travel: Travel): Promise<NetResponse> {
  let hop: Hop = {
    ...request,
    url: new URL(request.url),
    body: firstBody(request),
    headers: firstHeaders(request),
  };
  let firstAnswer: Readonly<Record<string, string>> | null = null;
  for (let hops = 0; ; hops += 1) {
    const { answer, content } = await travelHop(hop, travel);
    firstAnswer ??= headerObject(answer.rawHeaders);
    const next = nextHop(hop, answer);
    if (next === null) {
      return {
        statusCode: answer.statusCode ?? null,
        contentType: answer.headers['content-type'] ?? null,
        headers: firstAnswer,
        content: storedText(content),
        timedOut: false,
        error: null,
      };
    }
    if (hops >= maxRedirects) throw new RedirectLimit();
    hop = next;
  }
}

/** More redirects than libcurl follows. */
export class RedirectLimit extends Error {
  override readonly name = 'RedirectLimit';
}

/** A post without a body still says that it has none. */
function firstBody(request: NetRequest): Buffer | null {
  return request.body ?? (request.method === 'POST' ? Buffer.alloc(0) : null);
}

function firstHeaders(request: NetRequest): readonly (readonly [string, string])[] {
  const given = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const added: [string, string][] = [];
  if (!given.has('user-agent')) added.push(['User-Agent', userAgent]);
  if (!given.has('accept')) added.push(['Accept', '*/*']);
  if (request.body !== null && !given.has('content-type')) {
    added.push(['Content-Type', 'application/x-www-form-urlencoded']);
  }
  return [...request.headers, ...added];
}

/** Where a redirect leads; a post turns into a get unless the status says it must not. */
function nextHop(hop: Hop, answer: IncomingMessage): Hop | null {
  const { location } = answer.headers;
  const status = answer.statusCode ?? 0;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return null;
  const url = new URL(location, hop.url);
  const becomesGet = (hop.method === 'POST' && status <= 303) || (hop.method !== 'GET' && status === 303);
  const kept =
    url.origin === hop.url.origin ? hop.headers : hop.headers.filter(([name]) => !isCredential(name));
  return {
    method: becomesGet ? 'GET' : hop.method,
    url,
    headers: kept,
    body: becomesGet ? null : hop.body,
  };
}

function isCredential(name: string): boolean {
  return ['authorization', 'cookie'].includes(name.toLowerCase());
}

async function travelHop(hop: Hop, travel: Travel): Promise<{ answer: IncomingMessage; content: Buffer }> {
  const client = startRequest(hop, travel);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    client.once('response', resolve);
    client.once('error', reject);
    client.end(hop.body ?? undefined);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { answer, content: Buffer.concat(chunks) };
}

function startRequest(hop: Hop, travel: Travel): ClientRequest {
  const { stages, signal } = travel;
  const headers: Record<string, string> = {};
  for (const [name, value] of hop.headers) headers[name] = value;
  if (hop.body !== null) headers['Content-Length'] = String(hop.body.length);
  // A connection of its own, as a slow neighbour must not hold it up.
  const options = { method: hop.method, headers, signal, agent: false } as const;
  const send = { 'http:': httpRequest, 'https:': httpsRequest }[hop.url.protocol];
  if (send === undefined) throw new UnsupportedProtocol();
  const client = send(hop.url, options);
  client.once('socket', (socket) => {
    socket.once('lookup', () => {
      stages.resolved ??= performance.now();
    });
    socket.once(hop.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      stages.connected ??= performance.now();
    });
  });
  return client;
}

/** Only http and https are spoken. */
export class UnsupportedProtocol extends Error {
  override readonly name = 'UnsupportedProtocol';
}

/** Names as the server wrote them; of two with the same name the last one stays. */
function headerObject(raw: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) headers[raw[index] ?? ''] = raw[index + 1] ?? '';
  return headers;
}

/** A C string: it ends at the first zero byte, and none at all is null. */
function storedText(content: Buffer): string | null {
  const end = content.indexOf(0);
  const text = (end < 0 ? content : content.subarray(0, end)).toString('utf8');
  return content.length === 0 ? null : text;
}
