import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request the local target answered; headers are left out because they carry tokens. */
export interface AnsweredCall {
  readonly job: string | undefined;
  readonly path: string;
  readonly status: number;
}

export interface TargetServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Redeems the one-time token of a run; the real functions do the same through `ops.redeem_run_token`. */
export type RedeemToken = (token: string, job: string) => Promise<boolean>;

const bodyLimit = 256 * 1024;

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > bodyLimit) return undefined;
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/**
 * A small HTTP server on 127.0.0.1 that stands in for the teams' Edge Functions until those are served locally:
 * it checks the run token the way a function must (missing or used: 401) and answers as a healthy function does.
 * It calls itself a stand-in in every answer.
 */
export async function startTargetServer(options: {
  readonly port: number;
  readonly redeem: RedeemToken;
  readonly onCall?: (call: AnsweredCall) => void;
}): Promise<TargetServer> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const job = request.headers['x-ops-job'];
    const name = typeof job === 'string' ? job : undefined;
    const finish = (status: number, body: unknown) => {
      answer(response, status, body);
      options.onCall?.({ job: name, path, status });
    };
    const body = await readBody(request);
    if (request.method !== 'POST' && request.method !== 'GET')
      return finish(405, { error: 'method_not_allowed' });
    if (body === undefined) return finish(400, { error: 'invalid_json' });
    const token = request.headers['x-ops-run-token'];
    const other = request.headers['x-job-token'] ?? request.headers.authorization ?? request.headers.apikey;
    if (typeof token === 'string' && name !== undefined) {
      if (!(await options.redeem(token, name))) return finish(401, { error: 'token_refused' });
    } else if (other === undefined) {
      return finish(401, { error: 'credential_missing' });
    }
    finish(200, {
      ok: true,
      stand_in: 'local target server',
      function: path.split('/').at(-1),
      processed: 0,
    });
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 500, { error: 'stand_in_failed' });
      process.stderr.write(
        `local target server: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
