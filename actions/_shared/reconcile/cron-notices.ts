import type { CronJobRow } from '../database/cron-jobs.ts';
import type { Diagnostic } from '../declare/model.ts';
import type { PlanContext } from './resources/resource.ts';

/** Live jobs that need a person although no file changes them: orphans of dropped roles, and twins. */
export function cronNotices(
  rows: readonly CronJobRow[],
  { desired, capabilities }: PlanContext,
): Diagnostic[] {
  const declared = new Map(desired.jobs.map((job) => [job.name, job]));
  const notices: Diagnostic[] = [];
  for (const row of rows) {
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
    const twin = row.jobname === null ? undefined : declared.get(row.jobname);
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
