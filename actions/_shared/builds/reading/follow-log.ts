import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../../database/connect.ts';
import { isPassing, Pause } from '../../queue/passing-errors.ts';
import { type BuildStatus, isFinal, type LogEvent } from './build.ts';
import { LogCursor } from './log-cursor.ts';
import type { BuildNews } from './news.ts';
import { type LogPosition, readLogPage } from './statements.ts';

export interface FollowLog {
  readonly sql: Sql;
  readonly buildId: string;
  /** Where to begin; at the start when left out. */
  readonly from?: LogPosition;
  /** Stay until the build has ended. */
  readonly follow: boolean;
  /** Says when there is something to read; without it the database is asked once a second. */
  readonly news?: BuildNews;
  readonly onEvents: (events: readonly LogEvent[]) => void | Promise<void>;
  /** Told when the database is away, and when it is back. */
  readonly onTrouble?: (away: boolean) => void;
  readonly signal?: AbortSignal;
}

const PAGE = 2000;
/** How often to ask where nothing tells; and, where notices come, in case one did not. */
const POLL_MS = 1000;
const POLL_BESIDE_NEWS_MS = 5000;

/**
 * Read a log from a position on, and with `follow` stay until the build has ended and its last line was read. Goes on where it
 * was when the connection was cut.
 *
 * @returns the build's state when it was read last
 * @throws Error when there is no such build
 */
export async function followLog(options: FollowLog): Promise<BuildStatus> {
  const cursor = new LogCursor(options.from);
  const pause = new Pause();
  let status: BuildStatus = 'queued';
  while (options.signal?.aborted !== true) {
    try {
      const page = await readLogPage(options.sql, options.buildId, cursor.position, PAGE);
      if (pause.reset()) options.onTrouble?.(false);
      status = page.status;
      const events = cursor.advance(page.events, Date.now());
      if (events.length > 0) await options.onEvents(events);
      if (page.events.length >= PAGE && events.length > 0) continue;
      if (cursor.hasGap) {
        // The line that is missing may be there in a moment.
        await sleep(50);
        continue;
      }
      if (!options.follow || isFinal(status)) return status;
      await wait(options, options.news?.isHeard === true ? POLL_BESIDE_NEWS_MS : POLL_MS);
    } catch (error) {
      if (!options.follow || !isPassing(error)) throw error;
      options.onTrouble?.(true);
      await new Promise<void>((resolve) => {
        pause.begin(resolve);
        options.signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
  pause.cancel();
  return status;
}

async function wait({ news, signal }: FollowLog, timeoutMs: number): Promise<void> {
  if (news !== undefined) await news.next(timeoutMs, signal);
  else await sleep(timeoutMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
