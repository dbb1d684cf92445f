import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { discard, type Sql } from '../database/connect.ts';
import { Pause } from './passing-errors.ts';
import { openWorkerClient } from './worker-client.ts';

/** Where the queue says that something is due now; the payload is the task type. */
export const CHANNEL = 'ops_job_queue';

/** What lies between us and the server. */
export interface WayToServer {
  /** Statements stay prepared from one to the next. */
  readonly keepsSession: boolean;
}

const PROBE_MS = 1500;

/**
 * Find out whether the connection keeps its server session. A direct connection does: the process id of the handshake
 * is the server's. Behind a pooler the ids differ, and only a notice from another connection that arrives shows that
 * LISTEN holds (session mode) or not (transaction mode).
 *
 * @throws whatever the driver throws when the database cannot be reached
 */
export async function probeWay(url: string, applicationName?: string): Promise<WayToServer> {
  const name = applicationName === undefined ? {} : { applicationName };
  const channel = `opsroom_probe_${randomBytes(6).toString('hex')}`;
  let heard = false;
  const listener = openWorkerClient({
    url,
    prepare: false,
    ...name,
    events: { onNotice: (told) => (heard ||= told === channel) },
  });
  const speaker = openWorkerClient({ url, prepare: false, ...name });
  try {
    const rows = await listener<{ pid: number }[]>`select pg_catalog.pg_backend_pid() as pid`;
    if (rows.state.pid === rows[0]?.pid) return { keepsSession: true };
    await listener`listen ${listener.unsafe(channel)}`;
    await speaker`select pg_catalog.pg_notify(${channel}, '')`;
    for (const until = Date.now() + PROBE_MS; !heard && Date.now() < until; ) await sleep(20);
    return { keepsSession: heard };
  } finally {
    discard(listener);
    discard(speaker);
  }
}

export interface ControlHost {
  readonly onNotice: (taskType: string) => void;
  /** Notices may have been missed: look. */
  readonly onListening: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The worker's second connection: hears notices and carries heartbeats. It comes back by itself; while it is away the
 * poll finds what is due.
 */
export class ControlLink {
  readonly #host: ControlHost;
  readonly #options: { readonly url: string; readonly listen: boolean; readonly prepare: boolean };
  readonly #pause = new Pause();
  #sql: Sql | undefined;
  #listening = false;
  #closed = false;

  constructor(
    host: ControlHost,
    options: { readonly url: string; readonly listen: boolean; readonly prepare: boolean },
  ) {
    this.#host = host;
    this.#options = options;
  }

  /** True while notices arrive. */
  get isListening(): boolean {
    return this.#listening;
  }

  /** Connect and listen; resolves after the first try, whether or not it worked. */
  async open(): Promise<void> {
    if (this.#closed) return;
    const sql = openWorkerClient({
      url: this.#options.url,
      prepare: this.#options.prepare,
      events: {
        onNotice: (channel, payload) => {
          if (channel === CHANNEL) this.#host.onNotice(payload);
        },
        onClose: () => this.#lost(sql, undefined),
      },
    });
    this.#sql = sql;
    try {
      if (this.#options.listen) await sql`listen ${sql.unsafe(CHANNEL)}`;
      else await sql`select 1`;
      if (this.#sql !== sql) return;
      this.#pause.reset();
      this.#listening = this.#options.listen;
      this.#host.onListening();
    } catch (error) {
      this.#lost(sql, error);
    }
  }

  /**
   * Run a statement here. A statement without an answer within the time counts as a lost connection.
   *
   * @throws the driver's error; the connection is made anew behind it
   */
  async run<T>(statement: (sql: Sql) => Promise<T>, timeoutMs: number): Promise<T> {
    const sql = this.#sql;
    if (sql === undefined) throw new ControlAway();
    const timer = setTimeout(() => this.#lost(sql, undefined), timeoutMs);
    try {
      return await statement(sql);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pause.cancel();
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.end({ timeout: 1 }).catch(() => undefined);
  }

  #lost(sql: Sql, error: unknown): void {
    if (this.#sql !== sql) return;
    this.#sql = undefined;
    this.#listening = false;
    discard(sql);
    if (this.#closed) return;
    this.#host.onTrouble(error);
    this.#pause.begin(() => void this.open());
  }
}

/** The control connection is being made anew. */
export class ControlAway extends Error {
  override readonly name = 'ControlAway';
  readonly code = 'CONNECTION_CLOSED';
}
