/** Passes one request to a function's process over a kept connection, and its answer back. */
import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { FunctionAnswer, FunctionCall } from './call.ts';

/** What came of it. */
export type ForwardOutcome =
  | { readonly kind: 'answer'; readonly answer: FunctionAnswer }
  /** The caller went away. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'timeout' }
  /** Nobody listens any more; nothing was sent. */
  | { readonly kind: 'unreached' }
  | { readonly kind: 'broken'; readonly reason: string };

/** Headers that are about one connection, and the gateway's own. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'sb-api-key',
]);

interface Way {
  readonly port: number;
  readonly agent: Agent;
  /** Until the answer must begin. */
  readonly timeoutMs: number;
  /** Called once, when the answer has been read to its end or there will be none. */
  readonly finish: () => void;
}

/** Never rejects. */
export function forward(call: FunctionCall, way: Way): Promise<ForwardOutcome> {
  return attempt(call, way, true);
}

function attempt(call: FunctionCall, way: Way, mayRepeat: boolean): Promise<ForwardOutcome> {
  const { promise, resolve } = Promise.withResolvers<ForwardOutcome>();
  const sent = httpRequest({
    host: '127.0.0.1',
    port: way.port,
    agent: way.agent,
    method: call.method,
    path: call.path,
    headers: passedOn(call.headers),
  });
  const timer = setTimeout(() => settle({ kind: 'timeout' }), way.timeoutMs);
  const onGone = () => settle({ kind: 'gone' });
  let settled = false;

  const settle = (outcome: ForwardOutcome): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    call.gone.removeEventListener('abort', onGone);
    if (outcome.kind !== 'answer') {
      sent.destroy();
      way.finish();
    }
    resolve(outcome);
  };

  sent.once('response', (incoming) => {
    if (settled) return;
    incoming.once('close', way.finish);
    call.gone.addEventListener('abort', () => incoming.destroy(), { once: true });
    settle({ kind: 'answer', answer: toAnswer(call, incoming) });
  });
  sent.once('error', (error) => {
    // A kept connection may close just as it is used again; nothing was done then.
    if (!settled && mayRepeat && sent.reusedSocket && call.body === null && isReset(error)) {
      settled = true;
      clearTimeout(timer);
      call.gone.removeEventListener('abort', onGone);
      resolve(attempt(call, way, false));
      return;
    }
    settle(isRefused(error) ? { kind: 'unreached' } : { kind: 'broken', reason: error.message });
  });
  if (call.gone.aborted) onGone();
  else call.gone.addEventListener('abort', onGone, { once: true });
  sendBody(call, sent);
  return promise;
}

function sendBody(call: FunctionCall, sent: ClientRequest): void {
  if (call.body === null) {
    sent.end();
    return;
  }
  const { body } = call;
  body.on('error', () => sent.destroy());
  // Only what is connected is given the body: where nobody listens, it can still be sent to another process.
  sent.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => body.pipe(sent));
    else body.pipe(sent);
  });
}

function passedOn(headers: FunctionCall['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || NOT_PASSED_ON.has(name)) continue;
    kept[name] = typeof value === 'string' ? value : [...value];
  }
  return kept;
}

function toAnswer(call: FunctionCall, incoming: IncomingMessage): FunctionAnswer {
  const status = incoming.statusCode ?? 502;
  const headers = passedOn(incoming.headers);
  const type = headers['content-type'];
  // Projects without a domain of their own serve no pages.
  if (call.method === 'GET' && typeof type === 'string' && type.startsWith('text/html')) {
    headers['content-type'] = type.replace('text/html', 'text/plain');
  }
  if (status >= 500) headers['sb-error-code'] ??= 'EDGE_FUNCTION_ERROR';
  headers['x-served-by'] = 'supabase-edge-runtime';
  return { status, headers, body: incoming };
}

function isRefused(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNREFUSED';
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
