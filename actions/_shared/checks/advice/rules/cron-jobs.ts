/** Rules about the rows of cron.job. */

import { crowdedMinutes } from '../crowded-minutes.ts';
import type { SeenJob } from '../facts.ts';
import { type AdviceRow, type AdviceRule, rule } from '../rule.ts';

function grouped(jobs: readonly SeenJob[], key: (job: SeenJob) => string): readonly (readonly SeenJob[])[] {
  return [...Map.groupBy(jobs, key).values()].filter((group) => group.length > 1);
}

function namesOf(jobs: readonly SeenJob[]): string {
  const shown = jobs.slice(0, 5).map(({ label, username }) => `${label} (of ${username})`);
  return jobs.length > 5 ? `${shown.join(', ')} and ${jobs.length - 5} more` : shown.join(', ');
}

function idsOf(jobs: readonly SeenJob[]): readonly string[] {
  return jobs.map(({ jobid }) => jobid);
}

export const cronJobRules: readonly AdviceRule[] = [
  // F21
  rule({
    name: 'cron_owner_missing',
    level: 'ERROR',
    title: 'A job belongs to a role that is gone',
    remediation:
      'As a superuser unschedule it by its id, or make the role again: at its next start the scheduler fails at this row, and no job runs at all, even if this one is inactive.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      jobs
        .filter((job) => !job.ownerExists)
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.label} (id ${job.jobid}) belongs to role ${job.username}, which does not exist.`,
          evidence: { jobid: job.jobid, username: job.username, active: job.active },
        })),
  }),
  // F22
  rule({
    name: 'cron_name_twins',
    level: 'ERROR',
    title: 'Jobs whose names nobody can tell apart',
    remediation:
      'Unschedule all but one, by id: names are unique for each role and case only, and all of them run.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      grouped(
        jobs.filter(({ jobname }) => jobname !== null),
        ({ jobname }) => (jobname ?? '').toLowerCase(),
      ).map((twins) => ({
        object: (twins[0]?.jobname ?? '').toLowerCase(),
        detail: `${namesOf(twins)} differ in nothing but case or owner.`,
        evidence: { jobids: idsOf(twins), active: twins.filter(({ active }) => active).length },
      })),
  }),
  // F22
  rule({
    name: 'cron_duplicate_commands',
    level: 'WARN',
    title: 'The same command runs as several jobs',
    remediation: 'Unschedule all but one, by id.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      grouped(
        jobs.filter(({ active }) => active),
        ({ commandMd5, database }) => `${database} ${commandMd5}`,
      ).map((same) => ({
        object: same.map(({ label }) => label).sort()[0] ?? '',
        detail: `${namesOf(same)} run the same command.`,
        evidence: { jobids: idsOf(same), command_md5: same[0]?.commandMd5 },
      })),
  }),
  // F23
  rule({
    name: 'cron_asleep',
    level: 'WARN',
    title: 'A job sleeps that should be awake',
    remediation:
      'Apply: it sets `active` by cron.alter_job. (cron.schedule over an existing name leaves it as it is.)',
    needs: ['jobs', 'target'],
    find: ({ jobs, target }, { desired }) => {
      const awake = new Map(
        desired.jobs.flatMap(({ name, cron }) => (cron.active ? [[name, cron.username ?? target.user]] : [])),
      );
      return jobs
        .filter((job) => !job.active && job.jobname !== null && awake.get(job.jobname) === job.username)
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.label} is declared active here, and cron.job says that it is not.`,
          evidence: { jobid: job.jobid, schedule: job.schedule },
        }));
    },
  }),
  // F24
  rule({
    name: 'cron_job_unnamed',
    level: 'INFO',
    title: 'A job without a name',
    remediation:
      'Schedule it again with a name, or declare it: nobody can unschedule or find it but by its id.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      jobs
        .filter(({ jobname }) => jobname === null)
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.jobid} of ${job.username} (${job.schedule}) has no name.`,
          evidence: { jobid: job.jobid, command_md5: job.commandMd5 },
        })),
  }),
  // F24
  rule({
    name: 'cron_unmanaged_jobs',
    level: 'INFO',
    title: 'A job nobody declared',
    remediation:
      '`opsroom adopt NAME --write` writes its file; from then on it is reviewed, watched and put back.',
    needs: ['jobs', 'ours'],
    find: ({ jobs, ours }, { desired }) => {
      const declared = new Set([...ours, ...desired.jobs.map(({ name }) => name)]);
      return jobs
        .filter((job) => job.jobname !== null && !declared.has(job.jobname))
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.label} of ${job.username} (${job.schedule}${job.active ? '' : ', asleep'}) stands in no file.`,
          evidence: { jobid: job.jobid, active: job.active },
        }));
    },
  }),
  // F30
  rule({
    name: 'cron_superuser_job',
    level: 'WARN',
    title: 'A job runs as a superuser',
    remediation: 'Give it to a role that may do what it needs and no more (cron.alter_job, username).',
    needs: ['jobs'],
    find: ({ jobs }) =>
      jobs
        .filter((job) => job.ownerIsSuperuser && job.active)
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.label} runs as ${job.username}, which is a superuser.`,
          evidence: { jobid: job.jobid, username: job.username },
        })),
  }),
  // F28
  rule({
    name: 'cron_other_database',
    level: 'WARN',
    title: 'A job runs in another database',
    remediation: 'Apply it there, or unschedule it: what it does is neither seen nor followed from here.',
    needs: ['jobs', 'target'],
    find: ({ jobs, target }) =>
      jobs
        .filter((job) => job.database !== target.database)
        .map((job) => ({
          object: job.label,
          detail: `Job ${job.label} runs in database ${job.database}, not in ${target.database}.`,
          evidence: { jobid: job.jobid, database: job.database },
        })),
  }),
  // F18
  rule({
    name: 'cron_crowded_minutes',
    level: 'WARN',
    title: 'Too many jobs start in the same minute',
    remediation:
      'Spread them: `H * * * *` draws a minute from the name. Supabase advises at most 8 at once; pg_cron stops at 32, or 5 with background workers.',
    needs: ['jobs'],
    find: ({ jobs }, { now, desired, threshold }): readonly AdviceRow[] => {
      const crowd = crowdedMinutes(jobs, desired.jobs, { now, most: threshold('jobs') });
      if (crowd === null) return [];
      return [
        {
          object: 'peak',
          detail: `${crowd.count} jobs start at ${crowd.at}; ${crowd.minutes} minutes of the next 7 days have more than ${threshold('jobs')}.`,
          evidence: { at: crowd.at, count: crowd.count, minutes: crowd.minutes, jobs: crowd.jobs },
        },
      ];
    },
  }),
];
