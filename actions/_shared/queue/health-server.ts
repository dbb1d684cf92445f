import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConfigurationError } from '../io/errors.ts';
import { renderMetrics } from './metrics.ts';
import { judgeHealth, type WorkerStats } from './worker-stats.ts';

export interface HealthServer {
  /** Where it listens; another port than asked for when that was 0. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serve a worker's state: `/healthz` (ready), `/healthz/ready`, `/healthz/live` (restart when 503) and `/metrics`. There
 * is no login: it listens on this machine unless a host is named.
 *
 * @throws ConfigurationError when the port cannot be had
 */
export async function serveHealth(options: {
  readonly port: number;
  readonly host?: string;
  readonly stats: () => WorkerStats;
}): Promise<HealthServer> {
  const { port, host = '127.0.0.1', stats } = options;
  const server = createServer({ headersTimeout: 5000, requestTimeout: 5000 }, (request, response) => {
    answer(request, response, stats());
  });
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConfigurationError(
          `The health endpoint cannot listen on ${host}:${port} (${error.code ?? 'error'}).`,
          {
            hint: 'Give another --health-port, or 0 for any free one.',
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  // A health endpoint keeps nobody alive, and a broken connection is nobody's news.
  server.unref();
  server.on('error', () => undefined);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, stats: WorkerStats): void {
  const [path = ''] = (request.url ?? '').split('?');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'GET only\n', { allow: 'GET, HEAD' });
  } else if (path === '/metrics') {
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    send(response, 200, type, renderMetrics(stats, process.memoryUsage.rss()));
  } else if (path === '/healthz' || path === '/healthz/ready' || path === '/healthz/live') {
    const health = judgeHealth(stats, Date.now());
    const good = path === '/healthz/live' ? health.live : health.ready;
    send(response, good ? 200 : 503, 'application/json', `${JSON.stringify(bodyOf(stats, health))}\n`);
  } else {
    send(response, 404, 'text/plain', 'There is /healthz, /healthz/ready, /healthz/live and /metrics.\n');
  }
}

function bodyOf(stats: WorkerStats, { live, ready, problems }: ReturnType<typeof judgeHealth>) {
  return {
    live,
    ready,
    problems,
    worker: stats.worker,
    listening: stats.listening,
    running: stats.running,
    prefetched: stats.waiting,
    unsettled: stats.unsettled,
    abandoned: stats.abandoned,
    succeeded: stats.succeeded,
    failed: stats.failed,
    dead_letters: stats.deadLetters,
    last_claim_at: stats.lastClaimAt === null ? null : new Date(stats.lastClaimAt).toISOString(),
    lag_ms: stats.lagMs,
  };
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(text);
}
