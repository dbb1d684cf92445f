/** Rules about what pg_cron remembers of runs. */
import { holdsSecret } from '../../../reconcile/redact.ts';
import type { CronHistory } from '../facts/cron-statements.ts';
import { type AdviceRow, type AdviceRule, rule } from '../rule.ts';

type JobHistory = CronHistory['jobs'][number];

function labelOf({ jobname, jobid }: JobHistory): string {
  return jobname ?? `number ${jobid}`;
}

function rowsOf(
  history: CronHistory,
  isBad: (job: JobHistory) => boolean,
  say: (job: JobHistory) => Pick<AdviceRow, 'detail' | 'evidence'>,
): readonly AdviceRow[] {
  return history.jobs.filter(isBad).map((job) => ({ object: labelOf(job), ...say(job) }));
}

const MEGABYTE = 1_048_576;

export const cronHistoryRules: readonly AdviceRule[] = [
  // F17
  rule({
    name: 'cron_history_large',
    level: 'WARN',
    title: "pg_cron's history is large",
    remediation:
      'Let the job ops_prune_history run; what it deletes is given back to the disk by VACUUM FULL only, at a quiet time.',
    needs: ['history'],
    find: ({ history }, { threshold }) => {
      const megabytes = Math.round(history.bytes / MEGABYTE);
      if (history.rows <= threshold('rows') && megabytes <= threshold('megabytes')) return [];
      return [
        {
          object: 'cron.job_run_details',
          detail: `It holds about ${Math.max(0, Math.round(history.rows))} rows in ${megabytes} MB, the oldest of ${history.oldestAt?.toISOString().slice(0, 10) ?? 'an unknown day'}.`,
          evidence: { rows: history.rows, megabytes, oldest_at: history.oldestAt },
        },
      ];
    },
  }),
  // F17
  rule({
    name: 'cron_history_unpurged',
    level: 'WARN',
    title: "Nothing purges pg_cron's history",
    remediation:
      'Wake the job ops_prune_history: one job a minute leaves half a million rows a year, and unscheduling keeps them.',
    needs: ['jobs', 'history'],
    find: ({ jobs, history }, { desired }) => {
      const purgers = desired.jobs.flatMap(({ name, definition: { call } }) =>
        call.kind === 'sql' &&
        /\bops\.prune_history\s*\(|delete\s+from\s+cron\.job_run_details/i.test(call.sql)
          ? [name]
          : [],
      );
      const isPurged = jobs.some(
        (job) =>
          job.active &&
          ((job.fires !== null && purgers.includes(job.fires)) ||
            job.reading?.purgesHistory === true ||
            job.reading?.calls.includes('ops.prune_history') === true),
      );
      if (isPurged || !jobs.some(({ active }) => active)) return [];
      return [
        {
          object: 'cron.job_run_details',
          detail: 'No active job deletes old rows of cron.job_run_details.',
          evidence: { rows: history.rows, oldest_at: history.oldestAt },
        },
      ];
    },
  }),
  // F14
  rule({
    name: 'cron_secret_in_history',
    level: 'ERROR',
    title: 'The history holds commands with secrets',
    remediation:
      'Replace the secret, then delete those rows of cron.job_run_details by their jobid: the job may be gone, its rows are not.',
    needs: ['history'],
    find: ({ history }) => {
      const found = new Map(
        history.commands.filter(({ command }) => holdsSecret(command)).map(({ jobid }) => [jobid, jobid]),
      );
      const names = new Map(history.jobs.map((job) => [job.jobid, labelOf(job)]));
      return [...found.keys()].map((jobid) => ({
        object: names.get(jobid) ?? `number ${jobid}`,
        detail: `Runs of job ${names.get(jobid) ?? `number ${jobid}`} are kept with a command that holds what looks like a secret.`,
        evidence: { jobid },
      }));
    },
  }),
  // F18
  rule({
    name: 'cron_start_failures',
    level: 'WARN',
    title: 'pg_cron could not start runs',
    remediation:
      'Spread jobs over minutes (H); then look at max_connections, max_worker_processes and cron.max_running_jobs.',
    needs: ['history'],
    find: ({ history }, { threshold }) =>
      rowsOf(
        history,
        (job) => job.startFailures >= threshold('runs'),
        (job) => ({
          detail: `${job.startFailures} of ${job.runs} runs of job ${labelOf(job)} did not start in 24 hours: ${job.lastMessage ?? ''}`,
          evidence: { jobid: job.jobid, start_failures: job.startFailures, runs: job.runs },
        }),
      ),
  }),
  // F18
  rule({
    name: 'cron_long_runs',
    level: 'WARN',
    title: 'Runs take longer than a job inside the database should',
    remediation:
      'Work in smaller batches, or queue the work (`call: enqueue`): Supabase advises ten minutes at most.',
    needs: ['history'],
    find: ({ history }, { threshold }) =>
      rowsOf(
        history,
        (job) => (job.longestMs ?? 0) > threshold('minutes') * 60_000,
        (job) => ({
          detail: `A run of job ${labelOf(job)} took ${Math.round((job.longestMs ?? 0) / 1000)} s.`,
          evidence: { jobid: job.jobid, longest_ms: job.longestMs },
        }),
      ),
  }),
  // F19
  rule({
    name: 'cron_queue_storm',
    level: 'WARN',
    title: 'Runs are queued behind one another',
    remediation:
      'Declare the job: ops.fire leaves a run out while the one before has not ended. pg_cron queues them, without an end.',
    needs: ['history'],
    find: ({ history }, { threshold }) =>
      rowsOf(
        history,
        (job) => job.stormRuns >= threshold('runs'),
        (job) => ({
          detail: `${job.stormRuns} runs of job ${labelOf(job)} began as the one before ended: it takes longer than its schedule allows.`,
          evidence: { jobid: job.jobid, runs_in_a_row: job.stormRuns, longest_ms: job.longestMs },
        }),
      ),
  }),
  // F29
  rule({
    name: 'cron_statement_timeouts',
    level: 'WARN',
    title: "Runs are cancelled by the role's statement timeout",
    remediation:
      'Declare the job with `timeout:`, which sets it for the run alone; or work in smaller batches.',
    needs: ['history'],
    find: ({ history }) =>
      rowsOf(
        history,
        (job) => job.statementTimeouts > 0,
        (job) => ({
          detail: `${job.statementTimeouts} runs of job ${labelOf(job)} were cancelled by statement_timeout in 24 hours.`,
          evidence: { jobid: job.jobid, statement_timeouts: job.statementTimeouts },
        }),
      ),
  }),
  // F20
  rule({
    name: 'cron_silent',
    level: 'ERROR',
    title: 'The scheduler runs nothing',
    remediation:
      'Restart the database (Supabase: Settings, General, fast reboot): a scheduler that died writes no row that says so.',
    needs: ['jobs', 'history', 'settings'],
    find: ({ jobs, history, settings }, { now, threshold }) => {
      // Every minute, or by the second: with one of them awake there is always a run to see.
      const steady = jobs.filter(
        (job) => job.active && /^(?:\s*\*\s+\*\s+\*\s+\*\s+\*|\s*\d+\s*seconds?)\s*$/i.test(job.schedule),
      );
      const silentMs = now.getTime() - (history.newestAt?.getTime() ?? 0);
      if (steady.length === 0 || settings.cronLogRun === 'off' || silentMs <= threshold('minutes') * 60_000)
        return [];
      return [
        {
          object: 'pg_cron',
          detail: `${steady.length} jobs are due every minute, and the last run ${history.newestAt === null ? 'was never' : `was at ${history.newestAt.toISOString()}`}.`,
          evidence: {
            newest_at: history.newestAt,
            due_each_minute: steady.slice(0, 20).map(({ label }) => label),
          },
        },
      ];
    },
  }),
];
