import { setTimeout as sleep } from 'node:timers/promises';
import { discard, type Sql } from '../../database/connect.ts';
import { probeWay } from '../../queue/control-link.ts';
import { Pause } from '../../queue/passing-errors.ts';
import { openWorkerClient } from '../../queue/worker-client.ts';

/** Hears that something happened to a build. */
export interface BuildNews {
  /** True while notices arrive. */
  readonly isHeard: boolean;
  /** Wait until something was said since the last call, or the time is over. */
  readonly next: (timeoutMs: number, signal?: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where ops.append_build_events announces lines of a build (ops.build_channel). */
export function buildChannel(buildId: string): string {
  return `ops_build_${buildId.replaceAll('-', '')}`;
}

/** Whom pg_stat_activity names. */
const FOLLOWER = 'opsroom follow';

/**
 * Listen on a channel, over a connection of its own that comes back by itself. Through a transaction pooler nothing would ever be
 * heard: that is found out first, and `isHeard` stays false.
 *
 * @throws whatever the driver throws when the database can't be reached now
 */
export async function listenForNews(url: string, channel: string): Promise<BuildNews> {
  const { keepsSession } = await probeWay(url, FOLLOWER);
  const pause = new Pause();
  let client: Sql | undefined;
  let isClosed = false;
  let isHeard = false;
  let isNew = true;
  let wake: () => void = () => undefined;
  const tell = (): void => {
    isNew = true;
    wake();
  };
  const lose = (sql: Sql): void => {
    if (client !== sql) return;
    client = undefined;
    isHeard = false;
    discard(sql);
    if (!isClosed) pause.begin(() => void open());
  };
  const open = async (): Promise<void> => {
    if (isClosed) return;
    const sql = openWorkerClient({
      url,
      prepare: false,
      applicationName: FOLLOWER,
      events: {
        onNotice: (name) => {
          if (name === channel) tell();
        },
        onClose: () => lose(sql),
      },
    });
    client = sql;
    try {
      await sql`listen ${sql.unsafe(channel)}`;
      pause.reset();
      isHeard = true;
      // Something may have been said while nobody listened.
      tell();
    } catch {
      lose(sql);
    }
  };
  if (keepsSession) await open();
  return {
    get isHeard() {
      return isHeard;
    },
    next: async (timeoutMs, signal) => {
      if (!isNew) {
        const told = new AbortController();
        wake = () => told.abort();
        const signals = signal === undefined ? [told.signal] : [told.signal, signal];
        await sleep(timeoutMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
      }
      isNew = false;
    },
    close: async () => {
      isClosed = true;
      pause.cancel();
      const last = client;
      client = undefined;
      await last?.end({ timeout: 1 }).catch(() => undefined);
    },
  };
}
