import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import * as z from 'zod';
import { StartRequest } from './channel.ts';

/** Whose story a buffer holds, and from which number on: its first line. */
export const JournalHead = z.strictObject({
  opsroom_buffer: z.literal(1),
  /** Null while the build could not be taken: the database was away from the start. */
  build: z.uuid().nullable(),
  attempt: z.int().positive().nullable(),
  /** The run, so that whoever replays the buffer can take its build. */
  run: StartRequest,
  /** What to add to each number. */
  shift: z.int().nonnegative(),
  /** Number of the next line. */
  next: z.int().positive(),
  sources: z.record(z.string(), z.int().nonnegative()),
});
export type JournalHead = z.infer<typeof JournalHead>;

/** The first line of a buffer, and where its first frame starts. @throws Error when it is no buffer */
export function readHead(bytes: Buffer): { readonly head: JournalHead; readonly start: number } {
  const end = bytes.indexOf(10);
  const head = JournalHead.safeParse(safeJson(bytes.toString('utf8', 0, Math.max(end, 0))));
  if (end < 0 || !head.success) throw new Error('this is not the buffer of a recorder');
  return { head: head.data, start: end + 1 };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first line of a buffer. */
export function headLine(head: JournalHead): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n`, 'utf8');
}

/** Begin a buffer anew, whole or not at all. */
export function writeWhole(file: string, head: JournalHead): void {
  const fresh = `${file}.new`;
  const descriptor = openSync(fresh, 'w', 0o600);
  writeFully(descriptor, headLine(head), 0);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(fresh, file);
}

/** Write all of it: `writeSync` may write less than it was given. */
export function writeFully(descriptor: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}
