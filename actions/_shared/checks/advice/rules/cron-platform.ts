/** Rules about pg_cron itself: whether it is there, how it is set, and what our role may do with it. */

import { type AdviceRule, rule } from '../rule.ts';
import { isOlder } from '../version.ts';

/** Functions an apply needs; revoked from everybody by the extension itself. */
const NEEDED = ['cron.schedule', 'cron.schedule_in_database', 'cron.alter_job', 'cron.unschedule'] as const;

export const cronPlatformRules: readonly AdviceRule[] = [
  // F28
  rule({
    name: 'pg_cron_missing',
    level: 'ERROR',
    title: 'Jobs are declared and there is no scheduler',
    remediation:
      'create extension pg_cron (Supabase: Database, Extensions; elsewhere shared_preload_libraries and cron.database_name first), then apply: every job comes back from the files.',
    needs: ['target'],
    find: ({ target }, { desired }) => {
      const awake = desired.jobs.filter(({ cron }) => cron.active);
      if (target.relations['cron.job'] !== undefined || awake.length === 0) return [];
      return [
        {
          object: target.database,
          detail: `${awake.length} jobs should be awake in database ${target.database}, and it has no pg_cron.`,
          evidence: { jobs: awake.slice(0, 20).map(({ name }) => name) },
        },
      ];
    },
  }),
  // F18, F20
  rule({
    name: 'pg_cron_outdated',
    level: 'WARN',
    title: 'pg_cron is of a version with known faults',
    remediation:
      'Upgrade it (Supabase: Infrastructure, upgrade the project; elsewhere alter extension pg_cron update after a restart). 1.6.4 revives a scheduler that died.',
    needs: ['target'],
    find: ({ target }) => {
      const installed = target.extensions.pg_cron;
      if (installed === undefined || !isOlder(installed, '1.6.4') || isSameMinor(installed)) return [];
      return [
        {
          object: 'pg_cron',
          detail: `pg_cron is ${installed}: ${isOlder(installed, '1.5') ? 'it knows no schedules of seconds, and' : ''} its scheduler stays dead once it died.`,
          evidence: { installed },
        },
      ];
    },
  }),
  // F25
  rule({
    name: 'cron_partial_view',
    level: 'WARN',
    title: 'Jobs of other roles are invisible',
    remediation:
      'Connect as a role with BYPASSRLS (hosted: postgres): what cannot be seen is neither checked nor found as drift.',
    needs: ['target'],
    find: ({ target }) => {
      const relation = target.relations['cron.job'];
      const role = target.reader ?? target.user;
      return relation === undefined || !relation.readable || relation.seesAllRows
        ? []
        : [
            {
              object: role,
              detail: `Row level security shows role ${role} its own rows of cron.job only.`,
            },
          ];
    },
  }),
  // F26
  rule({
    name: 'cron_functions_closed',
    level: 'WARN',
    title: 'The role that applies may not use pg_cron in full',
    remediation:
      'As its owner: grant usage on schema cron and execute on all functions in schema cron to that role. Do not drop the extension for it: that deletes every job.',
    needs: ['target'],
    find: ({ target }) => {
      if (target.relations['cron.job'] === undefined) return [];
      const closed = NEEDED.filter((name) => target.functions[name] === false);
      return closed.length === 0
        ? []
        : [
            {
              object: target.user,
              detail: `Role ${target.user} may not call ${closed.join(', ')}.`,
              evidence: { closed },
            },
          ];
    },
  }),
  // F27
  rule({
    name: 'cron_timezone',
    level: 'ERROR',
    title: 'The scheduler keeps another time zone than UTC',
    remediation:
      "Set cron.timezone back to 'GMT' and restart: declared schedules are told to pg_cron in UTC, and a job's own time zone belongs into its file.",
    needs: ['settings'],
    find: ({ settings }) => {
      const zone = settings.cronTimezone;
      return zone === null || zone === '' || /^(?:GMT|UTC|Etc\/UTC|Etc\/GMT|Z|Zulu|UCT)$/i.test(zone)
        ? []
        : [
            {
              object: 'cron.timezone',
              detail: `cron.timezone is ${zone}: every job runs shifted.`,
              evidence: { zone },
            },
          ];
    },
  }),
  // F14
  rule({
    name: 'statements_logged',
    level: 'WARN',
    title: 'Values of secrets reach the log of the server',
    remediation:
      "Set log_statement to 'ddl' or less and log_min_duration_statement above 0, or log_parameter_max_length to 0, for the role that applies.",
    needs: ['target', 'settings'],
    find: ({ target, settings }) =>
      target.logsParameters
        ? [
            {
              object: target.user,
              detail: `The server logs statements of role ${target.user} with their parameters: secrets an apply writes are among them.`,
              evidence: { log_statement: settings.logStatement },
            },
          ]
        : [],
  }),
];

/** `1.6` and `1.6-1` do not say which patch they are: the library may be newer than the extension's script. */
function isSameMinor(installed: string): boolean {
  return /^1\.6(?:-\d+)?$/.test(installed);
}
