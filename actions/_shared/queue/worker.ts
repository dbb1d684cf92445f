import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFunctionCaller, type FunctionAccess } from '../../../functions/_shared/jobs/call-function.ts';
import { ControlLink, probeWay } from './control-link.ts';
import { JobMeter } from './job-meter.ts';
import { heartbeatEvery, keepLeases, rescue, rescueEvery } from './keep-leases.ts';
import { Lane, type LaneHost } from './lane.ts';
import type { Handlers } from './load-handlers.ts';
import { createPostgresStore } from './postgres-store.ts';
import { Prefetch, type PrefetchChoice } from './prefetch.ts';
import { RunWatch, SETTLE_MS } from './watch-runs.ts';
import type { WorkLog } from './work-log.ts';
import { createWorkerEvents } from './worker-events.ts';
import { mostAbandoned, type WorkerStats } from './worker-stats.ts';

export interface WorkerOptions {
  /** Connection string; kept out of logs and errors. */
  readonly url: string;
  readonly handlers: Handlers;
  /** Jobs that run at once; 8 by default. */
  readonly concurrency?: number;
  /** Jobs claimed ahead of free places; `auto` (default) follows how long jobs take. */
  readonly prefetch?: PrefetchChoice;
  /** How long a silent worker keeps its jobs, in milliseconds; one minute by default. */
  readonly leaseMs?: number;
  /** How often to look for due jobs without being told, in milliseconds; two seconds by default. */
  readonly pollMs?: number;
  /** Hear of new jobs by LISTEN where the connection allows it; default true. */
  readonly listen?: boolean;
  /** End when nothing is due any more. */
  readonly drain?: boolean;
  readonly functions?: FunctionAccess;
  readonly log: WorkLog;
  /** Values that must not appear in errors and logs. */
  readonly secrets?: readonly string[];
}

/** Why a worker ended. */
export type WorkerEnding =
  | { readonly reason: 'drained' | 'stopped' }
  | { readonly reason: 'failed'; readonly error: unknown };

export interface Worker {
  readonly name: string;
  /** Resolves once, when the worker has ended by itself or was stopped. Never rejects. */
  readonly ended: Promise<WorkerEnding>;
  stats(): WorkerStats;
  /**
   * Claim no more, hand back what was not begun, let what runs finish for `graceMs`, then stop it and hand it back. A
   * second call with a shorter grace shortens the first.
   */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Start working on the queue: one claimer for all slots, because claims of a task type wait for each other anyway.
 * Returns once the database has answered.
 *
 * @throws whatever the driver throws when the database cannot be reached at the start; later it is waited for
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const way = await probeWay(options.url);
  const worker = new QueueWorker(options, way.keepsSession);
  await worker.start();
  return worker;
}

class QueueWorker implements Worker {
  readonly name = `${hostname().slice(0, 60)}:${process.pid}:${randomBytes(3).toString('hex')}`;
  readonly ended: Promise<WorkerEnding>;
  readonly #log: WorkLog;
  readonly #lane: Lane;
  readonly #control: ControlLink;
  readonly #watch: RunWatch;
  readonly #meter = new JobMeter();
  readonly #events: ReturnType<typeof createWorkerEvents>;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #settings: {
    readonly concurrency: number;
    readonly leaseMs: number;
    readonly pollMs: number;
    readonly drain: boolean;
  };
  readonly #startedAt = Date.now();
  #end: (ending: WorkerEnding) => void = () => undefined;
  #stopping: Promise<void> | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #onDeadline: (() => void) | undefined;

  constructor(options: WorkerOptions, keepsSession: boolean) {
    const {
      log,
      concurrency = 8,
      prefetch = 'auto',
      leaseMs = 60_000,
      pollMs = 2000,
      drain = false,
    } = options;
    this.#log = log;
    this.#settings = { concurrency, leaseMs, pollMs, drain };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const listen = (options.listen ?? true) && keepsSession;
    if ((options.listen ?? true) && !keepsSession)
      log.write('warn', 'polling_only', { why: 'transaction pooler' });
    this.#events = createWorkerEvents({ log, meter: this.#meter });
    this.#control = new ControlLink(
      {
        onNotice: (taskType) => {
          if (options.handlers.has(taskType)) this.#wake();
        },
        onListening: () => this.#wake(),
        onTrouble: (error) => this.#events.controlLost(error),
      },
      { url: options.url, listen, prepare: keepsSession },
    );
    const host = this.#laneHost(options);
    const store = createPostgresStore({
      url: options.url,
      worker: this.name,
      leaseMs,
      taskTypes: [...options.handlers.keys()],
      prepare: keepsSession,
      answerMs: Math.max(leaseMs, 10_000),
    });
    this.#lane = new Lane(host, store, { slots: concurrency, prefetch: new Prefetch(prefetch, concurrency) });
    this.#watch = new RunWatch(this.#lane, {
      leaseMs,
      onAbandoned: (run) => this.#events.abandoned(run),
    });
  }

  async start(): Promise<void> {
    await this.#control.open();
    const { leaseMs, pollMs, concurrency } = this.#settings;
    this.#log.write('info', 'worker_started', {
      worker: this.name,
      concurrency,
      lease_ms: leaseMs,
      poll_ms: pollMs,
      listening: this.#control.isListening,
    });
    this.#every(pollMs, async () => this.#wake());
    this.#every(heartbeatEvery(leaseMs), () => keepLeases(this.#lane, this.#control, { leaseMs }));
    this.#every(rescueEvery(leaseMs), async () => {
      const rescued = await rescue(this.#control);
      if (rescued > 0) this.#log.write('warn', 'jobs_rescued', { count: rescued });
    });
    this.#lane.wake();
  }

  stats(): WorkerStats {
    return {
      worker: this.name,
      startedAt: this.#startedAt,
      concurrency: this.#settings.concurrency,
      pollMs: this.#settings.pollMs,
      stopping: this.#stopping !== undefined,
      listening: this.#control.isListening,
      running: this.#lane.running.size,
      waiting: this.#lane.waiting,
      unsettled: this.#lane.unsettled,
      abandoned: this.#watch.abandoned,
      ...this.#events.figures(),
      types: this.#meter.types,
    };
  }

  stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#deadline = Math.min(this.#deadline, Date.now() + graceMs);
    this.#onDeadline?.();
    this.#stopping ??= this.#wind();
    return this.#stopping;
  }

  /** Graceful first, then firm; ends within the grace and a few seconds, whatever handlers and the database do. */
  async #wind(): Promise<void> {
    this.#log.write('info', 'worker_stopping', { worker: this.name });
    this.#lane.returnWaiting();
    await this.#untilQuiet(() => this.#deadline);
    if (this.#isBusy()) {
      for (const run of this.#lane.running) run.stop('shutdown');
      const last = Date.now() + SETTLE_MS + 2000;
      await this.#untilQuiet(() => last);
    }
    await this.#close({ reason: 'stopped' });
  }

  /** Wait until no lane holds anything, or the time has come; the time may be moved nearer meanwhile. */
  async #untilQuiet(until: () => number): Promise<void> {
    while (this.#isBusy() && Date.now() < until()) {
      await Promise.race([
        sleep(Math.min(25, Math.max(1, until() - Date.now()))),
        new Promise<void>((resolve) => {
          this.#onDeadline = resolve;
        }),
      ]);
    }
  }

  #isBusy(): boolean {
    return !this.#lane.isQuiet;
  }

  async #close(ending: WorkerEnding): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#watch.stop();
    await Promise.all([this.#control.close(), this.#lane.close()]);
    const { succeeded, failed } = this.#meter;
    this.#log.write('info', 'worker_ended', { worker: this.name, reason: ending.reason, succeeded, failed });
    this.#log.flush();
    this.#end(ending);
  }

  #wake(): void {
    if (this.#stopping === undefined) this.#lane.wake();
  }

  /** Repeat with a jitter of a tenth, so that many workers do not ask in step. A failed beat is told and repeated. */
  #every(everyMs: number, work: () => Promise<unknown>): void {
    const slot = this.#timers.length;
    const again = (): NodeJS.Timeout =>
      setTimeout(
        () => {
          work()
            .catch((error: unknown) => this.#events.beatFailed(error))
            .finally(() => {
              if (this.#stopping === undefined || this.#isBusy()) this.#timers[slot] = again();
            });
        },
        everyMs * (0.9 + Math.random() * 0.2),
      );
    this.#timers.push(again());
  }

  #laneHost(options: WorkerOptions): LaneHost {
    const { leaseMs, concurrency, drain } = this.#settings;
    return {
      handlers: options.handlers,
      surroundings: {
        callFunction: createFunctionCaller(options.functions ?? { url: undefined, token: undefined }),
        log: (job) => this.#log.ofJob(job),
        secrets: options.secrets ?? [],
      },
      leaseMs,
      mayClaim: () => this.#stopping === undefined && this.#watch.abandoned < mostAbandoned(concurrency),
      claimsAgain: () => drain || !this.#control.isListening,
      onStart: (run) => {
        this.#watch.arm();
        this.#events.started(run);
      },
      onEnd: (run, settlement) => this.#events.ended(run, settlement),
      onTurn: (turn) => this.#events.turned(turn),
      onStale: (settlement) => this.#events.stale(settlement),
      onFailed: (settlement, fate) => this.#events.failed(settlement, fate),
      onExpired: (job) => this.#events.expired(job),
      onTrouble: (error, pauseMs) => this.#events.databaseAway(error, pauseMs),
      onRecovered: () => this.#events.databaseBack(),
      onFatal: (error) => {
        if (this.#stopping !== undefined) return;
        this.#stopping = this.#close({ reason: 'failed', error });
      },
      onQuiet: () => {
        if (!drain || this.#stopping !== undefined) return;
        if (this.#lane.isDry) this.#stopping = this.#close({ reason: 'drained' });
      },
    };
  }
}
