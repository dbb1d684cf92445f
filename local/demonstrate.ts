import type { DesiredJob } from '../actions/_shared/declare/model.ts';
import { loginName } from '../actions/_shared/io/login-name.ts';
import { followRun } from '../actions/_shared/runs/follow-run.ts';
import type { Run } from '../actions/_shared/runs/run.ts';
import { fireJob } from '../actions/_shared/runs/statements.ts';
import type { ControlRoom } from './control-room.ts';
import type { Progress } from './progress.ts';

/** A job that was fired and where it got to. */
export interface Proof {
  readonly job: DesiredJob;
  readonly run: Run;
}

const followFor = 60_000;

/**
 * The job to fire: one that calls a function and needs no report, the five teams' hourly sync first; where nothing can send
 * requests, one that works inside the database.
 */
function pickJob(jobs: readonly DesiredJob[], sendsRequests: boolean): DesiredJob | undefined {
  if (!sendsRequests) return jobs.find((job) => job.definition.call.kind === 'sql') ?? jobs[0];
  const calls = jobs.filter(
    (job) => job.definition.call.kind === 'http' && job.definition.expect?.report !== true,
  );
  return calls.find((job) => job.name === 'sync_game_platform_stats') ?? calls[0] ?? jobs[0];
}

/** Fire one job now and follow it to its true outcome. */
export async function demonstrate(
  room: ControlRoom,
  progress: Progress,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  const job = pickJob(room.desired()?.jobs ?? [], room.has('pg_net'));
  if (job === undefined) return undefined;
  const run = await progress.step(
    `Fired ${job.name} and followed it to its outcome`,
    async () => {
      const id = await fireJob(room.sql, job.name, loginName());
      return followRun({ sql: room.sql, id, timeoutMs: followFor, signal });
    },
    (seen) => seen.status,
  );
  return { job, run };
}
