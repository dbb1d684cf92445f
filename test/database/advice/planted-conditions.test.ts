/** Every rule sees its condition, really made, and nothing else: sound, planted, seen, mended, sound. */
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceRules } from '../../../actions/_shared/checks/advice/registry.ts';
import { createTestDatabase } from '../../support/database.ts';
import {
  asPostgres,
  foundIn,
  OTHER_PROJECT,
  OWN_PROJECT,
  scanAs,
  soundFiles,
  soundState,
  undone,
} from './advice.ts';

const database = await createTestDatabase(import.meta.url);
// What a worker of pg_net looks like in pg_stat_activity.
const worker = postgres(database.url, { max: 1, connection: { application_name: 'pg_net worker (test)' } });

beforeAll(async () => {
  await worker`select 1`;
});
afterAll(async () => {
  await worker.end();
  await database.drop();
});

interface Planted {
  /** `rule: object` of everything new; the first is what the case is about. */
  readonly finds: readonly string[];
  /** Files that are otherwise. */
  readonly files?: Readonly<Record<string, string>>;
  /** SQL of role postgres, or of a superuser. */
  readonly plant?: string;
  readonly plantAsSuperuser?: string;
  /** SQL of a superuser after which all is well again; left out when what is wrong are the files. */
  readonly mend?: string;
}

/** A job of hand, at minute 20: `cron.schedule` of role postgres. */
function job(name: string, command: string, schedule = '20 * * * *'): string {
  return `select cron.schedule('${name}', '${schedule}', $job$${command}$job$)`;
}
const unschedule = (name: string): string =>
  `delete from cron.job where jobname = '${name}'; delete from cron.job_run_details`;
const post = (url: string, more = ', timeout_milliseconds := 3000'): string =>
  `select net.http_post(url := '${url}', headers := '{}'::jsonb, body := '{}'::jsonb${more})`;
const cron = (name: string, text: string): Readonly<Record<string, string>> => ({
  ...soundFiles,
  [`runbooks/cron/${name}.yaml`]: text,
});
/** Runs of a job that is live, `minutes` ago, each with its duration in seconds. */
function ran(
  name: string,
  runs: readonly (readonly [minutes: number, seconds: number, status?: string, message?: string])[],
): string {
  const values = runs.map(
    ([minutes, seconds, status = 'succeeded', message = '1 row']) =>
      `((select jobid from cron.job where jobname = '${name}'), 'select ops.fire(''${name}'')', '${status}', '${message}',
        now() - interval '${minutes} minutes', now() - interval '${minutes} minutes' + interval '${seconds} seconds', 'postgres', current_database())`,
  );
  return `insert into cron.job_run_details (jobid, command, status, return_message, start_time, end_time, username, database)
    values ${values.join(',\n')}`;
}
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

const planted: readonly Planted[] = [
  // Commands
  {
    finds: ['cron_secret_in_command: leaky', 'cron_bypasses_fire: leaky', 'cron_unmanaged_jobs: leaky'],
    plant: job(
      'leaky',
      post('https://x.example', `, timeout_milliseconds := 3000, params := '{"k": "${JWT}"}'::jsonb`),
    ),
    mend: unschedule('leaky'),
  },
  {
    finds: ['cron_bypasses_fire: by_hand', 'cron_unmanaged_jobs: by_hand'],
    plant: job('by_hand', post('https://x.example/hook')),
    mend: unschedule('by_hand'),
  },
  {
    finds: ['cron_bypasses_fire: through', 'cron_unmanaged_jobs: through'],
    plant: `create function public.call_it() returns bigint language plpgsql set search_path = '' as $f$
        begin return net.http_get(url := 'https://x.example', timeout_milliseconds := 3000); end $f$;
      ${job('through', 'select public.call_it()')}`,
    mend: `${unschedule('through')}; drop function public.call_it()`,
  },
  {
    finds: ['cron_bypasses_fire: in_a_block', 'cron_unmanaged_jobs: in_a_block'],
    plant: job(
      'in_a_block',
      "do $$ begin perform net.http_get('https://x.example', timeout_milliseconds := 3000); end $$",
    ),
    mend: unschedule('in_a_block'),
  },
  {
    finds: ['cron_inserts_into_net: inserts', 'cron_unmanaged_jobs: inserts'],
    plant: job(
      'inserts',
      "insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', 'https://x.example', 1000)",
    ),
    mend: unschedule('inserts'),
  },
  {
    finds: [
      'cron_default_timeout: impatient',
      'cron_bypasses_fire: impatient',
      'cron_unmanaged_jobs: impatient',
    ],
    plant: job('impatient', post('https://x.example', '')),
    mend: unschedule('impatient'),
  },
  {
    finds: [
      'cron_wrong_net_arguments: with_body',
      'cron_bypasses_fire: with_body',
      'cron_cannot_run: with_body',
      'cron_unmanaged_jobs: with_body',
    ],
    plant: job(
      'with_body',
      "select net.http_get(url := 'https://x.example', body := '{}'::jsonb, timeout_milliseconds := 1000)",
    ),
    mend: unschedule('with_body'),
  },
  {
    finds: ['cron_reads_missing_setting: settings', 'cron_unmanaged_jobs: settings'],
    plant: job('settings', "select current_setting('app.settings.service_role_key')"),
    mend: unschedule('settings'),
  },
  {
    finds: ['cron_writes_vault: writes', 'cron_secret_in_command: writes', 'cron_unmanaged_jobs: writes'],
    plant: job('writes', "select vault.create_secret('plain', 'of_a_job')"),
    mend: unschedule('writes'),
  },
  {
    finds: ['cron_breaks_scheduler: copies', 'cron_unmanaged_jobs: copies'],
    plant: job('copies', 'copy (select 1) to stdout'),
    mend: unschedule('copies'),
  },
  {
    finds: ['cron_cannot_run: mistyped', 'cron_unmanaged_jobs: mistyped'],
    plant: job('mistyped', 'selct 1'),
    mend: unschedule('mistyped'),
  },
  {
    finds: ['cron_foreign_host: copied', 'cron_bypasses_fire: copied', 'cron_unmanaged_jobs: copied'],
    plant: job('copied', post(`https://${OTHER_PROJECT}.supabase.co/functions/v1/sync`)),
    mend: unschedule('copied'),
  },
  {
    finds: ['cron_ghost_function: haunted', 'cron_bypasses_fire: haunted', 'cron_unmanaged_jobs: haunted'],
    plant: job('haunted', post(`https://${OWN_PROJECT}.supabase.co/functions/v1/long_gone`)),
    mend: unschedule('haunted'),
  },
  // Rows of cron.job
  {
    finds: ['cron_owner_missing: orphan', 'cron_unmanaged_jobs: orphan'],
    plantAsSuperuser: `insert into cron.job (nodeport, jobname, schedule, command, username) values (5432, 'orphan', '5 * * * *', 'select 1', 'left_us')`,
    mend: unschedule('orphan'),
  },
  {
    finds: ['cron_name_twins: sync'],
    plantAsSuperuser: `insert into cron.job (nodeport, jobname, schedule, command, username, active) values (5432, 'sync', '9 * * * *', 'select 2', 'authenticated', false)`,
    mend: `delete from cron.job where username = 'authenticated'`,
  },
  {
    finds: ['cron_name_twins: sync', 'cron_unmanaged_jobs: Sync'],
    plant: job('Sync', 'select 2'),
    mend: unschedule('Sync'),
  },
  {
    finds: ['cron_duplicate_commands: again', 'cron_unmanaged_jobs: again'],
    plant: job('again', "select ops.fire('sync')"),
    mend: `update cron.job set active = false where jobname = 'again'; ${unschedule('again')}`,
  },
  {
    finds: ['cron_asleep: sync'],
    plantAsSuperuser: `update cron.job set active = false where jobname = 'sync'`,
    mend: `update cron.job set active = true where jobname = 'sync'`,
  },
  {
    finds: ['cron_job_unnamed: number 4711'],
    plantAsSuperuser: `insert into cron.job (nodeport, jobid, schedule, command, username) values (5432, 4711, '5 * * * *', 'select 1', 'postgres')`,
    mend: 'delete from cron.job where jobid = 4711',
  },
  {
    finds: ['cron_unmanaged_jobs: stranger'],
    plant: job('stranger', 'select 1'),
    mend: unschedule('stranger'),
  },
  {
    finds: ['cron_superuser_job: mighty', 'cron_unmanaged_jobs: mighty'],
    plantAsSuperuser: `insert into cron.job (nodeport, jobname, schedule, command, username) values (5432, 'mighty', '5 * * * *', 'select 1', 'supabase_admin')`,
    mend: `update cron.job set username = 'postgres' where jobname = 'mighty'; ${unschedule('mighty')}`,
  },
  {
    finds: ['cron_other_database: elsewhere', 'cron_unmanaged_jobs: elsewhere'],
    plantAsSuperuser: `insert into cron.job (nodeport, jobname, schedule, command, username, database) values (5432, 'elsewhere', '5 * * * *', 'select 1', 'postgres', 'template1')`,
    mend: unschedule('elsewhere'),
  },
  {
    finds: [
      'cron_crowded_minutes: peak',
      ...Array.from({ length: 8 }, (_, n) => `cron_unmanaged_jobs: crowd${n}`),
    ],
    plant: Array.from({ length: 8 }, (_, n) => job(`crowd${n}`, `select ${n}`, '7 * * * *')).join(';'),
    mend: `delete from cron.job where jobname like 'crowd%'`,
  },
  // The scheduler
  {
    finds: ['cron_functions_closed: postgres'],
    plantAsSuperuser:
      'revoke execute on function cron.alter_job(bigint, text, text, text, text, boolean) from postgres, public',
    mend: 'grant execute on function cron.alter_job(bigint, text, text, text, text, boolean) to postgres',
  },
  {
    finds: ['cron_timezone: cron.timezone'],
    plantAsSuperuser: `set local cron.timezone = 'Europe/Berlin'`,
    mend: `set local cron.timezone = 'GMT'`,
  },
  {
    finds: ['statements_logged: postgres'],
    plantAsSuperuser: `set local log_statement = 'all'; set local log_parameter_max_length = -1`,
    mend: `set local log_statement = 'none'`,
  },
  // The history
  {
    finds: ['cron_history_large: cron.job_run_details'],
    files: {
      ...soundFiles,
      'runbooks/advisories/defaults.yaml': 'rules: { cron_history_large: { rows: 1000 } }\n',
    },
    plantAsSuperuser: `insert into cron.job_run_details (command, status, start_time, end_time)
      select 'select ops.fire(''sync'')', 'succeeded', now(), now() from generate_series(1, 1500); analyze cron.job_run_details`,
    mend: `delete from cron.job_run_details where runid % 2 = 0; analyze cron.job_run_details`,
  },
  {
    finds: ['cron_history_unpurged: cron.job_run_details', 'cron_asleep: ops_prune_history'],
    plantAsSuperuser: `update cron.job set active = false where jobname = 'ops_prune_history'`,
    mend: `update cron.job set active = true where jobname = 'ops_prune_history'`,
  },
  {
    finds: ['cron_secret_in_history: number 99'],
    plantAsSuperuser: `insert into cron.job_run_details (jobid, command, status, start_time, end_time)
      values (99, $c$${post('https://x.example').replace("'{}'::jsonb", `'{"apikey": "sb_secret_0123456789abcdef"}'::jsonb`)}$c$, 'succeeded', now(), now())`,
    mend: 'delete from cron.job_run_details where jobid = 99',
  },
  {
    finds: ['cron_start_failures: sync'],
    plantAsSuperuser: ran('sync', [[30, 0, 'failed', 'job startup timeout']]),
    mend: 'delete from cron.job_run_details',
  },
  {
    finds: ['cron_long_runs: sync'],
    plantAsSuperuser: ran('sync', [[30, 11 * 60]]),
    mend: 'delete from cron.job_run_details',
  },
  {
    finds: ['cron_queue_storm: sync'],
    // Each takes 61 seconds, and begins as the one before ends.
    plantAsSuperuser: ran(
      'sync',
      Array.from({ length: 12 }, (_, n) => [61 - n, 60] as const),
    ),
    mend: 'delete from cron.job_run_details where runid % 2 = 0',
  },
  {
    finds: ['cron_statement_timeouts: sync'],
    plantAsSuperuser: ran('sync', [
      [30, 60, 'failed', 'ERROR:  canceling statement due to statement timeout'],
    ]),
    mend: 'delete from cron.job_run_details',
  },
  {
    finds: ['cron_silent: pg_cron'],
    plantAsSuperuser: `update cron.job_run_details set start_time = now() - interval '1 hour', end_time = now() - interval '1 hour'`,
    mend: 'update cron.job_run_details set start_time = now(), end_time = now()',
  },
  {
    finds: ['collector_asleep: ops_collect', 'cron_asleep: ops_collect'],
    plantAsSuperuser: `update cron.job set active = false where jobname = 'ops_collect'`,
    mend: `update cron.job set active = true where jobname = 'ops_collect'`,
  },
  // Runs of ours
  {
    finds: ['runs_lost: sync'],
    plantAsSuperuser: `insert into ops.cron_runs (job, scheduled_for, trigger, status, created_at, finished_at, error_code)
      values ('sync', now() - interval '3 hours', 'schedule', 'lost', now() - interval '3 hours', now(), 'lost')`,
    mend: `update ops.cron_runs set created_at = now() - interval '8 days'`,
  },
  {
    finds: ['runs_overlap: sync'],
    plantAsSuperuser: `insert into ops.cron_runs (job, scheduled_for, trigger, status, finished_at, error_code)
      select 'sync', now() - n * interval '1 minute', 'schedule', 'skipped', now(), 'overlap' from generate_series(1, 20) n`,
    mend: `delete from ops.cron_runs where id in (select id from ops.cron_runs limit 1)`,
  },
  {
    finds: ['timeout_near_duration: sync'],
    plantAsSuperuser: `with r as (
        insert into ops.cron_runs (job, scheduled_for, trigger, status, finished_at)
        select 'sync', now() - n * interval '1 hour', 'schedule', 'succeeded', now() from generate_series(1, 20) n returning id
      )
      insert into ops.cron_attempts (run_id, attempt, fired_at, delivered_at, http_status)
      select id, 1, now() - interval '8500 ms', now(), 200 from r`,
    mend: `update ops.cron_attempts set fired_at = delivered_at - interval '2 seconds'`,
  },
  {
    finds: ['cron_sends_service_key: sync', 'secret_missing: service_role_key'],
    files: {
      ...cron(
        'sync',
        'schedule: "7 * * * *"\ncall: { function: sync, auth: { bearer: service_role_key }, timeout: 10s }\n',
      ),
      'runbooks/secrets.yaml': `${soundFiles['runbooks/secrets.yaml']}service_role_key: { value: { env: OPS_KEY } }\n`,
    },
  },
  {
    finds: [
      'cron_sends_service_key: by_hand',
      'cron_bypasses_fire: by_hand',
      'cron_unmanaged_jobs: by_hand',
      'secret_missing: service_role_key',
    ],
    plant: job(
      'by_hand',
      `select net.http_post(url := 'https://x.example', timeout_milliseconds := 1000, headers := jsonb_build_object('x-key',
        (select decrypted_secret from vault.decrypted_secrets where name = 'service_role_key')))`,
    ),
    mend: unschedule('by_hand'),
  },
  {
    finds: ['cron_bearer_is_no_jwt: sync'],
    files: cron(
      'sync',
      'schedule: "7 * * * *"\ncall: { function: sync, auth: { bearer: job_token }, timeout: 10s }\n',
    ),
    plantAsSuperuser: `select vault.update_secret(id, 'sb_secret_0123456789abcdef') from vault.secrets where name = 'job_token'`,
    mend: `select vault.update_secret(id, '${JWT}') from vault.secrets where name = 'job_token'`,
  },
  {
    finds: ['request_timeout_long: sync'],
    files: cron(
      'sync',
      'schedule: "7 * * * *"\ncall: { function: sync, auth: { header: x-job-token, secret: job_token }, timeout: 61s }\n',
    ),
  },
  // pg_net
  {
    finds: ['net_worker_down: pg_net'],
    // Hosted's postgres may see what other processes are.
    plantAsSuperuser: 'select pg_stat_clear_snapshot()',
    mend: 'select pg_stat_clear_snapshot()',
  },
  {
    finds: ['net_backlog: net.http_request_queue'],
    plantAsSuperuser: `insert into net.http_request_queue (method, url, timeout_milliseconds)
      select 'GET', 'https://x.example', 1000 from generate_series(1, 1001)`,
    mend: 'delete from net.http_request_queue where id % 2 = 0',
  },
  {
    finds: ['net_triggers: net._http_response.loud'],
    plantAsSuperuser: `create function public.loud() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
      create trigger loud after insert on net._http_response for each row execute function public.loud()`,
    mend: 'drop trigger loud on net._http_response',
  },
  {
    finds: ['function_inserts_into_net: public.shortcut()'],
    plant: `create function public.shortcut() returns void language sql set search_path = ''
      as 'insert into net.http_request_queue (method, url, timeout_milliseconds) values (''GET'', ''https://x.example'', 1)'`,
    mend: 'drop function public.shortcut()',
  },
  {
    finds: ['net_closed_to_job_owner: postgres'],
    plantAsSuperuser: `grant all on net.http_request_queue to supabase_admin;
      revoke all on net.http_request_queue from public, postgres; grant select on net.http_request_queue to public, postgres`,
    mend: 'grant insert on net.http_request_queue to postgres',
  },
  {
    finds: ['net_ttl_short: pg_net.ttl'],
    plantAsSuperuser: `set local pg_net.ttl = '2 minutes'`,
    mend: `set local pg_net.ttl = '6 hours'`,
  },
  // The Vault
  {
    finds: ['secret_missing: job_token'],
    plantAsSuperuser: `delete from vault.secrets where name = 'job_token'`,
    mend: `select vault.create_secret('0123456789abcdef0123456789abcdef', 'job_token', '')`,
  },
  {
    finds: ['secret_unreadable: job_token'],
    // As after a restore under another root key.
    plantAsSuperuser: `update vault.secrets set nonce = extensions.gen_random_bytes(16) where name = 'job_token'`,
    mend: `delete from vault.secrets where name = 'job_token'; select vault.create_secret('0123456789abcdef0123456789abcdef', 'job_token', '')`,
  },
  {
    finds: ['secret_white_space: job_token'],
    plantAsSuperuser: `select vault.update_secret(id, E'0123456789abcdef\\n') from vault.secrets where name = 'job_token'`,
    mend: `select vault.update_secret(id, '0123456789abcdef') from vault.secrets where name = 'job_token'`,
  },
  {
    finds: ['secret_url_scheme: project_url'],
    plantAsSuperuser: `select vault.update_secret(id, '${OWN_PROJECT}.supabase.co') from vault.secrets where name = 'project_url'`,
    mend: `select vault.update_secret(id, 'https://${OWN_PROJECT}.supabase.co') from vault.secrets where name = 'project_url'`,
  },
  {
    finds: ['secret_foreign_project: project_url'],
    plantAsSuperuser: `select vault.update_secret(id, 'https://${OTHER_PROJECT}.supabase.co') from vault.secrets where name = 'project_url'`,
    mend: `select vault.update_secret(id, 'https://${OWN_PROJECT}.supabase.co') from vault.secrets where name = 'project_url'`,
  },
  {
    finds: ['secret_old: job_token'],
    plantAsSuperuser: `update vault.secrets set updated_at = now() - interval '31 days' where name = 'job_token'`,
    mend: `update vault.secrets set updated_at = now() - interval '29 days' where name = 'job_token'`,
  },
  {
    finds: ['secret_undeclared: forgotten'],
    plantAsSuperuser: `select vault.create_secret('x', 'forgotten', '')`,
    mend: `delete from vault.secrets where name = 'forgotten'`,
  },
  {
    finds: ['vault_closed: postgres'],
    plantAsSuperuser:
      'revoke execute on function vault.update_secret(uuid, text, text, text, uuid) from postgres, service_role',
    mend: 'grant execute on function vault.update_secret(uuid, text, text, text, uuid) to postgres',
  },
];

/** Made by taking something away, or seen by somebody else: tests of their own below. */
const ELSEWHERE = [
  'cron_partial_view',
  'failing_branch',
  'net_open_to_public',
  'no_recent_build',
  'pg_cron_missing',
  'pg_cron_outdated',
  'pg_net_missing',
  'pg_net_outdated',
  'project_advice',
  'unapplied_upgrade',
  'vault_missing',
];

/** Whether pg_net's worker is there is the one condition outside the transaction. */
async function letWorkerGo(tx: postgres.TransactionSql, isAway: boolean): Promise<void> {
  await tx`select pg_stat_clear_snapshot()`;
  await worker`select set_config('application_name', ${isAway ? 'on leave' : 'pg_net worker (test)'}, false)`;
}

describe('a rule', () => {
  it.each(planted)('$finds.0', async ({ finds, files = soundFiles, plant, plantAsSuperuser, mend }) => {
    const isAboutWorker = finds[0]?.startsWith('net_worker_down') === true;
    const seen = await undone(database, async (tx) => {
      await asPostgres(tx, soundState);
      await tx.unsafe(ran('sync', [[1, 1]])).simple();
      const sound = foundIn(await scanAs(tx, soundFiles));
      if (plant !== undefined) await asPostgres(tx, plant);
      if (plantAsSuperuser !== undefined) await tx.unsafe(plantAsSuperuser).simple();
      if (isAboutWorker) await letWorkerGo(tx, true);
      const spoilt = foundIn(await scanAs(tx, files));
      if (isAboutWorker) await letWorkerGo(tx, false);
      if (mend !== undefined) await tx.unsafe(mend).simple();
      if (mend !== undefined) await tx.unsafe(ran('sync', [[1, 1]])).simple();
      const mended = foundIn(await scanAs(tx, mend === undefined ? soundFiles : files));
      return { sound, spoilt: spoilt.filter((each) => !sound.includes(each)), mended };
    });
    expect(seen.spoilt).toEqual([...finds].sort());
    expect(seen.mended).toEqual(seen.sound);
    expect(seen.sound).toEqual(['net_open_to_public: net.http_request_queue']);
  });

  it('is planted here or below', () => {
    const rules = planted.map(({ finds }) => finds[0]?.split(':')[0] ?? '');
    expect([...new Set([...rules, ...ELSEWHERE])].sort()).toEqual(adviceRules.map(({ name }) => name).sort());
  });
});
