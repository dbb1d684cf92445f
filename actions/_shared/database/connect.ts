import { Socket } from 'node:net';
import postgres from 'postgres';
import { parseConnectionTarget } from './connection-target.ts';
import { socketOption } from './open-socket.ts';
import { tlsSettings } from './tls-settings.ts';

/** A pool of connections. */
export type Sql = postgres.Sql;
/** The one connection a transaction is pinned to. */
export type Transaction = postgres.TransactionSql;
/** Where a statement may run: inside a transaction or on its own. */
export type Queryable = Sql | Transaction;

/** What a client tells of its connections. */
export interface ConnectionEvents {
  /** A notice on a channel it listens on. */
  readonly onNotice?: (channel: string, payload: string) => void;
  /** A connection ended, whoever ended it. */
  readonly onClose?: () => void;
}

export interface ConnectOptions {
  /** Connection string; TLS is verified unless it points to this machine or says `sslmode=disable`. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Most connections at once, 2 by default. */
  readonly max?: number;
  /** True for statements that stay prepared, which a transaction pooler does not allow. */
  readonly prepare?: boolean;
  /** Seconds until a connection nobody uses is closed, 30 by default; 0 for never. */
  readonly idleTimeoutSeconds?: number;
  readonly events?: ConnectionEvents;
}

/** Not in the driver's types; it is what its own `listen` is made of. */
interface NoticeOption {
  readonly onnotify: (channel: string, payload: string) => void;
}

/**
 * Open a client that works through the direct connection, the session pooler and the transaction pooler alike: no
 * prepared statements, no startup parameters beyond the application name, no session state. Connections are made when
 * first needed, so a wrong address shows at the first statement (see `explainConnectionError`).
 *
 * @throws ConfigurationError for a connection string that can't be used; the password is never repeated
 */
export function connect(options: ConnectOptions): Sql {
  const target = parseConnectionTarget(options.url);
  const { events } = options;
  const settings: postgres.Options<Record<string, never>> & NoticeOption = {
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    pass: target.password,
    ssl: tlsSettings(target),
    prepare: options.prepare ?? false,
    // The driver would ask for the array types of the server on every connection; we never send typed arrays.
    fetch_types: false,
    max: options.max ?? 2,
    ...socketOption({ host: target.host, port: target.port }),
    connect_timeout: target.connectTimeoutSeconds,
    idle_timeout: options.idleTimeoutSeconds ?? 30,
    max_lifetime: null,
    onnotice: () => {},
    onnotify: (channel, payload) => events?.onNotice?.(channel, payload),
    onclose: () => events?.onClose?.(),
    connection: {
      application_name: options.applicationName,
      ...(target.options === undefined ? {} : { options: target.options }),
    },
  };
  return endingForGood(postgres(settings));
}

/**
 * postgres.js 3.4.9 forgets that it was ended when it was about to connect anew: it connects all the same, and nobody closes
 * that connection, which keeps the process alive. A client that was ended gets sockets that lead nowhere.
 */
function endingForGood(sql: Sql): Sql {
  const end = sql.end;
  sql.end = async (options) => {
    await end(options);
    Object.assign(sql.options, { socket: deadSocket });
  };
  return sql;
}

/** Breaks as soon as the driver looks at it; what still waits is told what the driver tells whoever asks an ended client. */
function deadSocket(): Socket {
  const socket = new Socket();
  setImmediate(() => {
    socket.emit('error', Object.assign(new Error('The client was ended.'), { code: 'CONNECTION_ENDED' }));
    socket.destroy();
  });
  return socket;
}

/** Close a client whose connection is broken or no longer wanted, without waiting for what it was doing. */
export function discard(sql: Sql): void {
  sql.end({ timeout: 0 }).catch(() => undefined);
}
