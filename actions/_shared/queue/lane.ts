import { type JobOutcome, JobRun, type JobSurroundings } from '../../../functions/_shared/jobs/run-job.ts';
import type { Failed, JobStore, LeasedJob, Settlement } from './job-store.ts';
import type { Handlers } from './load-handlers.ts';
import { isPassing, Pause } from './passing-errors.ts';
import type { Prefetch } from './prefetch.ts';

/** One exchange with the database, for those who count. */
export interface TurnReport {
  readonly asked: number;
  readonly got: number;
  readonly tookMs: number;
  /** When the job that waited longest of those claimed was due; `undefined` without any. */
  readonly oldestDueAt: number | undefined;
}

/** What a lane needs from its worker. */
export interface LaneHost {
  readonly handlers: Handlers;
  readonly surroundings: JobSurroundings;
  /** How long a lease lasts without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** True while jobs may be claimed. */
  readonly mayClaim: () => boolean;
  /** True when nobody tells us that an end made other work due (a serial key's next job): then we look. */
  readonly claimsAgain: () => boolean;
  readonly onStart: (run: JobRun<LeasedJob>) => void;
  readonly onEnd: (run: JobRun<LeasedJob>, settlement: Settlement) => void;
  readonly onTurn: (turn: TurnReport) => void;
  readonly onStale: (settlement: Settlement) => void;
  /** The queue has said what becomes of a failed attempt. */
  readonly onFailed: (settlement: Settlement, fate: Failed) => void;
  /** A lease that ran out before its job was started here. */
  readonly onExpired: (job: LeasedJob) => void;
  /** The database is away; it is tried again after a pause. */
  readonly onTrouble: (error: unknown, pauseMs: number) => void;
  readonly onRecovered: () => void;
  /** It holds nothing and waits for nothing. */
  readonly onQuiet: () => void;
  /** An error that trying again cannot mend. */
  readonly onFatal: (error: unknown) => void;
}

/** How long a statement whose answer was lost is thought to be still at work, and how often that is asked. */
const DOUBT_MS = 10_000;
const DOUBT_EVERY_MS = 500;

/**
 * A claimer with its own connection, `slots` places for running jobs and a queue of prefetched ones. It exchanges
 * whole batches: while one statement is on its way, what ends piles up for the next. With one slot and no prefetch that
 * is the fused loop (complete the last, claim the next); with more it claims exactly the free places.
 */
export class Lane {
  readonly running = new Set<JobRun<LeasedJob>>();
  readonly #host: LaneHost;
  readonly #store: JobStore;
  readonly #slots: number;
  readonly #prefetch: Prefetch;
  readonly #pause = new Pause();
  #waiting: LeasedJob[] = [];
  #next = 0;
  #settled: Settlement[] = [];
  readonly #underway = new Set<readonly Settlement[]>();
  #asked = 0;
  #dry = false;
  #wakes = 0;
  #filling = false;
  #scheduled = false;
  #closed = false;
  #forgot = false;
  #doubtUntil = 0;
  #doubtAgainAt = 0;

  constructor(
    host: LaneHost,
    store: JobStore,
    options: { readonly slots: number; readonly prefetch: Prefetch },
  ) {
    this.#host = host;
    this.#store = store;
    this.#slots = options.slots;
    this.#prefetch = options.prefetch;
  }

  /** Jobs claimed and not started. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  /** Ends not yet known to be recorded. */
  get unsettled(): number {
    let count = this.#settled.length;
    for (const settlements of this.#underway) count += settlements.length;
    return count;
  }

  /** True when the last claim found less than it asked for and nothing has woken the lane since. */
  get isDry(): boolean {
    return this.#dry;
  }

  /** True when it holds no job and has no statement on its way. */
  get isQuiet(): boolean {
    return (
      this.running.size === 0 && this.waiting === 0 && this.#settled.length === 0 && this.#underway.size === 0
    );
  }

  /** There may be work: claim as soon as there is room. */
  wake(): void {
    this.#wakes += 1;
    this.#dry = false;
    if (!this.#scheduled) this.#pump();
  }

  /** Every job this lane holds: prefetched, running, ended but not yet recorded. */
  *held(): Generator<LeasedJob> {
    for (let index = this.#next; index < this.#waiting.length; index += 1) {
      const job = this.#waiting[index];
      if (job !== undefined) yield job;
    }
    for (const run of this.running) yield run.job;
    for (const { job } of this.#settled) yield job;
    for (const settlements of this.#underway) for (const { job } of settlements) yield job;
  }

  /** Hand back what was claimed and not started, without spending an attempt. */
  returnWaiting(which: (job: LeasedJob) => boolean = () => true): void {
    const kept: LeasedJob[] = [];
    for (const job of this.#waiting.slice(this.#next)) {
      if (which(job)) this.#settled.push({ job, outcome: { kind: 'released' }, ranMs: 0 });
      else kept.push(job);
    }
    this.#waiting = kept;
    this.#next = 0;
    this.#schedule();
  }

  /** Forget prefetched jobs whose lease is no longer ours. */
  dropWaiting(which: (job: LeasedJob) => boolean): void {
    const before = this.waiting;
    this.#waiting = this.#waiting.slice(this.#next).filter((job) => !which(job));
    this.#next = 0;
    if (this.waiting < before) this.#forget();
  }

  /**
   * A job was let go without a word, because its lease seemed gone. One lease goes on for as long as it holds anything,
   * so a job it holds after all would never come free: the store gives back what we do not know of.
   */
  #forget(): void {
    this.#forgot = true;
    this.#schedule();
  }

  /** Close the connection; what is still held stays leased until its lease ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pause.cancel();
    await this.#store.close();
  }

  /** Exchange once this turn of the event loop is over, so that what ends together is recorded together. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closed || this.#pause.isOn) return;
    this.#doubt();
    // Nothing may be on its way when unknown jobs are given back: it could be bringing them.
    if (this.#forgot && this.#underway.size > 0) return;
    const { depth } = this.#prefetch;
    while (this.#underway.size < depth) {
      const claim = this.#room();
      if (this.#settled.length === 0 && claim === 0 && !this.#forgot) break;
      // A second statement behind the first pays only when it carries a good part of what fits.
      const worth = this.#prefetch.chunk(this.#slots) / 2;
      if (this.#underway.size > 0 && this.#settled.length < worth && claim < worth) return;
      void this.#exchange(claim);
    }
    if (this.isQuiet) this.#host.onQuiet();
  }

  /**
   * A statement whose answer was lost may still be at work on the server and claim for us after we gave back what it had
   * claimed by then. So for a while after a loss it is asked again, when nothing is on its way.
   */
  #doubt(): void {
    const now = Date.now();
    if (now > this.#doubtUntil || now < this.#doubtAgainAt || this.#underway.size > 0) return;
    this.#doubtAgainAt = now + DOUBT_EVERY_MS;
    this.#forgot = true;
  }

  /** How many jobs to ask for now. */
  #room(): number {
    if (!this.#host.mayClaim()) return 0;
    if (this.#dry && this.#settled.length === 0) return 0;
    const capacity = this.#slots + this.#prefetch.target;
    const room = capacity - this.running.size - this.waiting - this.#asked;
    // While prefetched jobs last, claiming a handful would spend a statement on it.
    if (this.#settled.length === 0 && this.waiting > 0 && room < capacity / 2) return 0;
    return Math.max(0, Math.min(room, this.#prefetch.chunk(this.#slots)));
  }

  async #exchange(claim: number): Promise<void> {
    const settlements = this.#settled;
    const wakes = this.#wakes;
    const forgot = this.#forgot;
    const sentAt = Date.now();
    this.#settled = [];
    this.#forgot = false;
    this.#asked += claim;
    this.#underway.add(settlements);
    try {
      const { jobs, stale, failed } = await this.#store.turn({
        settlements,
        claim,
        giveBackUnknown: forgot,
        knownIds: () => Array.from(this.held(), ({ id }) => id),
      });
      if (this.#pause.reset()) this.#host.onRecovered();
      for (const job of jobs) job.heldSince = sentAt;
      this.#prefetch.adjust();
      const mayHaveFreed = settlements.length > 0 && this.#host.claimsAgain();
      if (jobs.length < claim && wakes === this.#wakes && !mayHaveFreed) this.#dry = true;
      for (const settlement of stale) this.#host.onStale(settlement);
      for (const fate of failed) {
        const settlement = settlements.find(({ job }) => job.id === fate.id);
        if (settlement !== undefined) this.#host.onFailed(settlement, fate);
      }
      this.#host.onTurn({
        asked: claim,
        got: jobs.length,
        tookMs: Date.now() - sentAt,
        oldestDueAt: oldest(jobs),
      });
      this.#take(jobs);
    } catch (error) {
      this.#keep(settlements);
      this.#forgot ||= forgot;
      if (isPassing(error)) {
        this.#doubtUntil = Date.now() + DOUBT_MS;
        const pauseMs = this.#pause.begin(() => this.wake());
        this.#host.onTrouble(error, pauseMs);
      } else {
        this.#closed = true;
        this.#host.onFatal(error);
      }
    } finally {
      this.#asked -= claim;
      this.#underway.delete(settlements);
    }
    this.#fill();
    this.#schedule();
  }

  /** Ends whose record is unknown go first in the next exchange. */
  #keep(settlements: readonly Settlement[]): void {
    this.#settled = [...settlements, ...this.#settled];
  }

  #take(jobs: LeasedJob[]): void {
    if (jobs.length === 0) return;
    if (this.waiting === 0) this.#waiting = jobs;
    else this.#waiting = [...this.#waiting.slice(this.#next), ...jobs];
    this.#next = 0;
    // What was asked for before somebody said stop goes back.
    if (!this.#host.mayClaim()) this.returnWaiting();
  }

  /** Start waiting jobs in free slots. A handler may end at once, or even before `start` returns. */
  #fill(): void {
    if (this.#filling) return;
    this.#filling = true;
    while (this.running.size < this.#slots && this.#next < this.#waiting.length) {
      const job = this.#waiting[this.#next];
      this.#next += 1;
      if (job !== undefined) this.#startJob(job);
    }
    this.#filling = false;
  }

  #startJob(job: LeasedJob): void {
    const now = Date.now();
    if (now - job.heldSince >= this.#host.leaseMs) {
      this.#host.onExpired(job);
      this.#forget();
      return;
    }
    const handler = this.#host.handlers.get(job.taskType);
    if (handler === undefined) {
      this.#settled.push({ job, outcome: { kind: 'released' }, ranMs: 0 });
      return;
    }
    const run = new JobRun(job, handler, this.#host.surroundings, this.#ended, now);
    this.running.add(run);
    this.#host.onStart(run);
    run.start();
  }

  readonly #ended = (run: JobRun<LeasedJob>, outcome: JobOutcome): void => {
    const ranMs = Date.now() - run.startedAt;
    const settlement = { job: run.job, outcome, ranMs };
    this.running.delete(run);
    this.#prefetch.observe(ranMs);
    // Whoever holds the lease now settles it; our word would be refused.
    if (run.stopReason === 'lease_lost') this.#forget();
    else this.#settled.push(settlement);
    this.#host.onEnd(run, settlement);
    this.#fill();
    this.#schedule();
  };
}

function oldest(jobs: readonly LeasedJob[]): number | undefined {
  let dueAt: number | undefined;
  for (const job of jobs) if (dueAt === undefined || job.dueAt < dueAt) dueAt = job.dueAt;
  return dueAt;
}
