/**
 * One connection that runs batches. A batch is some statements and one sync, so it is one round trip and one implicit
 * transaction: settings made with `set_config(..., true)` by the first statement hold for the others, all commit together, and
 * an error undoes all. A client library that waits between statements would pay a round trip for each of them.
 */
import { connect, type Socket } from 'node:net';
import { ConnectionFailure, DatabaseError } from './database-error.ts';
import type { Login } from './login.ts';
import { createWriter, startupMessage, type Value } from './messages.ts';
import { md5Password, type Scram, startScram } from './scram.ts';
import { createReader, readFields, readNotification, readRow, readWords } from './server-messages.ts';
import { createStatementNames } from './statement-names.ts';

/** One statement of a batch. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
  /** Statements are prepared once for each key and text; a role is a good key, for it decides how names resolve. */
  readonly key?: string;
}

/** The rows of one statement, each column as text. */
export type Rows = readonly (readonly (string | null)[])[];

/** A connection. */
export interface Connection {
  /**
   * Runs statements as one transaction.
   * @throws DatabaseError of the first statement that failed; ConnectionFailure when the connection ended.
   */
  readonly run: (statements: readonly Statement[]) => Promise<readonly Rows[]>;
  /** Prepared statements are forgotten before the next batch, because the catalog changed. */
  readonly forgetStatements: () => void;
  readonly isOpen: () => boolean;
  readonly close: () => void;
}

/** What the owner of a connection wants to hear. */
export interface ConnectionEvents {
  /** Only of a connection that was open; it may end before `openConnection` has returned it. */
  readonly onClose?: () => void;
  readonly onNotify?: (channel: string, payload: string) => void;
}

interface Batch {
  readonly results: (readonly (string | null)[])[][];
  readonly preparing: { readonly key: string; readonly name: string }[];
  parsed: number;
  rows: (readonly (string | null)[])[];
  error: DatabaseError | null;
  readonly resolve: (results: readonly Rows[]) => void;
  readonly reject: (error: Error) => void;
}

const connectMs = 5_000;

/** Opens a connection. @throws ConnectionFailure, DatabaseError (wrong password, unknown database). */
export function openConnection(
  login: Login,
  settings: Readonly<Record<string, string>>,
  events: ConnectionEvents = {},
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = login.host.startsWith('/')
      ? connect({ path: `${login.host}/.s.PGSQL.${login.port}` })
      : connect({ host: login.host, port: login.port });
    socket.setNoDelay(true);
    const session = createSession(socket, login, events);
    const timer = setTimeout(() => socket.destroy(new Error('connecting took too long')), connectMs);
    session.ready
      .then(async () => {
        clearTimeout(timer);
        if (login.actAs !== null) await session.connection.run([becomeRole(login.actAs)]);
        resolve(session.connection);
      })
      .catch((error: unknown) => {
        clearTimeout(timer);
        // Also when it was open and may not become the role: nobody else knows of it, and the server has only so many.
        socket.destroy();
        reject(error);
      });
    socket.once('connect', () => {
      socket.write(
        startupMessage({ user: login.user, database: login.database, client_encoding: 'UTF8', ...settings }),
      );
    });
  });
}

function becomeRole(role: string): Statement {
  return {
    text: `select pg_catalog.set_config('session_authorization', $1, false)`,
    values: [role],
  };
}

function unreachable(cause: unknown): ConnectionFailure {
  return new ConnectionFailure('open', 'The database cannot be reached', cause);
}

interface Session {
  readonly connection: Connection;
  readonly ready: Promise<void>;
}

function createSession(socket: Socket, login: Login, events: ConnectionEvents): Session {
  const writer = createWriter();
  const names = createStatementNames();
  let scram: Scram | null = null;
  let batch: Batch | null = null;
  let open = true;
  let isReady = false;
  let failure: Error | null = null;
  let stale = false;
  let started: { resolve: () => void; reject: (error: Error) => void } | null = null;
  const ready = new Promise<void>((resolve, reject) => {
    started = { resolve, reject };
  });

  const send = (): void => {
    socket.write(writer.take());
  };

  const authenticate = async (body: Buffer): Promise<void> => {
    const kind = body.readInt32BE(0);
    const password = login.password ?? '';
    if (kind === 0 || kind === 12) return;
    if (kind === 3) writer.password(`${password}\0`);
    else if (kind === 5) writer.password(`${md5Password(login.user, password, body.subarray(4, 8))}\0`);
    else if (kind === 10 && readWords(body.subarray(4)).includes('SCRAM-SHA-256')) {
      scram = startScram(password);
      writer.saslInitial('SCRAM-SHA-256', scram.first);
    } else if (kind === 11 && scram !== null) writer.password(await scram.answer(body.toString('utf8', 4)));
    else
      throw new ConnectionFailure('open', `The server wants a way to log in that is unknown here (${kind})`);
    send();
  };

  const finish = (): void => {
    if (batch === null) {
      isReady = true;
      started?.resolve();
      started = null;
      return;
    }
    const done = batch;
    batch = null;
    for (const made of done.preparing.slice(0, done.parsed)) names.keep(made.key, made.name);
    if (done.error === null) done.resolve(done.results);
    else done.reject(done.error);
  };

  const handle = (kind: string, body: Buffer): void => {
    if (kind === 'D') batch?.rows.push(readRow(body));
    else if (kind === '1' && batch !== null) batch.parsed += 1;
    else if ((kind === 'C' || kind === 'I') && batch !== null) {
      batch.results.push(batch.rows);
      batch.rows = [];
    } else if (kind === 'Z') finish();
    else if (kind === 'E') {
      const error = new DatabaseError(readFields(body));
      if (batch !== null) batch.error ??= error;
      else {
        failure = error;
        started?.reject(unreachable(error));
      }
    } else if (kind === 'R') {
      authenticate(Buffer.from(body)).catch((error: unknown) =>
        socket.destroy(error instanceof Error ? error : undefined),
      );
    } else if (kind === 'A') {
      const { channel, payload } = readNotification(body);
      events.onNotify?.(channel, payload);
    }
  };

  const ended = (): void => {
    if (!open) return;
    open = false;
    const lost = new ConnectionFailure('lost', 'The connection to the database ended', failure);
    started?.reject(unreachable(failure));
    // What the server said last (57P01, an administrator ends it) tells more than the closed socket.
    batch?.reject(batch.error ?? lost);
    batch = null;
    if (isReady) events.onClose?.();
  };

  socket.on('data', createReader(handle));
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', ended);

  const run = (statements: readonly Statement[]): Promise<readonly Rows[]> =>
    new Promise((resolve, reject) => {
      if (!open)
        return reject(new ConnectionFailure('lost', 'The connection to the database ended', failure));
      if (batch !== null) return reject(new Error('a connection runs one batch at a time'));
      const next: Batch = { results: [], preparing: [], parsed: 0, rows: [], error: null, resolve, reject };
      if (stale) {
        for (const name of names.forgetAll()) writer.closeStatement(name);
        stale = false;
      }
      for (const statement of statements) {
        const key = `${statement.key ?? ''}\n${statement.text}`;
        let name = names.find(key) ?? next.preparing.find((made) => made.key === key)?.name;
        if (name === undefined) {
          const made = names.next();
          if (made.evicted !== null) writer.closeStatement(made.evicted);
          name = made.name;
          writer.parse(name, statement.text);
          next.preparing.push({ key, name });
        }
        writer.execute(name, statement.values);
      }
      writer.sync();
      batch = next;
      send();
    });

  return {
    ready,
    connection: {
      run,
      forgetStatements: () => {
        stale = true;
      },
      isOpen: () => open,
      close: () => {
        socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
        setTimeout(() => socket.destroy(), 500).unref();
      },
    },
  };
}
