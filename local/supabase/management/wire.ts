/** Bytes in, bytes out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HandledResponse } from './handler.ts';

const LARGEST_REQUEST = 24 * 1024 * 1024;

/** The body of a request; what goes beyond any allowed size is read and dropped. */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size <= LARGEST_REQUEST) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Writes an answer: JSON, a form, or nothing. */
export async function writeAnswer(
  outgoing: ServerResponse,
  answered: {
    readonly status: number;
    readonly response: HandledResponse;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { status, response, headers } = answered;
  if (response.form !== undefined) {
    const encoded = new Response(response.form);
    outgoing.writeHead(status, { ...headers, 'content-type': encoded.headers.get('content-type') ?? '' });
    outgoing.end(Buffer.from(await encoded.arrayBuffer()));
    return;
  }
  if (response.body === undefined) {
    outgoing.writeHead(status, { ...headers, 'content-length': '0' }).end();
    return;
  }
  outgoing.writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' });
  outgoing.end(JSON.stringify(response.body));
}
