/** A bounded set of connections: taken, used by one request at a time, given back. */
import { type Connection, openConnection, type Rows, type Statement } from './connection.ts';
import { ConnectionFailure } from './database-error.ts';
import type { Login } from './login.ts';

/** A pool. */
export interface Pool {
  /** Runs statements as one transaction on any connection. */
  readonly run: (statements: readonly Statement[]) => Promise<readonly Rows[]>;
  /** Lends one connection for several batches. What it left open when `use` fails is rolled back. */
  readonly pinned: <T>(use: (connection: Connection) => Promise<T>) => Promise<T>;
  /** Statements are prepared anew from now on. */
  readonly forgetStatements: () => void;
  readonly close: () => void;
}

/** What a pool is told. */
export interface PoolOptions {
  readonly login: Login;
  /** Most connections at once. */
  readonly max: number;
  /** How long a request waits for a free connection, in milliseconds. */
  readonly waitMs: number;
  /** Start-up parameters of every connection, for example `statement_timeout`. */
  readonly settings: Readonly<Record<string, string>>;
}

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Makes a pool; connections are opened when first needed and again after they were lost. */
export function createPool(options: PoolOptions): Pool {
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: Waiter[] = [];
  let opening = 0;
  let closed = false;

  const forget = (connection: Connection): void => {
    all.delete(connection);
    const index = idle.indexOf(connection);
    if (index >= 0) idle.splice(index, 1);
  };

  const open = async (): Promise<Connection> => {
    opening += 1;
    try {
      let ended = false;
      const box: { connection?: Connection } = {};
      const connection = await openConnection(options.login, options.settings, {
        onClose: () => {
          ended = true;
          if (box.connection !== undefined) forget(box.connection);
        },
      });
      if (ended) throw new ConnectionFailure('open', 'The connection ended as soon as it was open');
      box.connection = connection;
      all.add(connection);
      return connection;
    } finally {
      opening -= 1;
    }
  };

  const acquire = (): Promise<Connection> => {
    if (closed) return Promise.reject(new ConnectionFailure('open', 'The gateway is stopping'));
    const free = idle.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (all.size + opening < options.max) return open();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(new ConnectionFailure('busy', 'No connection of the pool came free in time'));
      }, options.waitMs);
      const waiter: Waiter = { resolve, reject, timer };
      waiting.push(waiter);
    });
  };

  const release = (connection: Connection): void => {
    if (!connection.isOpen()) {
      serveWaiter();
      return;
    }
    const waiter = waiting.shift();
    if (waiter === undefined) {
      idle.push(connection);
      return;
    }
    clearTimeout(waiter.timer);
    waiter.resolve(connection);
  };

  /** A lost connection leaves room for a new one, and somebody may be waiting for it. */
  const serveWaiter = (): void => {
    const waiter = waiting.shift();
    if (waiter === undefined) return;
    clearTimeout(waiter.timer);
    open().then(waiter.resolve, (error: Error) => {
      waiter.reject(error);
      serveWaiter();
    });
  };

  const run: Pool['run'] = async (statements) => {
    const connection = await acquire();
    try {
      return await connection.run(statements);
    } finally {
      release(connection);
    }
  };

  return {
    run,
    pinned: async (use) => {
      const connection = await acquire();
      try {
        return await use(connection);
      } catch (error) {
        if (connection.isOpen()) await connection.run([{ text: 'rollback', values: [] }]).catch(() => {});
        throw error;
      } finally {
        release(connection);
      }
    },
    forgetStatements: () => {
      for (const connection of all) connection.forgetStatements();
    },
    close: () => {
      closed = true;
      for (const waiter of waiting.splice(0)) {
        clearTimeout(waiter.timer);
        waiter.reject(new ConnectionFailure('open', 'The gateway is stopping'));
      }
      for (const connection of all) connection.close();
    },
  };
}
