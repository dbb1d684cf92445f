/**
 * How the scheduler connects as the user a job belongs to.
 */
import postgres, { type Sql } from 'postgres';
import type { SocketLogin } from '../postgres/cluster.ts';
import type { StatementOutcome } from './libpq-message.ts';
import { createWireTap } from './wire-tap.ts';

/** The connection of one run. */
export interface JobSession {
  readonly sql: Sql;
  /** Connects; the pid of the server's process, or null when the role may not log in. */
  readonly enter: () => Promise<number | null>;
  /** What the server said about the last statement it completed. */
  readonly lastOutcome: () => StatementOutcome | undefined;
}

/** Opens a connection to `database` as `role`; the caller ends it. */
export type OpenAsRole = (database: string, role: string) => JobSession;

/** Logs in as any role without a password; a cluster of ours offers it. */
export type ConnectAs = (database: string, role: string) => SocketLogin;

const jobOptions = {
  max: 1,
  idle_timeout: 0,
  max_lifetime: null,
  prepare: false,
  fetch_types: false,
  // pg_cron gives up after ten seconds.
  connect_timeout: 10,
  onnotice: () => undefined,
} as const;

const applicationName = { application_name: 'pg_cron' };

/**
 * With `connectAs` each job logs in as itself. On another server we know one login only, the superuser's: the session then
 * becomes the job's user, with the superuser's rights a `reset` away.
 */
export function jobLogin(options: {
  readonly superuserUrl: string;
  readonly connectAs?: ConnectAs | undefined;
}): OpenAsRole {
  const { connectAs, superuserUrl } = options;
  return connectAs === undefined
    ? (database, role) => openThroughSuperuser(superuserUrl, database, role)
    : (database, role) => openDirectly(connectAs(database, role));
}

function openDirectly(login: SocketLogin): JobSession {
  const tap = createWireTap({ path: `${login.host}/.s.PGSQL.${login.port}` });
  // The option is part of the library, not of its types.
  const through = { socket: tap.socket };
  const sql = postgres({ ...login, ...jobOptions, ...through, connection: applicationName });
  return { sql, enter: () => readPid(sql), lastOutcome: tap.lastOutcome };
}

function openThroughSuperuser(superuserUrl: string, database: string, role: string): JobSession {
  const url = new URL(superuserUrl);
  const encrypted = !['', 'disable'].includes(url.searchParams.get('sslmode') ?? '');
  const tap = createWireTap({ host: url.hostname || '127.0.0.1', port: Number(url.port || 5432) });
  // What travels encrypted cannot be read along: return messages are then plainer.
  const through = encrypted ? {} : { socket: tap.socket };
  const sql = postgres(superuserUrl, { ...jobOptions, ...through, database, connection: applicationName });
  return { sql, enter: () => becomeRole(sql, role), lastOutcome: tap.lastOutcome };
}

async function readPid(sql: Sql): Promise<number | null> {
  const [row] = await sql<{ pid: number }[]>`select pg_catalog.pg_backend_pid() as pid`;
  return row?.pid ?? null;
}

async function becomeRole(sql: Sql, role: string): Promise<number | null> {
  const [row] = await sql<{ pid: number }[]>`
    select pg_catalog.pg_backend_pid() as pid, pg_catalog.set_config('session_authorization', r.rolname, false)
    from pg_catalog.pg_roles r
    where r.rolname = ${role} and r.rolcanlogin`;
  return row?.pid ?? null;
}
