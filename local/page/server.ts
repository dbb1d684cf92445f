/**
 * The page of the control room: issues with a comment box, workflow runs with their logs, a button for every workflow that
 * can be dispatched. It listens on 127.0.0.1, answers only its own address, and takes orders only from itself.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import * as z from 'zod';
import type { PageSource } from './state.ts';

/** A running page. */
export interface Page {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const LARGEST_ORDER = 128 * 1_024;
const MOST_LISTENERS = 32;
/** Changes within this time are told once. */
const GATHER_MS = 150;

const ASSETS: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'page.html', type: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
};

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const Issue = z.int().positive();
const Text = z.string().max(65_536);
const Order = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('comment'), issue: Issue, body: Text.min(1) }),
  z.strictObject({ act: z.enum(['close', 'reopen']), issue: Issue }),
  z.strictObject({
    act: z.literal('dispatch'),
    workflow: z.string().max(255),
    inputs: z.record(z.string().max(255), Text),
  }),
  z.strictObject({ act: z.enum(['approve', 'reject']), run: Issue, environment: z.string().max(255) }),
  z.strictObject({ act: z.enum(['cancel', 'rerun']), run: Issue }),
]);

/** Opens the page. */
export async function openPage(options: {
  readonly source: PageSource;
  readonly port?: number;
}): Promise<Page> {
  const { source } = options;
  const listeners = new Set<ServerResponse>();
  let address = '';
  const server = createServer((incoming, outgoing) => {
    answer({ source, listeners, address }, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent) outgoing.destroy();
      else sendJson(outgoing, 400, { message: error instanceof Error ? error.message : String(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  address = `127.0.0.1:${port}`;

  let telling: NodeJS.Timeout | undefined;
  const unsubscribe = source.onChange(() => {
    telling ??= setTimeout(() => {
      telling = undefined;
      for (const listener of listeners) listener.write('data: changed\n\n');
    }, GATHER_MS);
  });
  return {
    url: `http://${address}/`,
    stop: async () => {
      unsubscribe();
      clearTimeout(telling);
      for (const listener of listeners) listener.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Room {
  readonly source: PageSource;
  readonly listeners: Set<ServerResponse>;
  readonly address: string;
}

async function answer(room: Room, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  // A name that leads to this machine from somebody else's page is not our address.
  if (incoming.headers.host !== room.address) return sendJson(outgoing, 421, { message: 'not this address' });
  const { pathname, searchParams } = new URL(incoming.url ?? '/', `http://${room.address}`);
  if (incoming.method === 'POST' && pathname === '/act') return act(room, incoming, outgoing);
  if (incoming.method !== 'GET') return sendJson(outgoing, 405, { message: 'GET, or POST /act' });
  const asset = ASSETS[pathname];
  if (asset !== undefined) {
    const content = readFileSync(path.join(import.meta.dirname, 'assets', asset.file));
    outgoing.writeHead(200, { ...HEADERS, 'content-type': asset.type }).end(content);
    return;
  }
  if (pathname === '/state.json') return sendJson(outgoing, 200, await room.source.read());
  if (pathname === '/log.json') {
    const { run, from } = LogQuery.parse(Object.fromEntries(searchParams));
    return sendJson(outgoing, 200, { lines: room.source.log(run, from) });
  }
  if (pathname === '/changes') return listen(room, outgoing);
  return sendJson(outgoing, 404, { message: 'nothing here' });
}

const LogQuery = z.object({ run: z.coerce.number().int(), from: z.coerce.number().int().min(0).default(0) });

async function act(room: Room, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  // Only our own page: another origin could post here, but it can neither set this header nor forge that one.
  const own = incoming.headers.origin === `http://${room.address}`;
  if (!own || incoming.headers['x-opsroom'] !== 'page')
    return sendJson(outgoing, 403, { message: 'orders come from the page itself' });
  const order = Order.safeParse(JSON.parse(await readText(incoming)));
  if (!order.success) return sendJson(outgoing, 422, { message: z.prettifyError(order.error) });
  await room.source.perform(order.data);
  sendJson(outgoing, 200, {});
}

function listen({ listeners }: Room, outgoing: ServerResponse): void {
  if (listeners.size >= MOST_LISTENERS) {
    sendJson(outgoing, 503, { message: 'too many open pages' });
    return;
  }
  outgoing.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  outgoing.write('retry: 1000\n\n');
  listeners.add(outgoing);
  outgoing.on('close', () => listeners.delete(outgoing));
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > LARGEST_ORDER) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing
    .writeHead(status, { ...HEADERS, 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body));
}
