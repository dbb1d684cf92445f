import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A small HTTP server on 127.0.0.1 that stands in for a system our functions call. */
export interface Upstream {
  readonly url: string;
  readonly close: () => Promise<void>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

const bodyLimit = 1024 * 1024;

/**
 * @param answer what to answer; a body that is no JSON, or too large, never gets here
 * @param wanted port; a free one when left out
 */
export async function serveJson(
  answer: (request: IncomingMessage, body: unknown) => JsonAnswer,
  wanted = 0,
): Promise<Upstream> {
  const server = createServer((request, response) => {
    serve(request, response, answer).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage, body: unknown) => JsonAnswer,
): Promise<void> {
  const send = ({ status, body }: JsonAnswer): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > bodyLimit) return send({ status: 413, body: { error: 'too large' } });
    chunks.push(chunk as Buffer);
  }
  let body: unknown;
  try {
    body = size === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return send({ status: 400, body: { error: 'no JSON' } });
  }
  send(answer(request, body));
}
