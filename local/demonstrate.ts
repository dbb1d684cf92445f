import { userInfo } from 'node:os';
import type { DesiredJob } from '../actions/_shared/declare/model.ts';
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

/** The job to fire: one that calls a function and needs no report, the five teams' hourly sync first. */
function pickJob(jobs: readonly DesiredJob[]): DesiredJob | undefined {
  const calls = jobs.filter(
    (job) => job.definition.call.kind === 'http' && job.definition.expect?.report !== true,
  );
  return calls.find((job) => job.name === 'sync_game_platform_stats') ?? calls[0] ?? jobs[0];
}

/** Fire one job now and follow it to its true outcome. */
export async function demonstrate(room: ControlRoom, progress: Progress): Promise<Proof | undefined> {
  const job = pickJob(room.desired()?.jobs ?? []);
  if (job === undefined) return undefined;
  const run = await progress.step(
    `Fired ${job.name} and followed it to its outcome`,
    async () => {
      const id = await fireJob(room.sql, job.name, userInfo().username);
      return followRun({ sql: room.sql, id, timeoutMs: followFor });
    },
    (seen) => seen.status,
  );
  return { job, run };
}
