import postgres from 'postgres';
import { parseConnectionTarget } from './connection-target.ts';
import { tlsSettings } from './tls-settings.ts';

/** A pool of connections. */
export type Sql = postgres.Sql;
/** The one connection a transaction is pinned to. */
export type Transaction = postgres.TransactionSql;
/** Where a statement may run: inside a transaction or on its own. */
export type Queryable = Sql | Transaction;

/**
 * Open a client that works through the direct connection, the session pooler and the transaction pooler alike: no
 * prepared statements, no startup parameters beyond the application name, no session state. Connections are made when
 * first needed, so a wrong address shows at the first statement (see `explainConnectionError`).
 *
 * @param options.url connection string; TLS is verified unless it points to this machine or says `sslmode=disable`
 * @param options.applicationName shown in pg_stat_activity
 * @param options.max most connections at once, 2 by default
 * @throws ConfigurationError for a connection string that can't be used; the password is never repeated
 */
export function connect(options: {
  readonly url: string;
  readonly applicationName: string;
  readonly max?: number;
}): Sql {
  const target = parseConnectionTarget(options.url);
  return postgres({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    pass: target.password,
    ssl: tlsSettings(target),
    prepare: false,
    // The driver would ask for the array types of the server on every connection; we never send typed arrays.
    fetch_types: false,
    max: options.max ?? 2,
    connect_timeout: target.connectTimeoutSeconds,
    idle_timeout: 30,
    max_lifetime: null,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName,
      ...(target.options === undefined ? {} : { options: target.options }),
    },
  });
}
