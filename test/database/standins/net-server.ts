import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** One request the test server got. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A server on 127.0.0.1 whose paths answer in the ways the tests need. */
export interface NetServer {
  readonly url: string;
  readonly received: ReceivedRequest[];
  /** Lets requests to /held answer. */
  release(): void;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts the server on a free port. */
export async function startNetServer(): Promise<NetServer> {
  const received: ReceivedRequest[] = [];
  let held: ServerResponse[] = [];
  const answers: Record<string, Answer> = {
    '/held': (_, response) => {
      held.push(response);
    },
    '/never': () => undefined,
    '/closed': (request) => {
      request.socket.destroy();
    },
    '/partial': (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => request.socket.destroy(), 20);
    },
    '/empty': (_, response) => {
      response.writeHead(204).end();
    },
    '/zero': (_, response) => {
      response.end('before\0after');
    },
    '/refused': (_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"no"}');
    },
    '/broken': (_, response) => {
      response.writeHead(500).end('oops');
    },
    '/twice': (_, response) => {
      response
        .writeHead(
          200,
          [
            ['x-twice', 'first'],
            ['x-twice', 'second'],
          ].flat(),
        )
        .end('ok');
    },
    '/moved': (_, response) => {
      response.writeHead(302, { location: '/here', 'x-hop': 'first' }).end('moved');
    },
    '/moved-kept': (_, response) => {
      response.writeHead(307, { location: '/here-kept' }).end('moved');
    },
    '/round': (_, response) => {
      response.writeHead(302, { location: '/round' }).end();
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({
        method: request.method ?? '',
        path,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      const answer = answers[path.split('?', 1)[0] ?? ''];
      if (answer !== undefined) answer(request, response);
      else response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The test server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    release: () => {
      for (const response of held) response.writeHead(200, { 'content-type': 'text/plain' }).end('held');
      held = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
