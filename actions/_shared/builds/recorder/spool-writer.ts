import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { LineRedaction } from './redact-lines.ts';

/** First line of a spool: what its lines belong to. */
export interface SpoolHead {
  readonly step: string | null;
}

export interface SpoolOptions extends SpoolHead {
  readonly folder: string;
  readonly redaction: LineRedaction;
  /** Bytes after which lines are counted and left out. */
  readonly maxBytes?: number;
  /** A command asked to hide this value. */
  readonly onMask?: (value: string) => void;
}

const MAX_BYTES = 256 * 1024 * 1024;
/** A line this long without an end is written as it is. */
const LONGEST_LINE = 1024 * 1024;
const MASK = '::add-mask::';

/** Suffix of the empty file that says a spool is complete. */
export const DONE = '.done';

/**
 * What a command says, on its way to the recorder: a file that only grows, so that nothing is lost when the recorder is killed
 * and nobody waits for it. Whole lines only, secrets cut out before they reach the disk.
 */
export class SpoolWriter {
  readonly file: string;
  readonly #options: SpoolOptions;
  readonly #streams = new Map<string, { readonly decoder: StringDecoder; rest: string }>();
  readonly #descriptor: number;
  #bytes = 0;
  #leftOut = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
    // In the order in which commands began.
    const name = `${String(Date.now()).padStart(15, '0')}-${process.pid}-${randomBytes(4).toString('hex')}.spool`;
    this.file = path.join(options.folder, name);
    this.#descriptor = openSync(this.file, 'ax', 0o600);
    const head: SpoolHead = { step: options.step };
    writeSync(this.#descriptor, `${JSON.stringify(head)}\n`);
  }

  /** @param stream lines of different streams do not mix */
  write(stream: string, chunk: Buffer): void {
    const known = this.#streams.get(stream) ?? { decoder: new StringDecoder('utf8'), rest: '' };
    this.#streams.set(stream, known);
    const text = known.rest + known.decoder.write(chunk);
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0 && text.length < LONGEST_LINE) {
      known.rest = text;
      return;
    }
    known.rest = end === 0 ? '' : text.slice(end);
    this.#put(end === 0 ? `${text}\n` : text.slice(0, end));
  }

  /** The command has ended. */
  end(): void {
    for (const { decoder, rest } of this.#streams.values()) {
      const last = rest + decoder.end();
      if (last !== '') this.#put(`${last}\n`);
    }
    if (this.#leftOut > 0)
      writeSync(this.#descriptor, `::warning::${this.#leftOut} more lines of this command were left out\n`);
    closeSync(this.#descriptor);
    writeFileSync(`${this.file}${DONE}`, '');
  }

  #put(lines: string): void {
    const kept = lines.includes(MASK) ? this.#withoutMasks(lines) : lines;
    if (kept === '') return;
    if (this.#bytes > (this.#options.maxBytes ?? MAX_BYTES)) {
      this.#leftOut += kept.split('\n').length - 1;
      return;
    }
    const bytes = Buffer.from(this.#options.redaction.redact(kept), 'utf8');
    this.#bytes += bytes.length;
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
  }

  #withoutMasks(lines: string): string {
    return lines
      .split('\n')
      .filter((line) => {
        if (!line.startsWith(MASK)) return true;
        const value = line.slice(MASK.length).trim();
        this.#options.redaction.add(value);
        this.#options.onMask?.(value);
        return false;
      })
      .join('\n');
  }
}

/** Remember a value to be hidden, for every process of this job. */
export function rememberMask(file: string, value: string): void {
  appendFileSync(file, `${JSON.stringify(value)}\n`, { mode: 0o600 });
}
