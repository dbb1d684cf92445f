import { errorMessage } from '../../io/errors.ts';
import { Pause } from '../../queue/passing-errors.ts';
import type { BuildChannel, Lease } from './channel.ts';
import type { Frame } from './frame.ts';
import type { Journal } from './journal.ts';
import type { LineRedaction } from './redact-lines.ts';

/**
 * live: lines go through. away: the database is, lines wait in the buffer. stale: the build is somebody else's now, nothing is
 * written any more. refused: the database does not take what we send, and will not later.
 */
export type RecorderState = 'live' | 'away' | 'stale' | 'refused';

/** A lease, and what to add to the numbers of the buffer. */
export interface Taken {
  readonly lease: Lease;
  readonly shift: number;
}

export interface SenderOptions {
  readonly journal: Journal;
  readonly channel: BuildChannel;
  /** Left out when there is none yet: it is taken before the first frame is sent. */
  readonly lease?: Lease | undefined;
  /** What to add to the numbers of the buffer, which began before anybody knew which lines there were. */
  readonly shift?: number;
  readonly redaction: LineRedaction;
  /** Called once for each change of state, with words for people. */
  readonly onState?: (state: RecorderState, why: string) => void;
  /** Take the build, the first time or after the lease ran out while the database was away; undefined when it is another's. */
  readonly take?: () => Promise<Taken | undefined>;
}

/** Frames sent at once: the server works on one while the next is on its way. */
const FRAMES_AT_ONCE = 4;
const SYNC_EVERY_MS = 1000;

/** Sends what is in a buffer, in order, and again after the database was away. Never throws because of it. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #journal: Journal;
  readonly #pause = new Pause();
  #lease: Lease | undefined;
  #shift: number;
  #state: RecorderState = 'live';
  #lastSync = 0;
  #sending = false;
  #closed = false;
  #waiters: (() => void)[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#lease = options.lease;
    this.#shift = options.shift ?? 0;
  }

  get state(): RecorderState {
    return this.#state;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** True when nothing more will ever be sent. */
  get isOver(): boolean {
    return this.#state === 'stale' || this.#state === 'refused';
  }

  /** Resolves when something was sent, or `wake` was called. */
  nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Stop, once what is under way has its answer. */
  async close(): Promise<void> {
    this.#pause.cancel();
    this.#closed = true;
    while (this.#sending) await this.nextChange();
  }

  /** Send while there is something to send. One at a time: order is kept by waiting for answers. */
  pump(): void {
    const isIdle = this.#journal.length === 0 || this.isOver || this.#pause.isOn;
    if (this.#sending || this.#closed || isIdle) return;
    this.#sending = true;
    void this.#send().finally(() => {
      this.#sending = false;
      this.wake();
      this.pump();
    });
  }

  async #send(): Promise<void> {
    try {
      const lease = this.#lease ?? (await this.#take());
      if (lease !== undefined) await this.#sendUnder(lease);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Send until nothing waits. What was sent behind a batch that failed is sent again: nothing of it is acknowledged. */
  async #sendUnder(lease: Lease): Promise<void> {
    const { channel } = this.#options;
    const underWay: { readonly count: number; readonly outcome: Promise<'stored' | 'stale'> }[] = [];
    let sent = 0;
    try {
      while (!this.#closed) {
        while (underWay.length < channel.writesAtOnce && sent < this.#journal.length) {
          const frames = this.#journal.peek(sent, FRAMES_AT_ONCE).map((frame) => this.#numbered(frame));
          const outcome = channel.write(lease, frames);
          // Looked at in its turn; until then nobody else may call it unhandled.
          outcome.catch(() => undefined);
          underWay.push({ count: frames.length, outcome });
          sent += frames.length;
        }
        const [first] = underWay;
        if (first === undefined) return;
        if ((await first.outcome) === 'stale') {
          this.#lease = undefined;
          return;
        }
        underWay.shift();
        sent -= first.count;
        this.#journal.acknowledge(first.count);
        if (this.#pause.reset()) this.#become('live', 'The database is back; what waited is being stored.');
      }
    } finally {
      await Promise.allSettled(underWay.map(({ outcome }) => outcome));
    }
  }

  async #take(): Promise<Lease | undefined> {
    const taken = await this.#options.take?.();
    if (taken === undefined) {
      this.#become(
        'stale',
        'The build is not ours: another run has it, or it has ended. Nothing more is written.',
      );
      return undefined;
    }
    this.#shift = taken.shift;
    this.#lease = taken.lease;
    return taken.lease;
  }

  #numbered(frame: Frame): Frame {
    return frame.op === 'lines' && this.#shift > 0 ? { ...frame, seq: frame.seq + this.#shift } : frame;
  }

  #fail(error: unknown): void {
    if (this.#options.channel.isAway(error)) {
      this.#become(
        'away',
        'The database does not answer; what the build says is kept in a file and stored later.',
      );
      this.#syncNowAndThen();
      this.#pause.begin(() => this.pump());
      return;
    }
    const words = errorMessage(error);
    this.#become(
      'refused',
      `The database refuses what the recorder sends: ${this.#options.redaction.redact(words).slice(0, 500)}`,
    );
  }

  #syncNowAndThen(): void {
    if (performance.now() - this.#lastSync < SYNC_EVERY_MS) return;
    this.#lastSync = performance.now();
    this.#journal.sync();
  }

  #become(state: RecorderState, why: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state, why);
  }
}
