/**
 * Stand-in for pg_cron 1.6: the half that runs jobs, in hosted's mode (libpq, at most 32 at once). The SQL half is cron.sql.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { type CronRun, startRun } from './cron-run.ts';
import { failInterruptedRuns, readJobs, readPulse, tryToLead } from './cron-statements.ts';
import { addDueRuns, type CronBook, newBook, startable, takeJobs } from './cron-ticks.ts';
import type { OpenAsRole } from './job-login.ts';

/** Something that runs until it is stopped. */
export interface StandIn {
  stop(): Promise<void>;
}

/** What the scheduler works with; the clock can be the tests' own. */
export interface CronSchedulerOptions {
  readonly superuserUrl: string;
  readonly database: string;
  readonly open: OpenAsRole;
  readonly log: (message: string) => void;
  readonly now?: () => Date;
}

const maxRunning = 32;
const tickMs = 1000;

/** Starts the scheduler of one database; it waits its turn when another process already runs one there. */
export async function startCronScheduler(options: CronSchedulerOptions): Promise<StandIn> {
  const scheduler = new CronScheduler(options);
  await scheduler.begin();
  return scheduler;
}

class CronScheduler implements StandIn {
  readonly #options: CronSchedulerOptions;
  readonly #sql: Sql;
  readonly #now: () => Date;
  readonly #running = new Map<string, CronRun>();
  #book: CronBook = newBook();
  #fingerprint = '';
  #leads = false;
  #away = false;
  #stopped = false;
  #wake: AbortController = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: CronSchedulerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#sql = postgres(options.superuserUrl, {
      database: options.database,
      // One session, kept: it holds the launcher's lock.
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      prepare: false,
      fetch_types: false,
      onnotice: () => undefined,
      connection: { application_name: 'pg_cron scheduler (stand-in)' },
    });
  }

  async begin(): Promise<void> {
    await this.#tick();
    await this.#sql.listen('opsroom_cron_standin', () => this.#wake.abort());
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake.abort();
    await this.#loop;
    const runs = [...this.#running.values()];
    for (const run of runs) run.abandon();
    await Promise.allSettled(runs.map((run) => run.done));
    await this.#sql.end({ timeout: 2 });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#pause();
      if (!this.#stopped) await this.#tick();
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#wake;
    try {
      await sleep(tickMs, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#wake = new AbortController();
  }

  /** One look at the database and the clock. A database that is away is waited for. */
  async #tick(): Promise<void> {
    try {
      const pulse = await readPulse(this.#sql);
      if (this.#away) this.#options.log('pg_cron stand-in: the database is back.');
      this.#away = false;
      if (!pulse.leads && !(await this.#lead())) return;
      if (pulse.fingerprint !== this.#fingerprint || !pulse.leads) {
        const gone = takeJobs(this.#book, await readJobs(this.#sql), this.#now());
        for (const task of gone) this.#running.get(task.job.jobid)?.cancel();
        this.#fingerprint = pulse.fingerprint;
      }
      addDueRuns(this.#book, this.#now());
      this.#startRuns();
    } catch (error) {
      if (this.#stopped) return;
      if (!this.#away) this.#options.log(`pg_cron stand-in: waiting for the database (${describe(error)}).`);
      this.#away = true;
    }
  }

  /** Becoming the launcher, at the start or after the database was away, begins with an empty book, as pg_cron does. */
  async #lead(): Promise<boolean> {
    if (!(await tryToLead(this.#sql))) {
      if (this.#leads) this.#options.log('pg_cron stand-in: another process schedules here now.');
      this.#leads = false;
      return false;
    }
    for (const run of this.#running.values()) run.abandon();
    this.#running.clear();
    this.#book = newBook();
    this.#leads = true;
    await failInterruptedRuns(this.#sql);
    return true;
  }

  #startRuns(): void {
    for (const task of startable(this.#book, maxRunning - this.#running.size, this.#now())) {
      const run = startRun(task.job, { records: this.#sql, open: this.#options.open });
      this.#running.set(run.jobid, run);
      run.done
        .catch((error: unknown) => {
          if (!this.#stopped && !this.#away) {
            this.#options.log(`pg_cron stand-in: a run could not be recorded (${describe(error)}).`);
          }
        })
        .finally(() => {
          if (this.#running.get(run.jobid) === run) this.#running.delete(run.jobid);
          task.running = false;
          // A run may have waited for this one: no need to let it wait for the next second.
          if (task.pending > 0 || this.#running.size >= maxRunning - 1) this.#wake.abort();
        });
    }
  }
}

/** The kind of a failure only: messages of the server may quote data. */
function describe(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
