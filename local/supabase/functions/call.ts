/** A request to a function and its answer, as they travel through the host: bodies stay streams. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request. `path` holds the query too, and begins with the slug. */
export interface FunctionCall {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Headers;
  readonly body: Readable | null;
  /** Fires when the caller went away. */
  readonly gone: AbortSignal;
}

/** An answer. */
export interface FunctionAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable | string | null;
}

/** What stands before the slug on the gateway. */
const PREFIX = '/functions/v1';

/** The path as the function sees it: without the gateway's prefix. */
export function functionPath(path: string): string {
  if (path !== PREFIX && !path.startsWith(`${PREFIX}/`)) return path;
  return path.slice(PREFIX.length) || '/';
}

/** A request that speaks fetch. */
export function callOfRequest(request: Request): FunctionCall {
  const { pathname, search, host } = new URL(request.url);
  return {
    method: request.method,
    path: functionPath(pathname) + search,
    headers: { host, ...Object.fromEntries(request.headers) },
    body: request.body === null ? null : Readable.fromWeb(request.body as NodeReadableStream),
    gone: request.signal,
  };
}

/** An answer that speaks fetch. */
export function responseOfAnswer(answer: FunctionAnswer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) headers.append(name, String(each));
    }
  }
  const bare = [101, 204, 205, 304].includes(answer.status);
  if (bare && answer.body instanceof Readable) answer.body.resume();
  const body =
    answer.body instanceof Readable ? (Readable.toWeb(answer.body) as ReadableStream) : answer.body;
  // Response refuses 1xx, which no function answers with.
  return new Response(bare ? null : body, { status: answer.status, headers });
}

/** A request that came over the wire. */
export function callOfMessage(incoming: IncomingMessage, gone: AbortSignal): FunctionCall {
  const hasBody =
    incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined;
  return {
    method: incoming.method ?? 'GET',
    path: functionPath(incoming.url ?? '/'),
    headers: incoming.headers,
    body: hasBody ? incoming : null,
    gone,
  };
}

/** Writes an answer to the wire. A body that breaks off breaks the connection, so that nobody takes it for whole. */
export async function writeAnswer(answer: FunctionAnswer, outgoing: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) outgoing.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  outgoing.writeHead(answer.status);
  if (!(answer.body instanceof Readable)) {
    outgoing.end(answer.body ?? undefined);
    return;
  }
  try {
    await pipeline(answer.body, outgoing);
  } catch {
    outgoing.destroy();
  }
}
