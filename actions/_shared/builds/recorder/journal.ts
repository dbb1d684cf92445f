import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import path from 'node:path';
import { decodeFrame, decodeFrames, encodeFrame, type Frame, type SourcePosition } from './frame.ts';
import { headLine, type JournalHead, readHead, writeFully, writeWhole } from './journal-file.ts';

interface Entry {
  readonly start: number;
  readonly end: number;
  /** Left out when memory is short: the file has it. */
  frame: Frame | undefined;
}

/** Acknowledged bytes after which the file is begun anew. */
const ROTATE_BYTES = 4 * 1024 * 1024;

/**
 * The buffer of a recorder: an append-only file in which every frame stands before it is sent. A process that was killed
 * leaves at most one torn frame at the end, which is cut off; whatever stands there is sent, again if need be, because
 * each frame may be sent twice. One writer at a time.
 */
export class Journal {
  readonly file: string;
  readonly #memoryBytes: number;
  readonly #sources: Map<string, number>;
  #head: JournalHead;
  #descriptor: number;
  #size: number;
  #entries: Entry[] = [];
  #inMemory = 0;
  #next: number;
  #unsynced = false;

  private constructor(file: string, head: JournalHead, memoryBytes: number) {
    this.file = file;
    this.#head = head;
    this.#memoryBytes = memoryBytes;
    this.#next = head.next;
    this.#sources = new Map(Object.entries(head.sources));
    this.#descriptor = openSync(file, 'r+');
    this.#size = 0;
  }

  /** Begin a buffer; one that is there already is gone. @param next number of the first line */
  static create(
    file: string,
    head: Pick<JournalHead, 'build' | 'attempt' | 'next' | 'run'>,
    memoryBytes: number,
  ): Journal {
    writeWhole(file, { opsroom_buffer: 1, shift: 0, sources: {}, ...head });
    return Journal.open(file, memoryBytes);
  }

  /** Go on with a buffer, whatever became of its last writer. @throws Error when the file is no buffer */
  static open(file: string, memoryBytes: number): Journal {
    const bytes = readFileSync(file);
    const { head, start } = readHead(bytes);
    const journal = new Journal(file, head, memoryBytes);
    journal.#recover(bytes, start);
    return journal;
  }

  static exists(file: string): boolean {
    return existsSync(file);
  }

  /** Number of the next line. */
  get next(): number {
    return this.#next;
  }

  /** Number of the first line that waits, or of the next one. */
  get first(): number {
    for (const entry of this.#entries) {
      const frame = entry.frame ?? this.#read(entry);
      if (frame.op === 'lines') return frame.seq;
    }
    return this.#next;
  }

  /** Frames that wait. */
  get length(): number {
    return this.#entries.length;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    const first = this.#entries[0];
    return first === undefined ? 0 : this.#size - first.start;
  }

  /** How far a source was read when the last frame was made of it. */
  offsetOf(source: string): number {
    return this.#sources.get(source) ?? 0;
  }

  /** The source is gone: its position need not be kept. */
  forget(source: string): void {
    this.#sources.delete(source);
  }

  /** Write a frame. It is on its way to the disk when this returns, and survives this process. */
  append(frame: Frame, source?: SourcePosition): void {
    const bytes = encodeFrame(frame, source);
    writeFully(this.#descriptor, bytes, this.#size);
    this.#entries.push({
      start: this.#size,
      end: this.#size + bytes.length,
      frame: this.#keep(frame, bytes.length),
    });
    this.#size += bytes.length;
    this.#unsynced = true;
    this.#follow(frame, source);
  }

  /** Frames that wait, from one on, at most so many. */
  peek(from: number, most: number): Frame[] {
    return this.#entries.slice(from, from + most).map((entry) => entry.frame ?? this.#read(entry));
  }

  /** The first `count` frames are stored. */
  acknowledge(count: number): void {
    for (const entry of this.#entries.splice(0, count)) {
      if (entry.frame !== undefined) this.#inMemory -= entry.end - entry.start;
    }
    if (this.#entries.length === 0 && this.#size > ROTATE_BYTES) this.#rotate();
  }

  /** See that what was written survives a crash of the machine as well. */
  sync(): void {
    if (this.#unsynced) fdatasyncSync(this.#descriptor);
    this.#unsynced = false;
  }

  /** What waits, as a buffer of its own: for the artifact of a run. @param known the build's lease and shift, by now */
  remainder(known?: { readonly buildId: string; readonly attempt: number; readonly shift: number }): Buffer {
    const start = this.#entries[0]?.start ?? this.#size;
    const rest = Buffer.alloc(this.#size - start);
    readSync(this.#descriptor, rest, 0, rest.length, start);
    const build =
      known === undefined ? {} : { build: known.buildId, attempt: known.attempt, shift: known.shift };
    return Buffer.concat([headLine({ ...this.#head, ...build, next: this.first, sources: {} }), rest]);
  }

  close(): void {
    this.sync();
    closeSync(this.#descriptor);
  }

  #recover(bytes: Buffer, start: number): void {
    const frames = decodeFrames(bytes, start);
    this.#size = frames.at(-1)?.end ?? start;
    ftruncateSync(this.#descriptor, this.#size);
    for (const { frame, source, start: from, end } of frames) {
      this.#entries.push({ start: from, end, frame: this.#keep(frame, end - from) });
      this.#follow(frame, source);
    }
  }

  #follow(frame: Frame, source: SourcePosition | undefined): void {
    if (frame.op === 'lines') this.#next = frame.seq + frame.count;
    if (source !== undefined) this.#sources.set(source.source, source.offset);
  }

  #keep(frame: Frame, bytes: number): Frame | undefined {
    if (this.#inMemory + bytes > this.#memoryBytes) return undefined;
    this.#inMemory += bytes;
    return frame;
  }

  #read(entry: Entry): Frame {
    const bytes = Buffer.alloc(entry.end - entry.start);
    readSync(this.#descriptor, bytes, 0, bytes.length, entry.start);
    const decoded = decodeFrame(bytes, 0);
    if (decoded === undefined)
      throw new Error(`the buffer ${path.basename(this.file)} was changed by somebody else`);
    return decoded.frame;
  }

  /** Everything is stored: begin anew beside the file and put that in its place, so that a crash finds one or the other. */
  #rotate(): void {
    const head: JournalHead = { ...this.#head, next: this.#next, sources: Object.fromEntries(this.#sources) };
    writeWhole(this.file, head);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.file, 'r+');
    this.#head = head;
    this.#size = headLine(head).length;
  }
}
