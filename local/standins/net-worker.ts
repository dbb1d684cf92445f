/**
 * Stand-in for pg_net 0.20: the half that sends requests. The SQL half is net.sql.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { StandIn } from './cron-scheduler.ts';
import { sendRequest } from './net-request.ts';
import { deleteExpired, insertResponse, isWorker, readSettings, takeRequests } from './net-statements.ts';

/** What the worker works with. */
export interface NetWorkerOptions {
  readonly superuserUrl: string;
  readonly database: string;
  readonly log: (message: string) => void;
}

const pauseMs = 1000;

/** Starts the worker of one database; it first does what is in the queue already. */
export async function startNetWorker(options: NetWorkerOptions): Promise<StandIn> {
  const worker = new NetWorker(options);
  await worker.begin();
  return worker;
}

class NetWorker implements StandIn {
  readonly #options: NetWorkerOptions;
  readonly #sql: Sql;
  readonly #stop = new AbortController();
  #shouldWake = true;
  #wake: AbortController = new AbortController();
  #away = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: NetWorkerOptions) {
    this.#options = options;
    this.#sql = postgres(options.superuserUrl, {
      database: options.database,
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      prepare: false,
      fetch_types: false,
      onnotice: () => undefined,
      connection: { application_name: 'pg_net worker (stand-in)' },
    });
  }

  async begin(): Promise<void> {
    const wake = (): void => {
      this.#shouldWake = true;
      this.#wake.abort();
    };
    // The second function runs whenever listening begins anew: what was queued meanwhile is not missed.
    await this.#sql.listen('opsroom_net_standin', wake, wake);
    // From here on check_worker_is_up() says yes.
    await isWorker(this.#sql);
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#sql.end({ timeout: 2 });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (!(await isWorker(this.#sql))) {
          await this.#rest(pauseMs);
          continue;
        }
        if (this.#away) this.#options.log('pg_net stand-in: the database is back.');
        this.#away = false;
        await this.#work();
        await this.#untilWoken();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#shouldWake = true;
        if (!this.#away) this.#options.log(`pg_net stand-in: waiting for the database (${describe(error)}).`);
        this.#away = true;
        await this.#rest(pauseMs);
      }
    }
  }

  /** Batch after batch, a second apart, until one finds nothing to do. */
  async #work(): Promise<void> {
    while (this.#shouldWake && !this.#stop.signal.aborted) {
      this.#shouldWake = false;
      while ((await this.#batch()) && !this.#stop.signal.aborted) await this.#rest(pauseMs);
    }
  }

  /**
   * One transaction: requests leave the queue and answers appear together when the slowest is done. If it is cut off, the
   * requests are in the queue again and are sent again.
   */
  async #batch(): Promise<boolean> {
    return this.#sql.begin(async (transaction) => {
      const settings = await readSettings(transaction);
      const expired = await deleteExpired(transaction, settings);
      const requests = await takeRequests(transaction, settings.batch_size);
      await Promise.all(
        requests.map(async (request) => {
          const response = await sendRequest(request, this.#stop.signal);
          await insertResponse(transaction, request.id, response);
        }),
      );
      return expired > 0 || requests.length > 0;
    });
  }

  /** A lost connection wakes too: by then the lock is gone and has to be taken anew. */
  async #untilWoken(): Promise<void> {
    this.#wake = new AbortController();
    if (this.#shouldWake) return;
    await this.#rest(5 * pauseMs, this.#wake.signal);
  }

  async #rest(ms: number, wake?: AbortSignal): Promise<void> {
    const signals = wake === undefined ? [this.#stop.signal] : [this.#stop.signal, wake];
    const signal = AbortSignal.any(signals);
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The kind of a failure only: messages of the server may quote data. */
function describe(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
