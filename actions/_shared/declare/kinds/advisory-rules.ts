/**
 * Every advisory rule by name, with the thresholds a file may set: the vocabulary of `runbooks/advisories/`. No code, so that
 * reading a file costs nothing; what a rule does stands in checks/advice/rules and checks/postgres-lints, and a test holds
 * both to this list.
 */

/** A whole number a file may set. */
export interface Threshold {
  readonly default: number;
  readonly least: number;
  readonly most: number;
  /** For editors: what the number means. */
  readonly what: string;
}

const threshold = (fallback: number, [least, most]: readonly [number, number], what: string): Threshold => ({
  default: fallback,
  least,
  most,
  what,
});

/** Rules about the scheduler, requests, secrets and builds. */
const OWN_RULES = {
  cron_secret_in_command: {},
  cron_bypasses_fire: {},
  cron_inserts_into_net: {},
  cron_default_timeout: {},
  cron_wrong_net_arguments: {},
  cron_reads_missing_setting: {},
  cron_writes_vault: {},
  cron_breaks_scheduler: {},
  cron_cannot_run: {},
  cron_sends_service_key: {},
  cron_bearer_is_no_jwt: {},
  cron_foreign_host: {},
  cron_ghost_function: {},
  cron_owner_missing: {},
  cron_name_twins: {},
  cron_duplicate_commands: {},
  cron_asleep: {},
  cron_job_unnamed: {},
  cron_unmanaged_jobs: {},
  cron_superuser_job: {},
  cron_other_database: {},
  cron_crowded_minutes: {
    jobs: threshold(8, [1, 1000], 'Jobs that may start in one minute; Supabase advises 8.'),
  },
  cron_partial_view: {},
  cron_functions_closed: {},
  cron_timezone: {},
  pg_cron_missing: {},
  pg_cron_outdated: {},
  cron_history_large: {
    rows: threshold(1_000_000, [1000, 1_000_000_000], 'Rows cron.job_run_details may hold.'),
    megabytes: threshold(100, [1, 1_000_000], 'How large it may be with its indexes.'),
  },
  cron_history_unpurged: {},
  cron_secret_in_history: {},
  cron_start_failures: {
    runs: threshold(1, [1, 10_000], 'Runs of a day that may fail to start before it is said.'),
  },
  cron_long_runs: { minutes: threshold(10, [1, 1440], 'How long a run may take; Supabase advises 10.') },
  cron_queue_storm: {
    runs: threshold(10, [2, 10_000], 'Runs in a row that started as the one before ended.'),
  },
  cron_statement_timeouts: {},
  cron_silent: { minutes: threshold(10, [3, 1440], 'How long nothing may have run while jobs are due.') },
  collector_asleep: {},
  runs_lost: { runs: threshold(1, [1, 10_000], 'Requests of a week that may be lost before it is said.') },
  runs_overlap: {
    runs: threshold(
      20,
      [1, 10_000],
      'Slots of a day that may be left out because the run before had not ended.',
    ),
  },
  timeout_near_duration: {
    percent: threshold(80, [10, 100], 'Share of the timeout the slowest twentieth of calls may take.'),
  },
  request_timeout_long: { seconds: threshold(60, [1, 400], 'Longest timeout of a request.') },
  net_triggers: {},
  net_worker_down: {},
  net_backlog: { requests: threshold(1000, [1, 1_000_000], 'Requests that may wait.') },
  net_closed_to_job_owner: {},
  net_open_to_public: {},
  net_ttl_short: { minutes: threshold(10, [2, 1440], 'How long pg_net has to keep an answer.') },
  pg_net_missing: {},
  pg_net_outdated: {},
  function_inserts_into_net: {},
  secret_missing: {},
  secret_unreadable: {},
  secret_white_space: {},
  secret_url_scheme: {},
  secret_foreign_project: {},
  secret_old: {},
  secret_undeclared: {},
  vault_missing: {},
  vault_closed: {},
  statements_logged: {},
  no_recent_build: { days: threshold(7, [1, 365], 'Days a project may go without a build.') },
  failing_branch: { builds: threshold(3, [1, 50], 'Builds of a branch that failed one after the other.') },
  unapplied_upgrade: { days: threshold(14, [1, 365], 'Days an upgrade may wait.') },
  project_advice: {},
  cannot_evaluate: {},
  suppression_expired: {},
  suppression_unused: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, Threshold>>>>;

/** Lints of schemas: splinter's names where splinter has them. */
const LINTS = [
  'rls_disabled',
  'policy_exists_rls_disabled',
  'security_definer_view',
  'auth_users_exposed',
  'rls_references_user_metadata',
  'sensitive_columns_exposed',
  'insecure_queue_exposed_in_api',
  'fkey_to_auth_unique',
  'anon_security_definer_function_executable',
  'authenticated_security_definer_function_executable',
  'function_executable_by_everybody',
  'function_search_path_mutable',
  'function_needs_missing_right',
  'function_without_comment',
  'grant_without_policy',
  'policy_without_grant',
  'rls_policy_always_true',
  'rls_enabled_no_policy',
  'auth_rls_initplan',
  'multiple_permissive_policies',
  'extension_in_public',
  'extension_versions_outdated',
  'materialized_view_in_api',
  'foreign_table_in_api',
  'public_bucket_allows_listing',
  'pg_graphql_anon_table_exposed',
  'pg_graphql_authenticated_table_exposed',
  'unsupported_reg_types',
  'unindexed_foreign_keys',
  'duplicate_index',
  'invalid_index',
  'unused_index',
  'no_primary_key',
  'table_bloat',
  'relation_without_comment',
] as const;

export type LintName = (typeof LINTS)[number];
export type OwnRuleName = keyof typeof OWN_RULES;
export type AdvisoryRuleName = OwnRuleName | LintName;

/** Names of the thresholds of a rule. */
export type ThresholdName<Name extends OwnRuleName> = keyof (typeof OWN_RULES)[Name] & string;

/** Every rule, with its thresholds. */
export const ADVISORY_RULES: Readonly<Record<AdvisoryRuleName, Readonly<Record<string, Threshold>>>> = {
  ...OWN_RULES,
  ...(Object.fromEntries(LINTS.map((name) => [name, {}])) as Record<LintName, Record<string, never>>),
};

/** Whether a rule has this name. */
export function isAdvisoryRule(name: string): name is AdvisoryRuleName {
  return Object.hasOwn(ADVISORY_RULES, name);
}
