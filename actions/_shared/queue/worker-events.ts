import { describeError } from '../../../functions/_shared/jobs/describe-error.ts';
import type { JobRun } from '../../../functions/_shared/jobs/run-job.ts';
import type { JobMeter } from './job-meter.ts';
import type { Failed, LeasedJob, Settlement } from './job-store.ts';
import type { TurnReport } from './lane.ts';
import type { LogFields, WorkLog } from './work-log.ts';
import type { WorkerStats } from './worker-stats.ts';

type EventFigures = Pick<
  WorkerStats,
  | 'connected'
  | 'succeeded'
  | 'failed'
  | 'deadLetters'
  | 'claimed'
  | 'turns'
  | 'turnMs'
  | 'outages'
  | 'leasesLost'
  | 'lastClaimAt'
  | 'lagMs'
>;

/** What happens in a worker, counted and written down. One method an event. */
export interface WorkerEvents {
  started(run: JobRun<LeasedJob>): void;
  ended(run: JobRun<LeasedJob>, settlement: Settlement): void;
  failed(settlement: Settlement, fate: Failed): void;
  stale(settlement: Settlement): void;
  expired(job: LeasedJob): void;
  abandoned(run: JobRun<LeasedJob>): void;
  turned(turn: TurnReport): void;
  databaseAway(error: unknown, pauseMs: number): void;
  databaseBack(): void;
  controlLost(error: unknown): void;
  beatFailed(error: unknown): void;
  figures(): EventFigures;
}

export function createWorkerEvents({
  log,
  meter,
}: {
  readonly log: WorkLog;
  readonly meter: JobMeter;
}): WorkerEvents {
  const figures = {
    deadLetters: 0,
    claimed: 0,
    turns: 0,
    turnMs: 0,
    outages: 0,
    leasesLost: 0,
    lastClaimAt: null as number | null,
    lagMs: 0,
  };
  let awaySince: number | undefined;
  const tellsSuccess = log.has('info');
  const tellsStart = log.has('debug');

  return {
    started({ job }) {
      if (tellsStart) log.write('debug', 'job_started', about(job));
    },
    ended(run, { job, outcome, ranMs }) {
      meter.observe(job.taskType, outcome.kind, ranMs);
      if (run.stopReason === 'lease_lost') {
        figures.leasesLost += 1;
        log.write('warn', 'job_lease_lost', { ...about(job), ms: ranMs });
      } else if (outcome.kind === 'succeeded') {
        if (tellsSuccess) log.write('info', 'job_succeeded', { ...about(job), ms: ranMs });
      } else if (outcome.kind === 'released') {
        log.write('info', 'job_returned', { ...about(job), ms: ranMs });
      }
    },
    failed({ job, outcome, ranMs }, { status, runAt }) {
      if (outcome.kind !== 'retry' && outcome.kind !== 'dead') return;
      const fields = { ...about(job), ms: ranMs, error: outcome.error };
      switch (status) {
        case 'pending':
          return log.write('warn', 'job_failed', { ...fields, retry_at: runAt?.toISOString() });
        case 'failed':
          figures.deadLetters += 1;
          return log.write('error', 'job_dead', { ...fields, max_attempts: job.maxAttempts });
        case 'cancelled':
          return log.write('info', 'job_cancelled', { ...about(job), ms: ranMs });
        case 'lost':
          return undefined;
      }
    },
    stale({ job, ranMs }) {
      // After a lost answer this is the usual word on an end that was recorded after all.
      log.write('warn', 'job_no_longer_ours', { ...about(job), ms: ranMs });
    },
    expired(job) {
      figures.leasesLost += 1;
      log.write('warn', 'job_lease_expired_before_start', about(job));
    },
    abandoned({ job, stopReason }) {
      log.write('error', 'job_ignores_its_signal', { ...about(job), reason: stopReason });
    },
    turned({ asked, got, tookMs, oldestDueAt }) {
      figures.turns += 1;
      figures.turnMs += tookMs;
      figures.claimed += got;
      if (asked === 0) return;
      figures.lastClaimAt = Date.now();
      figures.lagMs = oldestDueAt === undefined ? 0 : Math.max(0, figures.lastClaimAt - oldestDueAt);
    },
    databaseAway(error, pauseMs) {
      if (awaySince === undefined) {
        awaySince = Date.now();
        figures.outages += 1;
      }
      log.write('warn', 'database_away', { error: describeError(error), retry_in_ms: pauseMs });
    },
    databaseBack() {
      if (awaySince === undefined) return;
      log.write('info', 'database_back', { after_ms: Date.now() - awaySince });
      awaySince = undefined;
    },
    controlLost(error) {
      log.write('warn', 'notices_lost', error === undefined ? {} : { error: describeError(error) });
    },
    beatFailed(error) {
      log.write('debug', 'beat_failed', { error: describeError(error) });
    },
    figures: () => ({
      ...figures,
      connected: awaySince === undefined,
      succeeded: meter.succeeded,
      failed: meter.failed,
    }),
  };
}

function about(job: LeasedJob): LogFields {
  return { id: job.id, task_type: job.taskType, attempt: job.attempt };
}
