/** What is in the database: extensions, the scheduler's settings, migrations, the Vault. */

import type { DesiredState } from '../../declare/model.ts';
import { targetOf } from '../../reconcile/capabilities.ts';
import type { SeenFacts } from '../advice/facts.ts';
import { type DoctorItem, itemsOf, judged, listed } from './item.ts';

const database = itemsOf('database');

/** Which extensions there are, and of which version. */
export function lookAtExtensions(
  { target, settings }: SeenFacts,
  desired: DesiredState,
): readonly DoctorItem[] {
  if (target.kind !== 'seen') return [];
  const versions = targetOf(target.value);
  const wanted = [
    ['pg_cron', versions.pg_cron, desired.jobs.some(({ cron }) => cron.active)],
    ['pg_net', versions.pg_net, desired.jobs.some(({ definition }) => definition.call.kind === 'http')],
    ['vault', versions.vault, desired.secrets.some(({ vault }) => vault !== false)],
  ] as const;
  const outdated = settings.kind === 'seen' ? settings.value.outdated : [];
  return [
    ...wanted.map(([name, version, isWanted]) =>
      judged(database, `extension.${name}`, `Extension ${name}`, {
        good: version ?? 'not there, and nothing needs it',
        trouble:
          version === null && isWanted
            ? {
                status: 'error',
                detail: `${name} is not there, and the files need it.`,
                remedy: `create extension ${name === 'vault' ? 'supabase_vault' : name} (Supabase: Database, Extensions).`,
              }
            : null,
      }),
    ),
    judged(database, 'extension.versions', 'Versions of extensions', {
      good: 'All are as new as their files.',
      trouble:
        outdated.length === 0
          ? null
          : {
              status: 'warning',
              detail: `Older than their files: ${listed(outdated.map(({ name, installed, available }) => `${name} ${installed} (${available})`))}.`,
              remedy: 'alter extension NAME update.',
            },
    }),
  ];
}

/** Where and by which clock pg_cron runs. */
export function lookAtScheduler(
  { target, settings, jobs }: SeenFacts,
  desired: DesiredState,
): readonly DoctorItem[] {
  if (jobs.kind === 'absent' || desired.jobs.length === 0 || target.kind !== 'seen') return [];
  const title = 'Scheduler';
  if (settings.kind !== 'seen') {
    return [
      database.unknown(
        'scheduler',
        title,
        settings.reason,
        'grant pg_read_all_settings to this role, or connect as the one that applies.',
      ),
    ];
  }
  const { cronDatabase, cronTimezone } = settings.value;
  const here = target.value.database;
  const zone = cronTimezone === null || cronTimezone === '' ? 'GMT' : cronTimezone;
  return [
    judged(database, 'scheduler.database', 'Database of pg_cron', {
      good: cronDatabase === null ? `${here} (pg_cron does not say)` : cronDatabase,
      trouble:
        cronDatabase !== null && cronDatabase !== here
          ? {
              status: 'error',
              detail: `pg_cron lives in database ${cronDatabase}, and we are in ${here}.`,
              remedy: 'Set cron.database_name to this database and restart, or connect to that one.',
            }
          : null,
    }),
    judged(database, 'scheduler.timezone', 'Time zone of pg_cron', {
      good: zone,
      trouble: /^(?:GMT|UTC|Etc\/UTC|Etc\/GMT)$/i.test(zone)
        ? null
        : {
            status: 'error',
            detail: `pg_cron counts in ${zone}, and schedules are told to it in UTC: every job runs shifted.`,
            remedy: "Set cron.timezone to 'GMT' and restart.",
          },
    }),
  ];
}

/** `applied` is null when the history can't be read. */
export function lookAtMigrations(applied: ReadonlySet<string> | null, desired: DesiredState): DoctorItem {
  const title = 'Migrations';
  if (applied === null) {
    return database.unknown(
      'migrations',
      title,
      'This role may not read supabase_migrations.schema_migrations.',
      'grant usage on schema supabase_migrations and select on its table to it.',
    );
  }
  const missing = desired.migrations.filter(({ version }) => !applied.has(version));
  return judged(database, 'migrations', title, {
    good: `All ${desired.migrations.length} are applied.`,
    trouble:
      missing.length === 0
        ? null
        : {
            status: 'error',
            detail: `${missing.length} of ${desired.migrations.length} are not applied: ${listed(
              missing.map(({ file }) => file),
              3,
            )}.`,
            remedy: '`opsroom plan` shows what they do, `opsroom apply` (or a merge) applies them.',
          },
  });
}

/** Whether secrets can be read, and whether those the files need are there. */
export function lookAtVault({ secrets }: SeenFacts, desired: DesiredState): DoctorItem {
  const title = 'Secrets of the Vault';
  const wanted = desired.secrets.filter(({ vault }) => vault !== false).map(({ name }) => name);
  if (secrets.kind === 'hidden') return database.unknown('vault', title, `${secrets.reason}.`);
  if (secrets.kind === 'absent') {
    return wanted.length === 0
      ? database.good('vault', title, 'No file asks for one.')
      : database.bad('vault', title, {
          status: 'error',
          detail: `There is no Vault, and the files name ${wanted.length} secrets.`,
          remedy: 'create extension supabase_vault, then apply.',
        });
  }
  const there = new Map(secrets.value.map((secret) => [secret.name, secret]));
  const missing = wanted.filter((name) => !there.has(name));
  const unreadable = wanted.filter((name) => there.get(name)?.verdict === null);
  const spoilt = wanted.filter((name) => {
    const verdict = there.get(name)?.verdict;
    return verdict !== null && verdict !== undefined && (verdict.hasWhiteSpace || verdict.isEmpty);
  });
  const troubles = [
    ...(missing.length === 0 ? [] : [`missing: ${listed(missing)}`]),
    ...(unreadable.length === 0 ? [] : [`cannot be decrypted: ${listed(unreadable)}`]),
    ...(spoilt.length === 0 ? [] : [`empty or with a line break: ${listed(spoilt)}`]),
  ];
  return judged(database, 'vault', title, {
    good: `All ${wanted.length} the files name are there and can be read.`,
    trouble:
      troubles.length === 0
        ? null
        : {
            status: 'error',
            detail: `${troubles.join('; ')}.`,
            remedy:
              'Apply with their values set (the variables secrets.yaml names); delete first what cannot be decrypted.',
          },
  });
}
