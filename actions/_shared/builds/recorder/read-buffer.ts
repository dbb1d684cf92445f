import { decodeFrames, type Frame } from './frame.ts';
import { type JournalHead, readHead } from './journal-file.ts';
import { unzipFirst } from './zip-file.ts';

/** What a recorder could not store: whose story it is, and the frames in their order. */
export interface ReadBuffer {
  readonly head: JournalHead;
  readonly frames: readonly Frame[];
  /** Lines in the frames. */
  readonly lines: number;
}

/** More than this is no buffer of ours: a recorder keeps 64 MiB of frames, and a zip can pack a lot of nothing. */
export const MOST_BUFFER_BYTES = 128 * 1024 * 1024;

/**
 * Read the buffer of a recorder, or the artifact of its run with the buffer in it.
 *
 * @throws Error when it is neither, or when a batch does not hold as many lines as it says
 */
export function readBuffer(bytes: Uint8Array): ReadBuffer {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isZip = given.subarray(0, 2).toString('latin1') === 'PK';
  const buffer = isZip ? unzipFirst(given, MOST_BUFFER_BYTES) : given;
  const { head, start } = readHead(buffer);
  const frames = decodeFrames(buffer, start).map(({ frame }) => frame);
  let lines = 0;
  for (const frame of frames) {
    if (frame.op !== 'lines') continue;
    if (countLines(frame.text) !== frame.count)
      throw new Error('this buffer was changed: a batch holds other lines than it says');
    lines += frame.count;
  }
  return { head, frames, lines };
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
