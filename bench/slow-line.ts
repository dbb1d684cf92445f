import { createServer, connect as dial, type Socket } from 'node:net';

/** A way to a server on which everything takes longer. */
export interface SlowLine {
  /** The server's connection string with this line's address. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Open a line to a database that holds back every byte for `delayMs`, in both directions. */
export async function startSlowLine({
  to,
  delayMs,
}: {
  readonly to: string;
  readonly delayMs: number;
}): Promise<SlowLine> {
  const target = new URL(to);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial({ host: target.hostname, port: Number(target.port), noDelay: true });
    near.setNoDelay(true);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    holdBack(near, far, delayMs);
    holdBack(far, near, delayMs);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Timers of one length go off in the order they were set, so bytes keep their order. */
function holdBack(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
}
