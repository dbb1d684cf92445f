import type { DesiredJob } from '../declare/model.ts';
import { type Capabilities, someNames } from './capabilities.ts';
import type { LostObject, MissingCapability } from './model.ts';

const SECONDS_SINCE = 105;
const LAST_DAY_SINCE = 106;

/** True when this pg_cron knows the schedule and our role may bring the job into its declared state. */
export function isSchedulable(job: DesiredJob, { cron, superuser, user }: Capabilities): boolean {
  if (needsSeconds(job) && cron.version < SECONDS_SINCE) return false;
  if (needsLastDay(job) && cron.version < LAST_DAY_SINCE) return false;
  if (!job.cron.active && !cron.canAlter) return false;
  return job.cron.username === undefined || job.cron.username === user || superuser;
}

/** What will not work at this target for want of pg_cron, a newer one, or privileges on it. */
export function cronGaps(
  capabilities: Capabilities,
  jobs: readonly DesiredJob[],
  lost: readonly LostObject[] = [],
): MissingCapability[] {
  if (jobs.length === 0) return [];
  const { cron } = capabilities;
  switch (cron.state) {
    case 'absent':
      return [
        {
          name: 'pg_cron',
          consequence: `${someNames(jobs)} will not run on schedule${goneWith(lost)}; definitions are stored, and fire by hand works`,
          remedy: `create extension pg_cron in database ${capabilities.database} (Supabase: Database, Extensions; elsewhere shared_preload_libraries and cron.database_name first)`,
        },
      ];
    case 'closed':
      return [
        {
          name: 'privileges on pg_cron',
          consequence: `${someNames(jobs)} will not be scheduled: role ${capabilities.user} may not use schema cron`,
          remedy: `As its owner: grant usage on schema cron to ${capabilities.user}; grant select on cron.job to ${capabilities.user}; grant execute on all functions in schema cron to ${capabilities.user}`,
        },
      ];
    case 'ready':
      return [...viewGap(capabilities), ...scheduleGaps(capabilities, jobs)];
  }
}

function goneWith(lost: readonly LostObject[]): string {
  return lost.length === 0 ? '' : `, because what we had scheduled (${someNames(lost)}) is gone with it`;
}

function viewGap({ cron, user }: Capabilities): MissingCapability[] {
  if (cron.seesAllJobs) return [];
  return [
    {
      name: 'a full view of cron.job',
      consequence: `Row security shows role ${user} its own jobs only: jobs of other roles are neither reported nor found under the same name`,
      remedy: `Connect as a role with BYPASSRLS (hosted: postgres), or alter role ${user} bypassrls`,
    },
  ];
}

function scheduleGaps(capabilities: Capabilities, jobs: readonly DesiredJob[]): MissingCapability[] {
  const { cron, superuser, user } = capabilities;
  const gaps: MissingCapability[] = [];
  const add = (
    name: string,
    affected: readonly DesiredJob[],
    consequence: (names: string) => string,
    remedy: string,
  ): void => {
    if (affected.length > 0) gaps.push({ name, consequence: consequence(someNames(affected)), remedy });
  };
  if (cron.version < SECONDS_SINCE) {
    add(
      'pg_cron 1.5',
      jobs.filter(needsSeconds),
      (names) => `${names} will not be scheduled: intervals of seconds came with pg_cron 1.5`,
      'Upgrade pg_cron, or write a schedule of five fields',
    );
  }
  if (cron.version < LAST_DAY_SINCE) {
    add(
      'pg_cron 1.6',
      jobs.filter(needsLastDay),
      (names) => `${names} will not be scheduled: $ for the last day of the month came with pg_cron 1.6`,
      'Upgrade pg_cron, or write a day from 1 to 28',
    );
  }
  if (!cron.canAlter) {
    add(
      'cron.alter_job',
      jobs.filter((job) => !job.cron.active),
      (names) => `${names} will not be scheduled: putting a job to sleep needs cron.alter_job`,
      `As its owner: grant execute on all functions in schema cron to ${user}`,
    );
  }
  if (!superuser) {
    add(
      'jobs of other roles',
      jobs.filter((job) => job.cron.username !== undefined && job.cron.username !== user),
      (names) => `${names} will not be scheduled: only a superuser may schedule for another role`,
      'Leave out the role, or connect as a superuser',
    );
  }
  return gaps;
}

function needsSeconds(job: DesiredJob): boolean {
  return /^\s*\d+\s*second/i.test(job.cron.schedule);
}

function needsLastDay(job: DesiredJob): boolean {
  return job.cron.schedule.includes('$');
}
