import type { Lease } from './channel.ts';
import type { CallFrame } from './frame.ts';
import type { RecorderLimits } from './limits.ts';
import { type BatchedLines, kindOf, LineBatch, type LineOrigin, slices } from './line-batch.ts';
import { type PreparedLines, prepareLines } from './prepare-lines.ts';
import { type RecorderState, Sender, type SenderOptions } from './sender.ts';

export interface RecorderOptions extends SenderOptions {
  readonly limits: RecorderLimits;
  readonly now: () => Date;
  /** Values a command asked to hide. */
  readonly onMask?: (value: string) => void;
}

/**
 * Writes what a build says: in batches, through a buffer on disk, in order, each line once. Never throws because the database is
 * away, and never keeps its caller waiting for it.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #sender: Sender;
  readonly #batch: LineBatch;
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = 0;
  #leftOut = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#sender = new Sender(options);
    this.#batch = new LineBatch(options.limits.batchLines);
    this.#sender.pump();
  }

  get state(): RecorderState {
    return this.#sender.state;
  }

  get lease(): Lease | undefined {
    return this.#sender.lease;
  }

  /** Frames that are not stored yet. */
  get waiting(): number {
    return this.#options.journal.length + (this.#batch.count === 0 ? 0 : 1);
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
    this.flush();
    this.#options.journal.append(frame);
    this.#sender.pump();
  }

  /** Hand on what waits for company. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#batch.take();
    if (lines === undefined) return;
    this.#lastFlush = performance.now();
    this.#append(lines);
  }

  /** Say how many lines were left out, where they would have been. */
  tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.flush();
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#append({
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
    const { journal } = this.#options;
    this.tellLeftOut();
    this.flush();
    const deadline = setTimeout(() => this.#sender.wake(), timeoutMs);
    const until = Date.now() + timeoutMs;
    while (journal.length > 0 && !this.#sender.isOver && Date.now() < until) await this.#sender.nextChange();
    clearTimeout(deadline);
    return journal.length === 0;
  }

  /** Stop. What waits stays in the buffer. */
  async close(): Promise<void> {
    this.flush();
    await this.#sender.close();
    this.#options.journal.close();
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
    const { limits, journal } = this.#options;
    const isFull = journal.next + this.#batch.count > limits.lines;
    if (kindOf(origin) === 'log' && (isFull || journal.waitingBytes > limits.bufferBytes)) {
      this.#leftOut += lines.count;
      return;
    }
    if (!isFull) this.tellLeftOut();
    if (!this.#batch.fits(lines, origin)) this.flush();
    this.#batch.add(lines, origin);
    if (this.#batch.isFull) this.flush();
    else this.#flushSoon();
  }

  /** A line after a pause goes at once; those right behind it wait for each other. */
  #flushSoon(): void {
    const { batchMs } = this.#options.limits;
    const since = performance.now() - this.#lastFlush;
    this.#timer ??= setTimeout(() => this.flush(), since >= batchMs ? 0 : batchMs - since);
  }

  #append({ source, ...lines }: BatchedLines): void {
    const { journal, now } = this.#options;
    journal.append({ op: 'lines', seq: journal.next, at: now().toISOString(), ...lines }, source);
    this.#sender.pump();
  }
}
