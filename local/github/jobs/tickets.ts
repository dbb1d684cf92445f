import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a signed address allows: `r` to read it, `w` to write it. */
export type TicketUse = 'r' | 'w';

/** Addresses that work for a while without a token, as those of GitHub's blob storage do. */
export interface Tickets {
  /** A signed address for a path. */
  readonly url: (path: string, use: TicketUse) => string;
  /** True when the address was signed here, for this use, and is not too old. */
  readonly isGood: (url: URL, use: TicketUse) => boolean;
}

// Ten minutes for uploads; downloads of logs work for one.
const LIFETIME_MS: Readonly<Record<TicketUse, number>> = { r: 60_000, w: 600_000 };

/** Tickets nobody else can write. */
export function createTickets({
  baseUrl,
  now,
}: {
  readonly baseUrl: string;
  readonly now: () => Date;
}): Tickets {
  const key = randomBytes(32);
  const signature = (path: string, use: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`${use} ${expires} ${path}`).digest();
  return {
    url: (path, use) => {
      const expires = new Date(now().getTime() + LIFETIME_MS[use]).toISOString();
      const query = new URLSearchParams({
        se: expires,
        sp: use,
        sig: signature(path, use, expires).toString('base64url'),
      });
      return `${baseUrl}${path}?${query}`;
    },
    isGood: ({ pathname, searchParams }, use) => {
      const expires = searchParams.get('se') ?? '';
      const given = Buffer.from(searchParams.get('sig') ?? '', 'base64url');
      const right = signature(pathname, use, expires);
      return given.length === right.length && timingSafeEqual(given, right) && new Date(expires) > now();
    },
  };
}
