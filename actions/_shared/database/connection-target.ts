import { ConfigurationError } from '../io/errors.ts';

/** How the server proves itself, with libpq's words (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A connection string taken apart. The password is in here and nowhere else. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** Path of a PEM file, or `system`. */
  readonly sslRootCert: string | undefined;
  /** `-c name=value` settings of the connection string, passed on as written. */
  readonly options: string | undefined;
  readonly connectTimeoutSeconds: number;
}

const example = 'postgresql://USER:PASSWORD@HOST:5432/DATABASE';

/**
 * Parse a Postgres connection string. Parameters other tools add (`pgbouncer=true`, `connection_limit`) are ignored:
 * sent on as startup parameters they would make a pooler refuse the connection.
 *
 * @throws ConfigurationError that never repeats the string, because it holds a password
 */
export function parseConnectionTarget(url: string): ConnectionTarget {
  const parsed = parseUrl(url);
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') {
    throw new ConfigurationError('The database connection string does not start with postgresql://', {
      hint: `Write it as ${example}`,
    });
  }
  const query = parsed.searchParams;
  const host = decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || query.get('host') || 'localhost';
  const user = decode(parsed.username) || query.get('user') || 'postgres';
  return {
    host,
    port: Number(parsed.port || query.get('port') || 5432),
    database: decode(parsed.pathname.slice(1)) || user,
    user,
    password: decode(parsed.password) || query.get('password') || '',
    sslMode: sslMode(query.get('sslmode'), host),
    sslRootCert: query.get('sslrootcert') ?? undefined,
    options: query.get('options') ?? undefined,
    connectTimeoutSeconds: connectTimeout(query.get('connect_timeout')),
  };
}

/** True for this machine's own addresses and Unix sockets: no wire anybody else could listen on. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    host.startsWith('/') ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

function parseUrl(url: string): URL {
  const trimmed = url.trim();
  // A raw `#`, `/` or `?` in the password is the classic reason for a string that does not parse.
  if (!URL.canParse(trimmed)) {
    throw new ConfigurationError('The database connection string is not a URL', {
      hint: `Write it as ${example}; percent-encode special characters of the password (# is %23, / is %2F, @ is %40, % is %25)`,
    });
  }
  return new URL(trimmed);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigurationError('The database connection string holds a lone % sign', {
      hint: 'Percent-encode it: % is %25',
    });
  }
}

function sslMode(written: string | null, host: string): SslMode {
  if (written === null) return isLoopback(host) ? 'disable' : 'verify-full';
  // `allow` differs from `prefer` only in what is tried first.
  const mode = written === 'allow' ? 'prefer' : written;
  const known = SSL_MODES.find((candidate) => candidate === mode);
  if (known === undefined) {
    throw new ConfigurationError(`sslmode=${written} is not known`, {
      hint: `Use one of ${SSL_MODES.join(', ')}; leave it out for verify-full`,
    });
  }
  if (known === 'prefer' && !isLoopback(host)) {
    throw new ConfigurationError(`sslmode=${written} would fall back to an unencrypted connection`, {
      hint: 'Leave sslmode out (verify-full), or say sslmode=disable when plain text is really meant',
    });
  }
  return known;
}

function connectTimeout(written: string | null): number {
  if (written === null) return 15;
  const seconds = Number(written);
  if (!Number.isInteger(seconds) || seconds < 1) {
    throw new ConfigurationError('connect_timeout of the connection string is not a number of seconds', {
      hint: 'For example connect_timeout=15',
    });
  }
  return seconds;
}
