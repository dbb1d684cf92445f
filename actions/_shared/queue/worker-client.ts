import postgres from 'postgres';
import type { Sql } from '../database/connect.ts';
import { parseConnectionTarget } from '../database/connection-target.ts';
import { tlsSettings } from '../database/tls-settings.ts';

export interface ClientEvents {
  readonly onNotice?: (channel: string, payload: string) => void;
  readonly onClose?: () => void;
}

/** Not in the driver's types; it is what its own `listen` is made of. */
interface NoticeOption {
  readonly onnotify: (channel: string, payload: string) => void;
}

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
  readonly events?: ClientEvents;
}): Sql {
  const target = parseConnectionTarget(options.url);
  const settings: postgres.Options<Record<string, never>> & NoticeOption = {
    onnotify: (channel, payload) => options.events?.onNotice?.(channel, payload),
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    pass: target.password,
    ssl: tlsSettings(target),
    prepare: options.prepare,
    fetch_types: false,
    max: 1,
    connect_timeout: target.connectTimeoutSeconds,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    onclose: () => options.events?.onClose?.(),
    connection: {
      application_name: options.applicationName ?? 'opsroom work',
      ...(target.options === undefined ? {} : { options: target.options }),
    },
  };
  return postgres(settings);
}

/** Close a client whose connection is broken or no longer wanted, without waiting for what it was doing. */
export function discard(sql: Sql): void {
  sql.end({ timeout: 0 }).catch(() => undefined);
}
