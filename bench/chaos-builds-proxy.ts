import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { seededRandom } from '../local/github/faults.ts';

/** Something between a dispatcher and GitHub that sends some requests twice. */
export interface Doubler {
  readonly url: string;
  /** How often it did. */
  readonly doubled: () => number;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * Hands requests on; of those that start runs, this share is sent twice, as a proxy that tries again does, and one of both answers
 * comes back: the first one, or the second when the first was lost, or by chance.
 */
export async function startDoubler(options: {
  readonly target: string;
  readonly share: number;
  readonly seed: number;
}): Promise<Doubler> {
  const random = seededRandom(options.seed);
  let doubled = 0;
  const server = createServer((incoming, outgoing) => {
    void handOn(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  const handOn = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isDispatch = incoming.method === 'POST' && /\/dispatches$/.test(incoming.url ?? '');
    const isTwice = isDispatch && random() < options.share;
    const first = await ask(options.target, incoming, body);
    if (isTwice) doubled += 1;
    const second = isTwice ? await ask(options.target, incoming, body) : null;
    const isLater = first === null || (second !== null && random() < 0.5);
    const answer = isLater ? second : first;
    if (answer === null) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    doubled: () => doubled,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Null when there was no answer. */
function ask(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const asked = request(`${target}${url}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 502,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
      response.on('error', () => resolve(null));
    });
    asked.on('error', () => resolve(null));
    asked.end(body);
  });
}
