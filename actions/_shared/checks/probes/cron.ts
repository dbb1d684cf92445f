/** Jobs that are late, never ran, fail, hang or are too slow, and a scheduler that is dead. */
import type { CronFault } from '../../declare/kinds/checks-model.ts';
import { isMeant } from '../../declare/names.ts';
import { runRemedy } from '../../report/run-remedy.ts';
import { lastDue } from '../../schedule/last-due.ts';
import {
  type CronJobState,
  LiveSchedule,
  probeCronJobs,
  probeScheduler,
  type SchedulerState,
} from '../cron-statements.ts';
import { indexByName, type NameIndex } from '../name-index.ts';
import { schedulerOutcome } from './cron-scheduler.ts';
import { type Blindness, blind, type Fault, looked, type Outcome, type Probe } from './probe.ts';
import { count, moment, percent, words } from './words.ts';

interface Rows {
  readonly scheduler: SchedulerState;
  readonly jobs: NameIndex<CronJobState>;
  /** Schedules, read once each. */
  readonly schedules: Map<string, LiveSchedule | null>;
}

export const cronProbe: Probe<'cron', Rows, undefined> = {
  kind: 'cron',
  async read(tx, checks, { now, desired }) {
    const scheduler = await probeScheduler(tx, now);
    const asked = checks.filter(({ config }) => !config.find.includes('scheduler'));
    const lateByMs = Math.min(...asked.map(({ config }) => config.lateByMs), 31 * 86_400_000);
    const expected = desired.jobs.filter(({ cron }) => cron.active).map(({ name }) => name);
    const jobs =
      scheduler === null || asked.length === 0 ? [] : await probeCronJobs(tx, { now, lateByMs, expected });
    return { scheduler, jobs: indexByName(jobs, ({ job }) => job), schedules: new Map() };
  },
  judge({ config }, { rows }, { now }) {
    const { scheduler } = rows;
    if (scheduler === null) {
      return blind(
        'pg_cron is not installed here, so nothing can be said of jobs.',
        'create extension pg_cron (Supabase: Database, Extensions), then apply.',
      );
    }
    if (scheduler.is_partial) {
      return blind(
        'The owner of the control room sees its own jobs only: pg_cron hides the others behind row security.',
        'Give the role that applies BYPASSRLS, or schedule every job as that role.',
      );
    }
    if (config.find.includes('scheduler')) return schedulerOutcome(scheduler, now);
    return jobsOutcome(rows, config, now);
  },
};

type Config = Parameters<typeof cronProbe.judge>[0]['config'];

function jobsOutcome(rows: Rows, config: Config, now: Date): Outcome {
  const wanted = new Set(config.find);
  const faults: Fault[] = [];
  const unclear: (Blindness & { readonly object: string })[] = [];
  for (const state of rows.jobs.select(config.jobs)) {
    faults.push(...troublesOf(state, wanted));
    if (!wanted.has('late') && !wanted.has('never_ran')) continue;
    const schedule = scheduleOf(state, rows.schedules);
    if (schedule === null) {
      unclear.push({
        object: state.job,
        reason: `The stored schedule of ${state.job} cannot be understood, so nobody can say whether it is late.`,
        remediation: 'Apply again: `opsroom apply` writes the definition anew.',
      });
    } else if (schedule !== undefined) {
      faults.push(...lateness(state, schedule, { wanted, lateByMs: config.lateByMs, now }));
    }
  }
  const { scheduler } = rows;
  if (wanted.has('unowned_role') && scheduler !== null) {
    faults.push(...scheduler.unowned.filter(({ job }) => isMeant(config.jobs, job)).map(unowned));
  }
  return looked(faults, unclear);
}

/** Undefined for a job without a schedule to speak of. */
function scheduleOf(
  { schedule }: CronJobState,
  known: Map<string, LiveSchedule | null>,
): LiveSchedule | null | undefined {
  if (schedule === null) return undefined;
  const kept = known.get(schedule);
  if (kept !== undefined) return kept;
  const parsed = LiveSchedule.safeParse(JSON.parse(schedule));
  const usable = parsed.success && (parsed.data.kind !== 'cron' || parsed.data.match !== undefined);
  const read = usable ? parsed.data : null;
  known.set(schedule, read);
  return read;
}

function lateness(
  state: CronJobState,
  schedule: LiveSchedule,
  {
    wanted,
    lateByMs,
    now,
  }: { readonly wanted: ReadonlySet<CronFault>; readonly lateByMs: number; readonly now: Date },
): readonly Fault[] {
  const within = state.within_s === null ? lateByMs : state.within_s * 1000;
  const after = Math.max(state.since?.getTime() ?? 0, state.last_slot?.getTime() ?? 0);
  const due = lastDue(schedule, { after, until: now.getTime() - within });
  if (due === null) return [];
  const neverRan = state.last_slot === null;
  if (!wanted.has(neverRan ? 'never_ran' : 'late')) return [];
  const late = words(now.getTime() - due);
  const evidence = {
    schedule: schedule.source,
    timezone: schedule.timezone,
    due_at: new Date(due),
    late_by: late,
    may_be_late_by: words(within),
    last_slot: state.last_slot,
    since: state.since,
  };
  return [
    {
      object: state.job,
      name: neverRan ? 'cron_never_ran' : 'cron_late',
      title: neverRan ? `${state.job} has never run` : `${state.job} is late`,
      detail: neverRan
        ? `${state.job} was due at ${moment(new Date(due))}, ${late} ago, and has no run since it was declared.`
        : `${state.job} was due at ${moment(new Date(due))}, ${late} ago; its last run was for ${moment(state.last_slot ?? now)}.`,
      remediation:
        'See whether the scheduler lives (the check of the scheduler says so) and whether this job is skipped: `opsroom runs JOB`. Then `opsroom fire JOB` runs it now.',
      evidence,
    },
  ];
}

function troublesOf({ job, trouble }: CronJobState, wanted: ReadonlySet<CronFault>): readonly Fault[] {
  const found: Fault[] = [];
  if (trouble === null) return found;
  const { not_scheduled: absent, failing, stuck, slow, success_rate: rate } = trouble;
  if (absent !== undefined && wanted.has('not_scheduled')) {
    found.push({
      object: job,
      name: 'cron_not_scheduled',
      title: `${job} is not scheduled`,
      detail: absent.is_in_pg_cron
        ? `${job} should be awake here, and pg_cron has it asleep or firing something else.`
        : `${job} should be awake here, and pg_cron does not have it${absent.is_defined ? '' : '; nor has ops its definition'}.`,
      remediation: '`opsroom drift` shows what was changed by hand; `opsroom apply` puts it back.',
      evidence: absent,
    });
  }
  if (stuck !== undefined && wanted.has('stuck')) {
    found.push({
      object: job,
      name: 'cron_stuck',
      title: `${job} hangs`,
      detail: `A run of ${job} is ${stuck.status} since ${moment(stuck.fired_at)}, ${words(stuck.seconds * 1000)}, longer than it may take.`,
      remediation:
        stuck.run_id === undefined
          ? 'See what it waits for in pg_stat_activity; select ops.cancel_running(JOB) ends it.'
          : 'Look at the run (`opsroom runs JOB`) and at what it calls; is the job ops_collect awake and well? select ops.cancel_cron_run(RUN_ID) ends it.',
      evidence: stuck,
    });
  }
  if (failing !== undefined && wanted.has('failing') && failing.in_a_row >= failing.after) {
    found.push({
      object: job,
      name: 'cron_failing',
      title: `${job} fails`,
      detail: `${job} failed ${failing.in_a_row >= 100 ? '100 times or more' : count(failing.in_a_row, 'time')} in a row: ${failing.error ?? failing.error_code ?? failing.status}`,
      remediation: runRemedy(failing.error_code ?? '', job),
      evidence: failing,
    });
  }
  if (rate !== undefined && wanted.has('success_rate')) {
    found.push({
      object: job,
      name: 'cron_success_rate',
      title: `${job} succeeds too rarely`,
      detail: `${rate.succeeded} of ${rate.runs} runs of ${job} in ${words(rate.window_s * 1000)} succeeded, ${percent(rate.succeeded / rate.runs)}; ${percent(rate.wanted)} are expected.`,
      remediation: 'Look at what the failed ones have in common: `opsroom runs JOB --failed`.',
      evidence: rate,
    });
  }
  if (slow !== undefined && wanted.has('slow')) {
    found.push({
      object: job,
      name: 'cron_slow',
      title: `${job} is too slow`,
      detail: `The last run of ${job} took ${words(slow.seconds * 1000)}, longer than its \`max_duration\`.`,
      remediation: 'Work in smaller batches, or say what is meant in `expect: { max_duration }`.',
      evidence: slow,
    });
  }
  return found;
}

function unowned({ job, role }: { readonly job: string; readonly role: string }): Fault {
  return {
    object: job,
    severity: 'critical',
    name: 'cron_unowned_role',
    title: `${job} belongs to a role that is gone`,
    detail: `${job} belongs to role ${role}, which does not exist. pg_cron will not survive its next start: no job will run any more.`,
    remediation: 'Unschedule the job, or make the role again, before the server restarts.',
    evidence: { job, role },
  };
}
