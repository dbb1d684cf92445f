import type { SocketLogin } from '../../postgres/cluster.ts';

/** How one connection is opened. */
export interface Login {
  /** A folder with a Unix socket (absolute path) or a host name. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Null where the server asks for none. */
  readonly password: string | null;
  /** Taken on right after the login by a superuser who has no way to log in as this role. */
  readonly actAs: string | null;
}

/** The way into `database` as `role`: by the socket when there is one, else as the superuser who then becomes the role. */
export function loginAs(
  role: string,
  where: {
    readonly superuserUrl: string;
    readonly database: string;
    readonly connectAs?: ((database: string, role: string) => SocketLogin) | undefined;
  },
): Login {
  const socket = where.connectAs?.(where.database, role);
  if (socket !== undefined) {
    const { host, port, database, username } = socket;
    return { host, port, database, user: username, password: null, actAs: null };
  }
  const url = new URL(where.superuserUrl);
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname,
    port: url.port === '' ? 5432 : Number(url.port),
    database: where.database,
    user,
    password: decodeURIComponent(url.password),
    actAs: user === role ? null : role,
  };
}
