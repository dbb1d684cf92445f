import { connect, Socket } from 'node:net';

/** Code of the error when whoever listens takes connections and closes each before it answers. */
export const CLOSED_EARLY = 'CONNECT_CLOSED';

/** So many connections closed without a word, in so many milliseconds, are nobody's accident. */
const MOST_CLOSED = 8;
const WINDOW_MS = 2000;

/**
 * Sockets for the driver. postgres.js 3.4.9 opens another one at once, and for ever, when a connection is closed without a
 * word before it was ready (a tunnel or proxy with no database behind it): after a few in a row the next one fails instead.
 *
 * @returns an option of the driver that its types leave out
 */
export function socketOption(to: { readonly host: string; readonly port: number }): object {
  let closed: number[] = [];
  const socket = (): Socket => {
    closed = closed.filter((at) => performance.now() - at < WINDOW_MS);
    if (closed.length >= MOST_CLOSED) return failing();
    const opened = open(to.host, to.port);
    return opened.on('close', (hadError) => {
      if (!hadError && opened.bytesRead === 0) closed.push(performance.now());
    });
  };
  return { socket };
}

function open(host: string, port: number): Socket {
  const socket = host.startsWith('/')
    ? connect({ path: `${host}/.s.PGSQL.${port}` })
    : connect({ host, port });
  // Where the driver looks for the name to ask for in TLS.
  return Object.assign(socket, { host, port });
}

/** As a socket that breaks: an error thrown here would leave the driver with a connection it never closes. */
function failing(): Socket {
  const socket = new Socket();
  setImmediate(() =>
    socket.destroy(Object.assign(new Error('closed before an answer'), { code: CLOSED_EARLY })),
  );
  return socket;
}
