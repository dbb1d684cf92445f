import type { Queryable } from '../../database/connect.ts';
import { readBuffer } from './read-buffer.ts';
import { recordStart } from './statements.ts';
import { storeFrames } from './store-frames.ts';

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
 * Store what a recorder could not, because somebody who may says so: its buffer, or the artifact of the run with the buffer in
 * it. May be repeated; what is there already stays as it is. What comes from GitHub by itself goes through recover-buffer.ts,
 * which asks whose it is.
 *
 * @param sql as service_role or the owner: the lease of the run is over by now
 * @throws Error when it is no buffer
 */
export async function replayBuffer(sql: Queryable, bytes: Uint8Array): Promise<Replayed> {
  const { head, frames, lines } = readBuffer(bytes);
  if (head.build !== null && head.attempt !== null) {
    const build = { buildId: head.build, attempt: head.attempt };
    return { ...build, lines, outcome: await storeFrames(sql, build, frames, head.shift) };
  }
  // The run never reached the database: its build is taken now, as the run would have.
  const started = await recordStart(sql, head.run);
  if (started.outcome === 'stale')
    return { buildId: head.run.buildId ?? null, attempt: null, lines, outcome: 'stale' };
  const { buildId, attempt } = started.lease;
  const outcome = await storeFrames(sql, { buildId, attempt }, frames, started.lastSeq);
  return { buildId, attempt, lines, outcome };
}
