import type { FunctionCaller } from './call-function.ts';
import type { JobContext, JobLog } from './define-job.ts';
import { describeError } from './describe-error.ts';
import type { Handler } from './handler.ts';
import { wishOf } from './job-failure.ts';
import { resultJson } from './job-result.ts';

/** A job as the queue hands it out. */
export interface ClaimedJob {
  readonly id: number;
  readonly taskType: string;
  readonly payload: unknown;
  /** 1 on the first try. */
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** How an attempt ended. */
export type JobOutcome =
  /** `result` is JSON text. */
  | { readonly kind: 'succeeded'; readonly result: string | null }
  /** To be tried again, after the queue's backoff when no delay is named; a dead letter when no attempt is left. */
  | { readonly kind: 'retry'; readonly error: string; readonly delayMs: number | null }
  | { readonly kind: 'dead'; readonly error: string }
  /** Given up by the worker: to be handed back as if it had not been claimed. */
  | { readonly kind: 'released' };

/** Why a running job was told to stop. */
export type StopReason = 'timeout' | 'cancelled' | 'lease_lost' | 'shutdown';

/** The `reason` of a job's signal. */
export class JobStopped extends Error {
  override readonly name = 'JobStopped';
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What jobs of one worker share. */
export interface JobSurroundings {
  readonly callFunction: FunctionCaller;
  readonly log: (job: ClaimedJob) => JobLog;
  /** Values that must not appear in a kept error. */
  readonly secrets: readonly string[];
}

export type JobEnd<Job extends ClaimedJob> = (run: JobRun<Job>, outcome: JobOutcome) => void;

const SUCCEEDED: JobOutcome = { kind: 'succeeded', result: null };

/**
 * One attempt of one job, and the context its handler sees. Ends exactly once, with an outcome; never throws. Signal,
 * log and timers are made when somebody asks for them: most jobs are over before.
 */
export class JobRun<Job extends ClaimedJob = ClaimedJob> implements JobContext {
  readonly job: Job;
  readonly handler: Handler;
  readonly startedAt: number;
  /** When it was told to stop, in milliseconds since 1970. */
  stoppedAt: number | undefined;
  readonly #surroundings: JobSurroundings;
  readonly #onEnd: JobEnd<Job>;
  #controller: AbortController | undefined;
  #log: JobLog | undefined;
  #stopped: JobStopped | undefined;
  #ended = false;
  #abandoned: (() => void) | undefined;

  constructor(
    job: Job,
    handler: Handler,
    surroundings: JobSurroundings,
    onEnd: JobEnd<Job>,
    now: number = Date.now(),
  ) {
    this.job = job;
    this.handler = handler;
    this.startedAt = now;
    this.#surroundings = surroundings;
    this.#onEnd = onEnd;
  }

  /** Check the payload and call the handler. `onEnd` may be called before this returns. */
  start(): void {
    try {
      const parsed = this.handler.parse(this.job.payload);
      if (!parsed.ok) {
        this.#end({ kind: 'dead', error: describeError(parsed.problem, this.#surroundings.secrets) });
        return;
      }
      const returned = this.handler.run(parsed.payload, this);
      if (!isThenable(returned)) this.#succeed(returned);
      else
        returned.then(
          (value) => this.#succeed(value),
          (error: unknown) => this.#fail(error),
        );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Tell the handler to stop, through its signal. Only the first reason counts. */
  stop(reason: StopReason, now: number = Date.now()): void {
    if (this.#stopped !== undefined || this.#ended) return;
    this.stoppedAt = now;
    this.#stopped = new JobStopped(reason, this.#explain(reason));
    this.#controller?.abort(this.#stopped);
  }

  /** Why it was told to stop; `undefined` when it was not. */
  get stopReason(): StopReason | undefined {
    return this.#stopped?.reason;
  }

  /**
   * End an attempt whose handler does not heed its signal. What it answers later is not looked at; that it did is told
   * to `onLate`, because until then it holds memory.
   */
  abandon(onLate: () => void): void {
    this.#fail(this.#stopped);
    this.#abandoned = onLate;
  }

  get jobId(): number {
    return this.job.id;
  }
  get taskType(): string {
    return this.job.taskType;
  }
  get attempt(): number {
    return this.job.attempt;
  }
  get maxAttempts(): number {
    return this.job.maxAttempts;
  }
  get idempotencyKey(): string {
    return `job-${this.job.id}`;
  }
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopped !== undefined) this.#controller.abort(this.#stopped);
    }
    return this.#controller.signal;
  }
  get log(): JobLog {
    this.#log ??= this.#surroundings.log(this.job);
    return this.#log;
  }

  /** A function of its own, so that a handler may take it out of its context. */
  get callFunction(): JobContext['callFunction'] {
    const { callFunction } = this.#surroundings;
    const { idempotencyKey, signal } = this;
    return (slug, body, answer) => callFunction({ slug, body, answer, idempotencyKey, signal });
  }

  #succeed(value: unknown): void {
    if (value === undefined) this.#end(SUCCEEDED);
    else this.#end({ kind: 'succeeded', result: resultJson(value) });
  }

  #fail(thrown: unknown): void {
    const { secrets } = this.#surroundings;
    if (this.#stopped?.reason === 'shutdown') {
      this.#end({ kind: 'released' });
      return;
    }
    if (this.#stopped !== undefined) {
      const said = thrown === this.#stopped ? '' : ` (${describeError(thrown, secrets)})`;
      this.#end({ kind: 'retry', error: `${this.#stopped.message}${said}`.slice(0, 2000), delayMs: null });
      return;
    }
    const wish = wishOf(thrown);
    const error = describeError(thrown, secrets);
    if (wish?.kind === 'dead') this.#end({ kind: 'dead', error });
    else this.#end({ kind: 'retry', error, delayMs: wish?.delayMs ?? null });
  }

  #end(outcome: JobOutcome): void {
    if (this.#ended) {
      this.#abandoned?.();
      return;
    }
    this.#ended = true;
    this.#onEnd(this, outcome);
  }

  #explain(reason: StopReason): string {
    switch (reason) {
      case 'timeout':
        return `timed out after ${this.handler.timeoutMs} ms`;
      case 'cancelled':
        return 'cancelled';
      case 'lease_lost':
        return 'the lease was lost';
      case 'shutdown':
        return 'the worker is stopping';
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
