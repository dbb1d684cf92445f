import type { TargetFacts } from '../database/read-target.ts';
import type { DesiredJob } from '../declare/model.ts';
import type { MissingCapability, Plan } from './model.ts';

/** What can be done at this target, decided once from the facts read. */
export interface Capabilities {
  /** Our tables are there; false before the first apply. */
  readonly ops: {
    readonly ledger: boolean;
    readonly definitions: boolean;
    readonly audit: boolean;
    /** Projects can be read as files would declare them. */
    readonly projects: boolean;
  };
  readonly migrationHistory: boolean;
  readonly cron: CronCapability;
  /** `names`: what is stored can be seen, and no value compared. */
  readonly vault: 'ready' | 'names' | 'absent' | 'closed';
  readonly net: boolean;
  /** Values of secrets would be written to the server log. */
  readonly logsParameters: boolean;
  readonly superuser: boolean;
  /** The role that applies. */
  readonly user: string;
  /** Our role, when it is another one and can only look. */
  readonly reader: string | null;
  readonly database: string;
}

export interface CronCapability {
  readonly state: 'ready' | 'absent' | 'closed';
  /** What we read rows from; the function is for a role that may not use schema cron. */
  readonly source: 'table' | 'function';
  /** May call alter_job and schedule_in_database (revoked from PUBLIC since pg_cron 1.4). */
  readonly canAlter: boolean;
  /** False: row security shows us our own jobs only. */
  readonly seesAllJobs: boolean;
  /** The zone it reads schedules in, when that is not UTC, which ours are written in. */
  readonly otherTimezone: string | null;
  /** Major and minor as one number: 1.4 is 104. */
  readonly version: number;
}

/** Decide what can be done from what the catalogs say. Pure. */
export function capabilitiesOf(facts: TargetFacts): Capabilities {
  const has = (name: string): boolean => facts.relations[name]?.readable === true;
  return {
    ops: {
      ledger: has('ops.managed_objects'),
      definitions: has('ops.job_definitions'),
      audit: has('ops.reconciliations'),
      projects: facts.views['ops.plan_projects'] === true,
    },
    migrationHistory: has('supabase_migrations.schema_migrations'),
    cron: cronCapability(facts),
    vault: vaultCapability(facts),
    net: facts.functions['net.http_post'] !== undefined,
    logsParameters: facts.logsParameters,
    superuser: facts.superuser,
    user: facts.user,
    reader: facts.reader,
    database: facts.database,
  };
}

/** The header of a report. */
export function targetOf(facts: TargetFacts): Plan['target'] {
  const version = (extension: string, schema: string): string | null => {
    const standIn = facts.standIns[schema];
    return facts.extensions[extension] ?? (standIn === undefined ? null : `${standIn} stand-in`);
  };
  return {
    database: facts.database,
    user: facts.user,
    server_version: facts.serverVersion,
    pg_cron: version('pg_cron', 'cron'),
    pg_net: version('pg_net', 'net'),
    vault: version('supabase_vault', 'vault'),
  };
}

function cronCapability(facts: TargetFacts): CronCapability {
  const job = facts.relations['cron.job'];
  const callable = (name: string): boolean => facts.functions[name] === true;
  const source = job?.readable !== true && facts.views['ops.plan_cron_jobs'] === true ? 'function' : 'table';
  const visible = job?.readable === true || source === 'function';
  const open = visible && callable('cron.schedule') && callable('cron.unschedule');
  return {
    state: job === undefined ? 'absent' : open ? 'ready' : 'closed',
    source,
    canAlter: callable('cron.alter_job') && callable('cron.schedule_in_database'),
    seesAllJobs: job?.seesAllRows === true,
    otherTimezone: UTC.test(facts.cronTimezone ?? 'GMT') ? null : facts.cronTimezone,
    version: versionNumber(facts.extensions.pg_cron ?? facts.standIns.cron),
  };
}

const UTC = /^(?:GMT|UTC|Etc\/UTC|Etc\/GMT|Z|Zulu|UCT)$/i;

function vaultCapability(facts: TargetFacts): Capabilities['vault'] {
  const secrets = facts.relations['vault.secrets'];
  const view = facts.relations['vault.decrypted_secrets'];
  if (secrets === undefined || view === undefined) return 'absent';
  const callable =
    facts.functions['vault.create_secret'] === true && facts.functions['vault.update_secret'] === true;
  if (secrets.readable && view.readable && callable) return 'ready';
  return facts.reader !== null && facts.views['ops.plan_secrets'] === true ? 'names' : 'closed';
}

/** `1.4-1` is 104, `1.6.4` is 106; an unknown version counts as new. */
function versionNumber(version: string | undefined): number {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '');
  return match === null ? 9999 : Number(match[1]) * 100 + Number(match[2]);
}

/** What the target lacks for pg_net; the other extensions are judged by the kinds that use them. */
export function missingNet(
  capabilities: Capabilities,
  jobs: readonly DesiredJob[],
): readonly MissingCapability[] {
  const calls = jobs.filter((job) => job.definition.call.kind === 'http');
  if (capabilities.net || calls.length === 0) return [];
  return [
    {
      name: 'pg_net',
      consequence: `${someNames(calls)} can't send requests: every run is recorded as failed with extension_missing:pg_net`,
      remedy: 'create extension pg_net (Supabase: Database, Extensions)',
    },
  ];
}

/** `job a`, `3 jobs (a, b, c)`, `10000 jobs (a, b, c, ...)`. */
export function someNames(objects: readonly { readonly name: string }[], noun = 'job'): string {
  const [first] = objects;
  if (first !== undefined && objects.length === 1) return `${noun} ${first.name}`;
  const shown = objects.slice(0, 3).map((object) => object.name);
  if (objects.length > 3) shown.push('...');
  return `${objects.length} ${noun}s (${shown.join(', ')})`;
}
