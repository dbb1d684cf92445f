import { Pause } from '../../queue/passing-errors.ts';
import type { BuildChannel, Lease } from './channel.ts';
import type { CallFrame, Frame, Level, SourcePosition } from './frame.ts';
import type { Journal } from './journal.ts';
import type { RecorderLimits } from './limits.ts';
import { type PreparedLines, prepareLines } from './prepare-lines.ts';
import type { LineRedaction } from './redact-lines.ts';

/**
 * live: lines go through. away: the database is, lines wait in the buffer. stale: the build is somebody else's now, nothing is
 * written any more. refused: the database does not take what we send, and will not later.
 */
export type RecorderState = 'live' | 'away' | 'stale' | 'refused';

/** Where lines come from. */
export interface LineOrigin {
  readonly step: string | null;
  /** Word of ops.build_events.kind, `log` when left out. */
  readonly kind?: string;
  readonly level?: Level;
  /** How far the source is read once these lines are in the buffer. */
  readonly source?: SourcePosition | undefined;
}

export interface RecorderOptions {
  readonly journal: Journal;
  readonly channel: BuildChannel;
  /** Left out when there is none yet: it is taken before the first frame is sent. */
  readonly lease?: Lease | undefined;
  /** What to add to the numbers of the buffer, which began before anybody knew which lines there were. */
  readonly shift?: number;
  readonly limits: RecorderLimits;
  readonly redaction: LineRedaction;
  readonly now: () => Date;
  /** Called once for each change of state, with words for people. */
  readonly onState?: (state: RecorderState, why: string) => void;
  /** Values a command asked to hide. */
  readonly onMask?: (value: string) => void;
  /** Take the build, the first time or after the lease ran out while the database was away; undefined when it is another's. */
  readonly take?: () => Promise<Taken | undefined>;
}

/** A lease, and what to add to the numbers of the buffer. */
export interface Taken {
  readonly lease: Lease;
  readonly shift: number;
}

/** Frames sent at once: the server works on one while the next is on its way. */
const FRAMES_AT_ONCE = 4;
const SYNC_EVERY_MS = 1000;

interface Pending {
  readonly parts: string[];
  readonly levels: (readonly Level[] | number)[];
  count: number;
  readonly step: string | null;
  readonly kind: string;
  source: SourcePosition | undefined;
}

/**
 * Writes what a build says: in batches, through a buffer on disk, in order, each line once. Never throws because the database is
 * away, and never keeps its caller waiting for it.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #journal: Journal;
  readonly #pause = new Pause();
  #lease: Lease | undefined;
  #shift: number;
  #state: RecorderState = 'live';
  #pending: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = 0;
  #lastSync = 0;
  #leftOut = 0;
  #sending = false;
  #closed = false;
  #waiters: (() => void)[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#lease = options.lease;
    this.#shift = options.shift ?? 0;
    this.#pump();
  }

  get state(): RecorderState {
    return this.#state;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Frames that are not stored yet. */
  get waiting(): number {
    return this.#journal.length + (this.#pending === undefined ? 0 : 1);
  }

  /** Take lines: `text` holds whole ones, with newlines between. */
  write(text: string, origin: LineOrigin): void {
    const { limits } = this.#options;
    const prepared = this.#prepare(text);
    if (prepared === undefined) return;
    if (prepared.count <= limits.batchLines) {
      this.#add(prepared, origin);
      return;
    }
    for (const { lines, isLast } of slices(prepared, limits.batchLines)) {
      this.#add(lines, isLast ? origin : { ...origin, source: undefined });
    }
  }

  /** Say what the build is, or what it leaves behind; in order with its lines. */
  call(frame: CallFrame): void {
    this.#flush();
    this.#journal.append(frame);
    this.#pump();
  }

  /** Hand on what waits for company. */
  flush(): void {
    this.#flush();
  }

  /** Say how many lines were left out, where they would have been. */
  tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.#flush();
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#appendLines({
      text: `${count.toLocaleString('en')} ${count === 1 ? 'line was' : 'lines were'} left out: more than a recorder keeps`,
      count: 1,
      levels: ['warning'],
      kind: 'gap',
      step: null,
      source: undefined,
    });
  }

  /**
   * Wait until everything is stored, the time is over, or nothing more can be.
   *
   * @returns true when nothing waits any more
   */
  async drain(timeoutMs: number): Promise<boolean> {
    this.tellLeftOut();
    this.#flush();
    const deadline = setTimeout(() => this.#wake(), timeoutMs);
    const until = Date.now() + timeoutMs;
    while (this.#journal.length > 0 && !this.#isOver() && Date.now() < until) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    clearTimeout(deadline);
    return this.#journal.length === 0;
  }

  /** Stop. What waits stays in the buffer. */
  async close(): Promise<void> {
    this.#flush();
    this.#pause.cancel();
    clearTimeout(this.#timer);
    this.#closed = true;
    while (this.#sending) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    this.#journal.close();
    await this.#options.channel.close();
  }

  /** Secrets go before anything is cut: half of one is still half of one. */
  #prepare(text: string): PreparedLines | undefined {
    const { limits, redaction, onMask } = this.#options;
    let isMaskNew = false;
    const prepared = prepareLines(redaction.redact(text), limits.lineLength, (value) => {
      isMaskNew = true;
      redaction.add(value);
      onMask?.(value);
    });
    return prepared === undefined || !isMaskNew
      ? prepared
      : { ...prepared, text: redaction.redact(prepared.text) };
  }

  #add(lines: PreparedLines, origin: LineOrigin): void {
    const { limits } = this.#options;
    const kind = origin.kind ?? 'log';
    const isFull = this.#journal.next + (this.#pending?.count ?? 0) > limits.lines;
    if (kind === 'log' && (isFull || this.#journal.waitingBytes > limits.bufferBytes)) {
      this.#leftOut += lines.count;
      return;
    }
    if (!isFull) this.tellLeftOut();
    const pending = this.#pending;
    if (
      pending !== undefined &&
      (pending.step !== origin.step ||
        pending.kind !== kind ||
        pending.count + lines.count > limits.batchLines ||
        pending.source?.source !== origin.source?.source)
    ) {
      this.#flush();
    }
    this.#pending ??= { parts: [], levels: [], count: 0, step: origin.step, kind, source: undefined };
    this.#pending.parts.push(lines.text);
    this.#pending.levels.push(
      origin.level === undefined ? (lines.levels ?? lines.count) : Array(lines.count).fill(origin.level),
    );
    this.#pending.count += lines.count;
    this.#pending.source = origin.source ?? this.#pending.source;
    if (this.#pending.count >= limits.batchLines) this.#flush();
    else this.#flushSoon();
  }

  /** A line after a pause goes at once; those right behind it wait for each other. */
  #flushSoon(): void {
    const { batchMs } = this.#options.limits;
    const since = performance.now() - this.#lastFlush;
    this.#timer ??= setTimeout(() => this.#flush(), since >= batchMs ? 0 : batchMs - since);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    this.#lastFlush = performance.now();
    this.#appendLines({
      text: pending.parts.length === 1 ? (pending.parts[0] ?? '') : pending.parts.join('\n'),
      count: pending.count,
      levels: levelsOf(pending.levels),
      kind: pending.kind,
      step: pending.step,
      source: pending.source,
    });
  }

  #appendLines(lines: {
    readonly text: string;
    readonly count: number;
    readonly levels: readonly Level[];
    readonly kind: string;
    readonly step: string | null;
    readonly source: SourcePosition | undefined;
  }): void {
    const { source, ...rest } = lines;
    const at = this.#options.now().toISOString();
    this.#journal.append({ op: 'lines', seq: this.#journal.next, at, ...rest }, source);
    this.#pump();
  }

  /** Send while there is something to send. One at a time: order is kept by waiting for answers. */
  #pump(): void {
    if (this.#sending || this.#closed || this.#journal.length === 0 || this.#isOver() || this.#pause.isOn)
      return;
    this.#sending = true;
    void this.#send().finally(() => {
      this.#sending = false;
      this.#wake();
      this.#pump();
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
      this.#pause.begin(() => this.#pump());
      return;
    }
    const words = error instanceof Error ? error.message : String(error);
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

  #isOver(): boolean {
    return this.#state === 'stale' || this.#state === 'refused';
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

function levelsOf(parts: readonly (readonly Level[] | number)[]): readonly Level[] {
  if (parts.every((part) => typeof part === 'number')) return ['info'];
  const levels = parts.flatMap((part) => (typeof part === 'number' ? Array<Level>(part).fill('info') : part));
  const [first = 'info'] = levels;
  return levels.every((level) => level === first) ? [first] : levels;
}

/** Parts of at most so many lines. */
function* slices(
  { text, levels, count }: PreparedLines,
  most: number,
): Generator<{ readonly lines: PreparedLines; readonly isLast: boolean }> {
  let start = 0;
  for (let done = 0; done < count; done += most) {
    const isLast = done + most >= count;
    let end = start - 1;
    if (isLast) end = text.length;
    else for (let line = 0; line < most; line += 1) end = text.indexOf('\n', end + 1);
    const part = levels?.slice(done, done + most);
    yield {
      lines: {
        text: text.slice(start, end),
        count: Math.min(most, count - done),
        ...(part === undefined ? {} : { levels: part }),
      },
      isLast,
    };
    start = end + 1;
  }
}
