import type { CronJobRow } from '../database/cron-jobs.ts';
import type { Diagnostic } from '../declare/model.ts';
import type { PlanContext } from './resources/resource.ts';

/**
 * What needs a person although no file changes it: a scheduler with another clock, orphans of dropped roles, and twins.
 *
 * @param live.others the rows that are not ours: one of ours that another role has is taken back, and no twin
 */
export function cronNotices(
  live: { readonly rows: readonly CronJobRow[]; readonly others: readonly CronJobRow[] },
  { desired, capabilities }: PlanContext,
): Diagnostic[] {
  const declared = new Map(desired.jobs.map((job) => [job.name, job]));
  const notices: Diagnostic[] = [];
  const zone = capabilities.cron.otherTimezone;
  if (zone !== null && desired.jobs.length > 0) {
    notices.push({
      severity: 'error',
      code: 'cron-timezone',
      message: `pg_cron reads schedules in ${zone} here (cron.timezone): every job runs shifted, because ours are told to it in UTC`,
      hint: "Set cron.timezone to 'GMT' and restart the server; a job's own time zone belongs into its file",
      location: desired.environment.location,
    });
  }
  const foreign = new Set(live.others);
  for (const row of live.rows) {
    const name = row.jobname ?? `number ${row.jobid}`;
    if (!row.owner_exists) {
      notices.push({
        severity: 'error',
        code: 'cron-owner-missing',
        message: `Job ${name} belongs to role ${row.username}, which no longer exists: pg_cron's scheduler will fail at its next start, and no job will run`,
        hint: `As a superuser: select cron.unschedule(${row.jobid}), or create role ${row.username} again`,
        location: declared.get(row.jobname ?? '')?.location ?? desired.environment.location,
      });
    }
    const twin = row.jobname === null || !foreign.has(row) ? undefined : declared.get(row.jobname);
    if (twin !== undefined && row.username !== (twin.cron.username ?? capabilities.user)) {
      notices.push({
        severity: 'warning',
        code: 'cron-twin',
        message: `Another job ${twin.name} runs as role ${row.username}: names are unique for each role only, so both run`,
        hint: `As ${row.username} or a superuser: select cron.unschedule(${row.jobid})`,
        location: twin.location,
      });
    }
  }
  return notices;
}
