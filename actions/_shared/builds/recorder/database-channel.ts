import { connect, discard, type Sql } from '../../database/connect.ts';
import { isPassing } from '../../queue/passing-errors.ts';
import type { BuildChannel } from './channel.ts';
import { recordFrame, recordHeartbeat, recordStart } from './statements.ts';

/** How long a statement may go without an answer. */
const ANSWER_MS = 15_000;

/**
 * Straight to the database, as role ops_recorder or another that may execute ops.record_*. One connection, made when it is
 * first needed and anew after it broke.
 *
 * @throws ConfigurationError for a connection string that can't be used
 */
export function databaseChannel(options: {
  readonly url: string;
  readonly answerMs?: number;
  /** How long a heartbeat keeps the lease; left out, as long as the database says. */
  readonly leaseMs?: number;
}): BuildChannel {
  let client: Sql | undefined;

  const within = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
    client ??= connect({ url: options.url, applicationName: 'opsroom record', max: 1 });
    const sql = client;
    const lose = (): void => {
      if (client === sql) client = undefined;
      discard(sql);
    };
    // A cut wire answers nothing at all.
    const watchdog = setTimeout(lose, options.answerMs ?? ANSWER_MS);
    try {
      return await work(sql);
    } catch (error) {
      if (isPassing(error)) lose();
      throw error;
    } finally {
      clearTimeout(watchdog);
    }
  };

  return {
    // One connection, which keeps the order: the server has the next batches at hand while the answer to these is on its way.
    writesAtOnce: 2,
    start: (request) => within((sql) => recordStart(sql, request)),
    heartbeat: (lease) => within((sql) => recordHeartbeat(sql, lease, options.leaseMs)),
    write: (lease, frames) =>
      within(async (sql) => {
        // Sent one behind the other without waiting: the server takes them in this order.
        const sent = frames.map((frame) => recordFrame(sql, lease, frame));
        await Promise.allSettled(sent);
        const outcomes = await Promise.all(sent);
        return outcomes.includes('stale') ? 'stale' : 'stored';
      }),
    isAway: isPassing,
    close: async () => {
      const open = client;
      client = undefined;
      await open?.end({ timeout: 2 }).catch(() => undefined);
    },
  };
}
