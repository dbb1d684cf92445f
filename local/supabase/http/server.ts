/**
 * The one server on 127.0.0.1. Requests to our own services are plain values; the functions service speaks fetch, streamed, or
 * works on the wire itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { type Incoming, json, type Outgoing } from './message.ts';

/** A service below a prefix of the path. */
export type Mount =
  | {
      readonly prefix: string;
      /** Most bytes of a body. */
      readonly bodyLimit: number;
      readonly handle: (request: Incoming) => Promise<Outgoing>;
      /** The answer to a body that is too large. */
      readonly tooLarge: () => Outgoing;
    }
  | { readonly prefix: string; readonly fetch: (request: Request) => Promise<Response> }
  /** Reads and writes the wire itself. */
  | {
      readonly prefix: string;
      readonly serve: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
    };

/** A running server. */
export interface ListeningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** URLs with long `in.(...)` lists are common; beyond this hosted's edge refuses them, too. */
const headerBytes = 32 * 1_024;

/** Starts to listen. `log` hears of faults, never of what a request held. */
export async function listen(options: {
  readonly port: number;
  readonly mounts: readonly Mount[];
  readonly log: (line: string) => void;
}): Promise<ListeningServer> {
  const server = createServer(
    { maxHeaderSize: headerBytes, keepAliveTimeout: 60_000 },
    (incoming, outgoing) => {
      dispatch(options.mounts, incoming, outgoing).catch((error: unknown) => {
        // A caller that goes away while it sends is no fault.
        if (incoming.destroyed && !incoming.complete) return;
        options.log(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        if (outgoing.headersSent) outgoing.destroy();
        else write(outgoing, json(500, { message: 'The local gateway failed' }), 'GET');
      });
    },
  );
  refuseBrokenRequests(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

async function dispatch(
  mounts: readonly Mount[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? 'GET';
  const headers = incoming.headers as Readonly<Record<string, string | undefined>>;
  const url = incoming.url ?? '/';
  const mount = mounts.find(
    ({ prefix }) => url.startsWith(prefix) && /^(?:[/?]|$)/.test(url.slice(prefix.length)),
  );
  if (mount === undefined) {
    incoming.resume();
    return write(outgoing, json(404, { message: 'no Route matched with those values' }), method);
  }
  if ('serve' in mount) return mount.serve(incoming, outgoing);
  if ('fetch' in mount) return forward(mount, incoming, outgoing);
  if (isPreflight(method, headers)) {
    incoming.resume();
    return write(outgoing, { status: 200, headers: preflightHeaders(headers), body: null }, method);
  }
  const body = await readBody(incoming, mount.bodyLimit);
  if (body === null) return write(outgoing, mount.tooLarge(), method, true);
  const rest = url.slice(mount.prefix.length);
  const question = rest.indexOf('?');
  const answer = await mount.handle({
    method,
    path: question < 0 ? rest : rest.slice(0, question),
    search: question < 0 ? '' : rest.slice(question + 1),
    headers: flatHeaders(incoming),
    body,
  });
  write(outgoing, answer, method);
}

function write(outgoing: ServerResponse, answer: Outgoing, method: string, close = false): void {
  const { status, headers, body } = answer;
  const size = typeof body === 'string' ? Buffer.byteLength(body) : (body?.length ?? 0);
  outgoing.writeHead(status, {
    ...corsHeaders,
    ...headers,
    ...(status === 204 ? {} : { 'content-length': headers['content-length'] ?? String(size) }),
    ...(close ? { connection: 'close' } : {}),
  });
  const bare = method === 'HEAD' || status === 204 || status === 304 || body === null;
  outgoing.end(bare ? undefined : body);
}

const nothing = Buffer.alloc(0);

/** Null for a body over the limit; the rest of it is not read. */
function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer | null> {
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  if (length === undefined && encoding === undefined) return Promise.resolve(nothing);
  if (Number(length ?? 0) > limit) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        incoming.pause();
        resolve(null);
      } else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? nothing) : Buffer.concat(chunks)));
    incoming.once('error', reject);
  });
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

async function forward(
  mount: Extract<Mount, { fetch: unknown }>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? 'GET';
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const bodyless = method === 'GET' || method === 'HEAD';
  if (bodyless) incoming.resume();
  let request: Request;
  try {
    request = new Request(`http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`, {
      method,
      headers: flatHeaders(incoming),
      body: bodyless ? null : Readable.toWeb(incoming),
      duplex: 'half',
      signal: gone.signal,
    });
  } catch {
    // A method or a header that fetch cannot express.
    return write(outgoing, json(400, { message: 'Bad request' }), 'GET', true);
  }
  const response = await mount.fetch(request);
  outgoing.writeHead(response.status, headersOf(response));
  if (response.body === null || method === 'HEAD') outgoing.end();
  else await pipe(response.body, outgoing);
}

function headersOf(response: Response): Record<string, string | string[]> {
  const cookies = response.headers.getSetCookie();
  return {
    ...Object.fromEntries(response.headers),
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
  };
}

async function pipe(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          outgoing.off('drain', go);
          outgoing.off('close', go);
          resolve();
        };
        outgoing.once('drain', go);
        outgoing.once('close', go);
      });
  }
  outgoing.end();
}

/** What is not even HTTP gets an answer in JSON, too. */
function refuseBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const body = JSON.stringify({ message: tooLarge ? 'Request headers are too large' : 'Bad request' });
    const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
}
