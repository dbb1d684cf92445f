import { type ConnectionEvents, connect, type Sql } from '../database/connect.ts';

/**
 * A client with exactly one connection that stays open, for the same few statements again and again.
 *
 * A client is thrown away after its connection broke: postgres.js 3.4.9 keeps what it was about to write, and sends that
 * before the handshake of the next connection.
 *
 * @param options.prepare prepared statements; false through a transaction pooler
 * @param options.applicationName shown in pg_stat_activity, `opsroom work` unless somebody else asks
 */
export function openWorkerClient(options: {
  readonly url: string;
  readonly prepare: boolean;
  readonly applicationName?: string;
  readonly events?: ConnectionEvents;
}): Sql {
  return connect({ applicationName: 'opsroom work', ...options, max: 1, idleTimeoutSeconds: 0 });
}
