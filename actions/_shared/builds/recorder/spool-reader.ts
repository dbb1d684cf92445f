import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { SourcePosition } from './frame.ts';
import { DONE } from './spool-writer.ts';

export interface SpoolTarget {
  /** How much of a spool is in the buffer. */
  readonly offsetOf: (source: string) => number;
  /** Take whole lines; they are in the buffer after `settle`. */
  readonly take: (
    text: string,
    origin: { readonly step: string | null; readonly source: SourcePosition },
  ) => void;
  /** See that everything taken is in the buffer. */
  readonly settle: () => void;
  readonly forget: (source: string) => void;
}

interface Open {
  readonly descriptor: number;
  readonly step: string | null;
  offset: number;
}

const Head = z.object({ step: z.string().nullable() });

const CHUNK = 512 * 1024;

/** Reads what commands wrote into their spools, from where the buffer ends, and removes what is read to its end. */
export class SpoolReader {
  readonly #folder: string;
  readonly #target: SpoolTarget;
  readonly #open = new Map<string, Open>();
  readonly #batchLines: number;
  readonly #chunk = Buffer.alloc(CHUNK);

  /** @param batchLines lines taken at once: they must land in one frame, which says how far the spool is read */
  constructor(folder: string, target: SpoolTarget, batchLines: number) {
    this.#folder = folder;
    this.#target = target;
    this.#batchLines = batchLines;
  }

  /**
   * Take what came since the last look, a piece of each spool.
   *
   * @param writersAreGone whatever stands there is complete, because nobody writes any more
   * @returns true when there may be more already
   */
  look(writersAreGone = false): boolean {
    let more = false;
    for (const name of readdirSync(this.#folder)
      .filter((each) => each.endsWith('.spool'))
      .sort()) {
      // Asked before reading: what is written before the mark is read after it.
      const isDone = writersAreGone || existsSync(path.join(this.#folder, `${name}${DONE}`));
      const read = this.#read(name, isDone);
      more ||= read === 'more';
      if (read === 'end' && isDone) this.#remove(name);
    }
    return more;
  }

  /** True when every spool is complete, read and gone. */
  get isEmpty(): boolean {
    return !readdirSync(this.#folder).some((name) => name.endsWith('.spool'));
  }

  close(): void {
    for (const { descriptor } of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #read(name: string, isDone: boolean): 'more' | 'end' {
    const spool = this.#openSpool(name);
    if (spool === undefined) return 'end';
    const length = readSync(spool.descriptor, this.#chunk, 0, CHUNK, spool.offset);
    const start = spool.offset;
    // Only what stands at the very end of the file is a line without an end.
    const isLast = isDone && start + length >= fstatSync(spool.descriptor).size;
    for (let used = 0; used < length; ) {
      const end = this.#endOfLines(used, length, isLast);
      if (end === used) break;
      spool.offset = start + end;
      this.#target.take(this.#chunk.toString('utf8', used, end), {
        step: spool.step,
        source: { source: name, offset: spool.offset },
      });
      used = end;
    }
    return spool.offset > start && fstatSync(spool.descriptor).size > spool.offset ? 'more' : 'end';
  }

  /** Where the next lines of the chunk end: as many as one frame holds. */
  #endOfLines(from: number, length: number, isLast: boolean): number {
    let end = from;
    for (let lines = 0; lines < this.#batchLines; lines += 1) {
      const newline = this.#chunk.subarray(0, length).indexOf(10, end);
      if (newline < 0) break;
      end = newline + 1;
    }
    if (end > from) return end;
    // A line longer than the chunk, or one a killed command left without an end.
    return (from === 0 && length === CHUNK) || isLast ? length : from;
  }

  #openSpool(name: string): Open | undefined {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const descriptor = openSync(path.join(this.#folder, name), 'r');
    const length = readSync(descriptor, this.#chunk, 0, CHUNK, 0);
    const headEnd = this.#chunk.subarray(0, length).indexOf(10);
    const head = headEnd < 0 ? undefined : Head.safeParse(parse(this.#chunk.toString('utf8', 0, headEnd)));
    if (head === undefined || !head.success) {
      // Its writer is about to write the first line, or was killed before it had.
      closeSync(descriptor);
      return undefined;
    }
    const opened = {
      descriptor,
      step: head.data.step,
      offset: Math.max(this.#target.offsetOf(name), headEnd + 1),
    };
    this.#open.set(name, opened);
    return opened;
  }

  #remove(name: string): void {
    this.#target.settle();
    const spool = this.#open.get(name);
    if (spool !== undefined) closeSync(spool.descriptor);
    this.#open.delete(name);
    rmSync(path.join(this.#folder, name), { force: true });
    rmSync(path.join(this.#folder, `${name}${DONE}`), { force: true });
    this.#target.forget(name);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
