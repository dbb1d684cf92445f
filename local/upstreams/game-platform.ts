/** A stand-in for the game platform: what competitors did after a second, and their totals. */
import { serveJson, type Upstream } from './serve-json.ts';

export interface PlayedActivity {
  readonly id: string;
  readonly kind: string;
  readonly points: number;
  readonly occurred_at_unix: number;
}

/**
 * @param options.played what each competitor did, oldest first; asked anew with every request
 * @param options.status an answer other than 200 for a competitor, to see what the caller does
 * @param options.pageSize activities a page
 */
export async function startGamePlatform(options: {
  readonly token: string;
  readonly played: (competitor: string) => readonly PlayedActivity[];
  readonly status?: (competitor: string) => number | undefined;
  readonly pageSize?: number;
  readonly onRequest?: (line: string) => void;
  readonly port?: number;
}): Promise<Upstream> {
  const pageSize = options.pageSize ?? 100;
  return serveJson((request) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const [, kind, competitor = '', what] = url.pathname.split('/').map(decodeURIComponent);
    if (request.headers.authorization !== `Bearer ${options.token}`) return { status: 401, body: {} };
    if (kind !== 'competitors') return { status: 404, body: {} };
    const status = options.status?.(competitor);
    if (status !== undefined) return { status, body: {} };
    const after = url.searchParams.get('after_time_unix');
    options.onRequest?.([what, competitor, after].filter((part) => part !== null).join(' '));
    const played = options.played(competitor);
    if (what === 'totals')
      return { status: 200, body: { points: played.reduce((sum, { points }) => sum + points, 0) } };
    if (what !== 'activities') return { status: 404, body: {} };
    const found = played.filter(({ occurred_at_unix }) => occurred_at_unix > Number(after));
    return { status: 200, body: { activities: found.slice(0, pageSize), has_more: found.length > pageSize } };
  }, options.port);
}
