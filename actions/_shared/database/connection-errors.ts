import { ConfigurationError, errorMessage } from '../io/errors.ts';
import type { Sql } from './connect.ts';
import { CLOSED_EARLY } from './open-socket.ts';

/** Where a connection goes, for messages: never the password. */
export interface ConnectionPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Host, port, database and user of a client. */
export function connectionPlace(sql: Sql): ConnectionPlace {
  const { host, port, database, user } = sql.options;
  return { host: host[0] ?? 'localhost', port: port[0] ?? 5432, database, user };
}

/** The SQLSTATE or system error code of whatever was thrown. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** SQLSTATE of a statement that waited for a lock as long as it may. */
export const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Codes of a connection that broke after it had worked: driver and socket codes, SQLSTATE class 57P (the server was
 * told to stop or to drop us), class 08 (connection exceptions, also a pooler's) and 25P03/25P04 (idle too long).
 */
const LOST_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '08000',
  '08003',
  '08006',
  '25P03',
  '25P04',
]);

/** True when the connection went away while it was in use; what was not committed is undone by the server. */
export function isConnectionLost(error: unknown): boolean {
  return LOST_CODES.has(errorCode(error) ?? '');
}

interface Explanation {
  readonly what: string;
  readonly hint: string;
}

/**
 * A failure to connect as a configuration error that says what to do. Anything that is no connection failure comes
 * back `undefined`: it is somebody else's to explain.
 */
export function explainConnectionError(
  error: unknown,
  place: ConnectionPlace,
): ConfigurationError | undefined {
  if (error instanceof ConfigurationError) return error;
  const explanation = explain(errorCode(error), errorMessage(error), place);
  if (explanation === undefined) return undefined;
  const where = `${place.host}:${place.port}, database ${place.database}, user ${place.user}`;
  // No cause: a driver error carries the statement's parameters.
  return new ConfigurationError(`${explanation.what} (${where})`, { hint: explanation.hint });
}

function explain(code: string | undefined, message: string, place: ConnectionPlace): Explanation | undefined {
  return (
    unreachable(code, place) ??
    untrusted(code, message) ??
    refusedByServer(code, message, place) ??
    (isLost(code)
      ? {
          what: 'The connection to the database was lost',
          hint: 'Run it again: what was not committed is undone, and applying twice changes nothing',
        }
      : undefined)
  );
}

function isLost(code: string | undefined): boolean {
  return LOST_CODES.has(code ?? '');
}

function unreachable(code: string | undefined, place: ConnectionPlace): Explanation | undefined {
  const direct = /^db\.[a-z]{20}\.supabase\.co$/.test(place.host);
  const ipv6 = direct
    ? 'The direct connection of hosted Supabase answers on IPv6 only, which GitHub runners lack: use the connection string of the pooler (dashboard, Connect)'
    : undefined;
  switch (code) {
    case CLOSED_EARLY:
      return {
        what: 'Whoever listens there closes every connection before it answers',
        hint: 'Is it a tunnel, proxy or pooler with no database behind it, or does it refuse this machine (Supabase: network restrictions)?',
      };
    case 'ECONNREFUSED':
    // A Unix socket that is not there, or not ours to use.
    case 'ENOENT':
    case 'EACCES':
      return {
        what: 'No database answers there',
        hint: 'Check host and port, and that the server is running',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        what: 'The host name of the database is not known',
        hint: ipv6 ?? 'Check the host of the connection string',
      };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EADDRNOTAVAIL':
      return {
        what: 'The network of the database is not reachable from here',
        hint: ipv6 ?? 'Check the route to the host',
      };
    case 'CONNECT_TIMEOUT':
      return {
        what: 'The database did not answer in time',
        hint: ipv6 ?? 'Check host, port, firewall and network restrictions; connect_timeout=30 waits longer',
      };
    default:
      return undefined;
  }
}

const trustHint =
  'Give the authority that signed it with sslrootcert=PATH (Supabase: Database, SSL configuration, download), or say sslmode=require to encrypt without verifying';

function untrusted(code: string | undefined, message: string): Explanation | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: 'The certificate of the database is for another host name',
      hint: 'Connect by the name in the certificate, or say sslmode=verify-ca to check the signature only',
    };
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return { what: 'The certificate of the database has expired', hint: 'Renew it on the server' };
  }
  if (/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_)/.test(code ?? '')) {
    return { what: 'The certificate of the database is not trusted', hint: trustHint };
  }
  if (
    message.startsWith('Client network socket disconnected before secure TLS') ||
    code === 'EPROTO' ||
    code?.startsWith('ERR_SSL_') === true
  ) {
    return {
      what: 'The server does not speak TLS',
      hint: 'Turn TLS on at the server; only for a network you trust: sslmode=disable',
    };
  }
  return undefined;
}

function refusedByServer(
  code: string | undefined,
  message: string,
  place: ConnectionPlace,
): Explanation | undefined {
  const pooler = place.host.includes('pooler') || place.port === 6543;
  if (code === '28P01' || code === '28000' || code === 'SASL_SIGNATURE_MISMATCH') {
    return {
      what: 'The database refused user or password',
      hint: pooler
        ? "Through Supabase's pooler the user is postgres.PROJECT_REF; a new password takes a minute to arrive there"
        : 'Check both; percent-encode special characters of the password',
    };
  }
  if (/tenant or user not found/i.test(message)) {
    return {
      what: 'The pooler does not know this project',
      hint: 'Check the region of the host and the user postgres.PROJECT_REF (dashboard, Connect)',
    };
  }
  if (code === '3D000' || /no such database|bouncer config error/i.test(message)) {
    return { what: 'The server has no such database', hint: 'Check the end of the connection string' };
  }
  if (code === '53300' || /too many (clients|connections)|max clients reached/i.test(message)) {
    return {
      what: 'The server has no connection left',
      hint: 'Use the transaction pooler (port 6543), or try again when other clients are done',
    };
  }
  if (/server login (has been )?fail|query_wait_timeout|server_login_retry/i.test(message)) {
    return {
      what: 'The pooler has no connection to the database',
      hint: 'Check that the database itself is up',
    };
  }
  return undefined;
}
