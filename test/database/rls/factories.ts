/**
 * A row of organisation A for every table, one factory a table. Each call makes another row, needs only the right to
 * insert, and refers to rows seeded before it, whose identities start at 1 in a new database.
 */
import type postgres from 'postgres';
import type { Sql, TransactionSql } from 'postgres';
import { orgs, people, rows } from './actors.ts';
import type { Relation } from './catalog.ts';

/** Inserts one row into `into`: the table, a partition of it, or a view that shows it. */
export type Factory = (sql: Sql | TransactionSql, into: ReturnType<typeof identifier>) => Insert;
type Insert = postgres.PendingQuery<postgres.Row[]>;
declare function identifier(sql: Sql): postgres.Helper<string>;

let made = 0;
/** A word no row has yet. */
function word(): string {
  made += 1;
  return `matrix-${made}`;
}
function number(): number {
  made += 1;
  return made;
}

let monitored = false;
/** A branch without a row of ops.monitoring, which has one each: the first is kept, the attempts are undone. */
function monitoredBranch(): string {
  const branch = monitored ? rows.otherBranch : rows.branch;
  monitored = true;
  return branch;
}

/** In the order their rows refer to each other. */
export const factories: Readonly<Record<string, Factory>> = {
  orgs: (sql, into) => sql`insert into ${into} (name, slug) values ('Matrix', ${word()})`,
  org_members: (sql, into) =>
    sql`insert into ${into} (org_id, user_id) values (${orgs.a}, gen_random_uuid())`,
  admins: (sql, into) => sql`insert into ${into} (user_id) values (gen_random_uuid())`,
  projects: (sql, into) =>
    sql`insert into ${into} (org_id, name, slug) values (${orgs.a}, 'Matrix', ${word()})`,
  branches: (sql, into) =>
    sql`insert into ${into} (org_id, project_id, name) values (${orgs.a}, ${rows.project}, ${word()})`,
  builds: (sql, into) => sql`
    insert into ${into} (org_id, project_id, branch_id) values (${orgs.a}, ${rows.project}, ${rows.branch})
  `,
  build_events: (sql, into) => sql`
    insert into ${into} (build_id, org_id, attempt, seq, message) values (${rows.build}, ${orgs.a}, 1, ${number()}, 'line')
  `,
  build_leases: (sql, into) => sql`
    insert into ${into} (build_id, attempt, token, runner_id, expires_at)
    values (${rows.build}, 1, 1, 'matrix', now() + interval '1 minute')
    on conflict do nothing
  `,
  build_dispatches: (sql, into) => sql`
    insert into ${into} (build_id, attempt, org_id, repository, workflow, ref)
    values (${rows.build}, 1 + (random() * 1e6)::integer, ${orgs.a}, 'acme/app', 'build.yml', 'main')
  `,
  deployments: (sql, into) => sql`
    insert into ${into} (org_id, project_id, branch_id, build_id, attempt, environment)
    values (${orgs.a}, ${rows.project}, ${rows.branch}, ${rows.build}, 1, ${word()})
  `,
  log_recoveries: (sql, into) => sql`
    insert into ${into} (kind, repository, github_run_id, artifact_id) values ('buffer', 'acme/app', 1, ${number()})
  `,
  buffer_looks: (sql, into) =>
    sql`insert into ${into} (repository, looked_until) values (${`acme/${word()}`}, now())`,
  artifacts: (sql, into) =>
    sql`insert into ${into} (org_id, build_id, name) values (${orgs.a}, ${rows.build}, ${word()})`,
  metrics: (sql, into) => sql`
    insert into ${into} (ts, value, org_id, project_id, metric) values (now(), 1, ${orgs.a}, ${rows.project}, 'cpu_pct')
  `,
  monitoring: (sql, into) => sql`
    insert into ${into} (branch_id, org_id, project_id, health, observed_at)
    values (${monitoredBranch()}, ${orgs.a}, ${rows.project}, 'healthy', now())
  `,
  advisories: (sql, into) => sql`
    insert into ${into} (org_id, project_id, cache_key, name, title)
    values (${orgs.a}, ${rows.project}, ${word()}, 'quiet', 'Matrix')
  `,
  metric_minutes: (sql, into) => sql`
    insert into ${into} (ts, org_id, project_id, metric, series, samples, total, minimum, maximum)
    values (now(), ${orgs.a}, ${rows.project}, ${word()}, ops.new_id(), 1, 1, 1, 1)
  `,
  metric_hours: (sql, into) => sql`
    insert into ${into} (ts, org_id, project_id, metric, series, samples, total, minimum, maximum)
    values (now(), ${orgs.a}, ${rows.project}, ${word()}, ops.new_id(), 1, 1, 1, 1)
  `,
  metric_marks: (sql, into) =>
    sql`insert into ${into} (project_id, metric, minute) values (${rows.project}, 'matrix', now())`,
  upgrades: (sql, into) => sql`
    insert into ${into} (org_id, project_id, from_version, to_version)
    values (${orgs.a}, ${rows.project}, '18.0', ${word()})
  `,
  partitioned_tables: (sql, into) => sql`
    insert into ${into} (name, key_type, step, keep) values (${word()}, 'uuid', '1 month', '1 year')
  `,
  run_templates: (sql, into) =>
    sql`insert into ${into} (slug, title, template_yaml) values (${word()}, 'Matrix', 'version: 1')`,
  spec_docs: (sql, into) => sql`insert into ${into} (slug, title, content) values (${word()}, 'Matrix', '#')`,
  runs: (sql, into) => sql`insert into ${into} (env, created_by) values ('production', ${people.memberA})`,
  run_events: (sql, into) => sql`
    insert into ${into} (run_id, created_by, attempt, seq, message)
    values (${rows.run}, ${people.memberA}, 0, ${number()}, 'line')
  `,
  reconciliations: (sql, into) =>
    sql`insert into ${into} (environment, actor, result) values ('production', 'matrix', 'applied')`,
  managed_objects: (sql, into) =>
    sql`insert into ${into} (kind, name, digest) values ('cron', ${word()}, 'digest')`,
  alerts: (sql, into) =>
    sql`insert into ${into} (kind, dedupe_key, severity, title) values ('test', ${word()}, 'warning', 'Matrix')`,
  alert_events: (sql, into) =>
    sql`insert into ${into} (alert_id, event, severity, count) values (1, 'counted', 'warning', 2)`,
  issue_commands: (sql, into) =>
    sql`insert into ${into} (repository, comment_id, issue_number, actor, permission, command)
        values ('acme/ops', (random() * 1e15)::bigint, 7, 'alice', 'write', 'ack')`,
  alert_issues: (sql, into) =>
    sql`insert into ${into} (repository, kind, key) values ('acme/ops', 'alert', ${word()})`,
  alert_projections: (sql, into) =>
    sql`insert into ${into} (repository, holder, lease_until) values (${word()}, 'matrix', now())`,
  silences: (sql, into) =>
    sql`insert into ${into} (matcher, until, created_by) values ('{"key": "matrix"}', now() + interval '1 hour', 'matrix')`,
  advice_scans: (sql, into) =>
    sql`insert into ${into} (at, environment) values (clock_timestamp(), 'matrix')`,
  advice: (sql, into) => sql`
    insert into ${into} (cache_key, rule, level, title, first_seen_at, last_seen_at)
    values (${word()}, 'matrix', 'WARN', 'Matrix', now(), now())
  `,
  watchers: (sql, into) => sql`insert into ${into} (name, every) values (${word()}, '5 minutes')`,
  check_policies: (sql, into) =>
    sql`insert into ${into} (source, check_name, policy) values ('checks', ${word()}, '{}')`,
  check_states: (sql, into) => sql`
    insert into ${into} (source, check_name, object, state, recent, recorded_at)
    values ('checks', ${word()}, '', 'firing', 1, now())
  `,
  job_definitions: (sql, into) =>
    sql`insert into ${into} (name, definition, digest) values (${word()}, '{}', 'digest')`,
  cron_runs: (sql, into) =>
    sql`insert into ${into} (job, scheduled_for, trigger, status) values (${word()}, now(), 'manual', 'fired')`,
  cron_attempts: (sql, into) => sql`insert into ${into} (run_id, attempt) values (1, ${number()})`,
  cron_changes: (sql, into) =>
    sql`insert into ${into} (jobid, jobname, action, after, actor) values (1, 'matrix', 'toggle', '{}', 'postgres')`,
  run_tokens: (sql, into) => sql`
    insert into ${into} (token_hash, run_id, attempt, job, expires_at)
    values (sha256(convert_to(${word()}, 'UTF8')), 1, 1, 'matrix', now() + interval '1 hour')
  `,
  crash_epoch: (sql, into) => sql`insert into ${into} default values on conflict do nothing`,
  collector_state: (sql, into) => sql`insert into ${into} default values on conflict do nothing`,
  scheduler_ticks: (sql, into) => sql`insert into ${into} (ticked_at) values (clock_timestamp())`,
  remembered_answers: (sql, into) =>
    sql`insert into ${into} (scope, key, answer) values ('matrix', ${word()}, '{}')`,
  queued_jobs: (sql, into) => sql`insert into ${into} (task_type) values ('matrix')`,
  job_leases: (sql, into) => sql`
    insert into ${into} (worker, expires_at, held) values ('matrix', now() + interval '1 minute', '{[1,2)}')
  `,
  job_types: (sql, into) => sql`insert into ${into} (task_type) values (${word()})`,
  openrouter_credits_cache: (sql, into) => sql`insert into ${into} (base_url) values (${word()})`,
  openrouter_key_cache: (sql, into) => sql`insert into ${into} (base_url) values (${word()})`,
  openrouter_circuit_breakers: (sql, into) => sql`insert into ${into} (model) values (${word()})`,
  job_run_log: (sql, into) => sql`insert into ${into} (job_name) values ('matrix')`,
  migration_logs: (sql, into) =>
    sql`insert into ${into} (batch, migrated, remaining) values ('matrix', 1, 1)`,
  migration_batches: (sql, into) =>
    sql`insert into ${into} (batch, last_status, first_at, last_at) values (${word()}, 'success', now(), now())`,
  odoo_attachments: (sql, into) => sql`insert into ${into} (id, name) values (${number()}, 'matrix.pdf')`,
  competitors: (sql, into) => sql`insert into ${into} (external_id) values (${word()})`,
  competitor_activities: (sql, into) => sql`
    insert into ${into} (competitor_id, external_id, kind, occurred_at) values (${rows.competitor}, ${word()}, 'match', now())
  `,
};

/** Views under another name than the table they show. */
const shown: Readonly<Record<string, string>> = { job_queue: 'queued_jobs' };

/** How to insert into a relation; undefined where nobody said. A view is written like the table it shows. */
export function factoryOf({ name, parent }: Pick<Relation, 'name' | 'parent'>): Factory | undefined {
  const [, table = ''] = (parent ?? name).split('.');
  return factories[shown[table] ?? table];
}
