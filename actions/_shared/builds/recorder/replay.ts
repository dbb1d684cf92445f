import type { Sql } from 'postgres';
import { decodeFrames, type Frame } from './frame.ts';
import { type JournalHead, readHead } from './journal.ts';
import { recordFrame, recordStart, replayFrame } from './statements.ts';
import { unzipFirst } from './zip-file.ts';

/** What became of a replayed buffer. */
export interface Replayed {
  readonly buildId: string | null;
  readonly attempt: number | null;
  /** Lines it held. */
  readonly lines: number;
  /** stale: the build is at another attempt by now, or another run has it; nothing was changed. */
  readonly outcome: 'stored' | 'stale';
}

/**
 * Store what a recorder could not: its buffer, or the artifact of the run with the buffer in it. May be repeated; what is there
 * already stays as it is.
 *
 * @param sql as service_role or the owner: the lease of the run is over by now
 * @param bytes the buffer file, or a zip of it
 * @throws Error when it is neither, or when it is torn before its end
 */
export async function replayBuffer(sql: Sql, bytes: Uint8Array): Promise<Replayed> {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffer = given.subarray(0, 2).toString('latin1') === 'PK' ? unzipFirst(given) : given;
  const { head, start } = readHead(buffer);
  const frames = decodeFrames(buffer, start).map(({ frame }) => frame);
  const lines = frames.reduce((sum, frame) => sum + (frame.op === 'lines' ? frame.count : 0), 0);
  const replay = head.build === null || head.attempt === null ? replayUnbound : replayBound;
  return { lines, ...(await replay(sql, head, frames)) };
}

type Outcome = Pick<Replayed, 'buildId' | 'attempt' | 'outcome'>;

async function replayBound(sql: Sql, head: JournalHead, frames: readonly Frame[]): Promise<Outcome> {
  const { build: buildId, attempt, shift } = head;
  if (buildId === null || attempt === null) throw new Error('this buffer names no build');
  for (const frame of frames) {
    if ((await replayFrame(sql, { buildId, attempt }, numbered(frame, shift))) === 'stale') {
      return { buildId, attempt, outcome: 'stale' };
    }
  }
  return { buildId, attempt, outcome: 'stored' };
}

/** The run never reached the database: its build is taken now, as the run would have. */
async function replayUnbound(sql: Sql, head: JournalHead, frames: readonly Frame[]): Promise<Outcome> {
  const started = await recordStart(sql, head.run);
  if (started.outcome === 'stale')
    return { buildId: head.run.buildId ?? null, attempt: null, outcome: 'stale' };
  const { lease, lastSeq } = started;
  for (const frame of frames) {
    if ((await recordFrame(sql, lease, numbered(frame, lastSeq))) === 'stale') {
      return { buildId: lease.buildId, attempt: lease.attempt, outcome: 'stale' };
    }
  }
  return { buildId: lease.buildId, attempt: lease.attempt, outcome: 'stored' };
}

function numbered(frame: Frame, shift: number): Frame {
  return frame.op === 'lines' && shift > 0 ? { ...frame, seq: frame.seq + shift } : frame;
}
