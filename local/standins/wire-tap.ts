/**
 * Reads along what the server answers to a job, because the client library merges the results of several statements and
 * pg_cron reports the last one's command tag and rows exactly. PostgreSQL's protocol, version 3: a byte for the kind, four
 * for the length, the body.
 */
import { connect, type Socket } from 'node:net';
import type { StatementOutcome } from './libpq-message.ts';

/** A socket to give to the client library, and what has been read from it. */
export interface WireTap {
  readonly socket: () => Socket;
  /** The last statement that was completed. */
  readonly lastOutcome: () => StatementOutcome | undefined;
}

/** Taps connections to a host and port, or to a Unix socket when `path` is given. */
export function createWireTap(address: { path: string } | { host: string; port: number }): WireTap {
  const reader = createReader();
  return {
    socket: () => {
      const socket = connect(address);
      socket.on('data', reader.read);
      return socket;
    },
    lastOutcome: reader.lastOutcome,
  };
}

interface Reader {
  readonly read: (chunk: Buffer) => void;
  readonly lastOutcome: () => StatementOutcome | undefined;
}

const headerBytes = 5;

/** Keeps only headers and command tags; rows are counted and passed over. */
export function createReader(): Reader {
  let header = Buffer.alloc(0);
  let bodyLeft = 0;
  let tag: Buffer[] | null = null;
  let rows: number | null = null;
  let last: StatementOutcome | undefined;

  const begin = (kind: string): void => {
    if (kind === 'T') rows = 0;
    else if (kind === 'D' && rows !== null) rows += 1;
    else if (kind === 'I') last = { tag: undefined, rows: null };
    tag = kind === 'C' ? [] : null;
  };
  const finish = (): void => {
    if (tag === null) return;
    last = { tag: Buffer.concat(tag).toString('utf8').replace(/\0.*$/s, ''), rows };
    tag = null;
    rows = null;
  };

  const read = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      if (bodyLeft > 0) {
        const part = rest.subarray(0, bodyLeft);
        tag?.push(part);
        bodyLeft -= part.length;
        rest = rest.subarray(part.length);
        if (bodyLeft === 0) finish();
        continue;
      }
      const missing = headerBytes - header.length;
      header = Buffer.concat([header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (header.length < headerBytes) return;
      bodyLeft = header.readInt32BE(1) - 4;
      begin(String.fromCharCode(header[0] ?? 0));
      header = Buffer.alloc(0);
      if (bodyLeft === 0) finish();
    }
  };
  return { read, lastOutcome: () => last };
}
