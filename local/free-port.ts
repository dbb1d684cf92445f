import { createServer } from 'node:net';

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** The wanted port when it is free on 127.0.0.1 (so that addresses survive a restart), else another free one. */
export async function freePort(wanted: number | undefined): Promise<number> {
  const port = (wanted === undefined ? undefined : await canListen(wanted)) ?? (await canListen(0));
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  return port;
}
