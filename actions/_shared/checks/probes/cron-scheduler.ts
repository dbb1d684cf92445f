/** Is the scheduler itself alive? Its own finding, so that its alert can mute all the jobs it makes late. */
import type { SchedulerState } from '../cron-statements.ts';
import { blind, type Fault, looked, type Outcome, WELL } from './probe.ts';
import { moment, words } from './words.ts';

/** A scheduler with work that starts nothing for so long is dead: our collector is a job of every minute. */
const SILENT_MS = 5 * 60_000;

const REMEDY =
  'Restart the database (Supabase: Settings, General, Fast reboot) and look at its log: a job whose role is gone stops pg_cron at every start. pg_cron 1.6.4 and later come back by themselves.';

/** Judges what is known of pg_cron. */
export function schedulerOutcome(scheduler: NonNullable<SchedulerState>, now: Date): Outcome {
  const { is_up: isUp, active_jobs: jobs, unowned } = scheduler;
  const seen = [scheduler.last_started_at, scheduler.last_tick_at, scheduler.last_run_at].filter(
    (at) => at !== null,
  );
  const last = seen.length === 0 ? null : new Date(Math.max(...seen.map((at) => at.getTime())));
  const silentMs = last === null ? null : now.getTime() - last.getTime();
  const isSilent = jobs > 0 && silentMs !== null && silentMs > SILENT_MS;
  const evidence = {
    launcher: isUp === null ? 'cannot be seen' : isUp ? 'up' : 'down',
    last_sign_of_life: last,
    silent_for: silentMs === null ? undefined : words(silentMs),
    active_jobs: jobs,
    pg_cron: scheduler.version,
    jobs_of_roles_that_are_gone: unowned.map(({ job }) => job),
  };
  if (isUp === false) {
    return looked([
      dead(
        `No process of pg_cron runs${last === null ? '' : `; its last sign of life was at ${moment(last)}`}.${blame(unowned)}`,
        evidence,
      ),
    ]);
  }
  if (isSilent) {
    return looked([
      dead(
        `${jobs} jobs are awake, and pg_cron has started none for ${words(silentMs)}, since ${moment(last ?? now)}.${blame(unowned)}`,
        evidence,
      ),
    ]);
  }
  if (isUp === null && last === null && jobs > 0) {
    return blind(
      'Nothing of pg_cron can be seen: not its process, and no run so far.',
      'grant pg_monitor to the role that owns schema ops; then wait for the first job.',
      evidence,
    );
  }
  return WELL;
}

function dead(detail: string, evidence: object): Fault {
  return {
    object: '',
    severity: 'critical',
    name: 'cron_scheduler_dead',
    title: 'The scheduler is dead',
    detail,
    remediation: REMEDY,
    evidence,
  };
}

function blame(unowned: NonNullable<SchedulerState>['unowned']): string {
  const [first] = unowned;
  return first === undefined
    ? ''
    : ` Likely cause: job ${first.job} belongs to role ${first.role}, which is gone.`;
}
