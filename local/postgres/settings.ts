/**
 * The settings of a local cluster: postgresql.conf and pg_hba.conf, pure.
 */

/** What the settings depend on. */
export interface SettingsInput {
  readonly port: number;
  /** A folder only the server's user can enter. */
  readonly socketFolder: string;
  /** False only for tests: a crash of the machine may then lose the data. */
  readonly durable: boolean;
  /** The database real pg_cron works in; null leaves it out. */
  readonly cronDatabase: string | null;
}

/** Our part of postgresql.conf, included after initdb's. */
export function serverSettings(input: SettingsInput): string {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: input.port,
    unix_socket_directories: input.socketFolder,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...smallMachine,
    ...quietLog,
    ...(input.durable ? {} : forTests),
    ...(input.cronDatabase === null ? {} : realCron(input.cronDatabase, input.socketFolder)),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quote(value)}\n`)
    .join('');
}

/** The socket's folder is closed to other users, so it needs no password; over TCP everyone proves who they are. */
export function hostRules(): string {
  return 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n';
}

const smallMachine = {
  max_connections: 150,
  shared_buffers: '96MB',
  max_wal_size: '512MB',
  min_wal_size: '80MB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_parallel_workers_per_gather: 0,
  jit: 'off',
};

/** Statements, their parameters and the rows in error details may hold secrets: none of them is logged. */
const quietLog = {
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
  log_min_duration_statement: -1,
  log_checkpoints: 'off',
};

const forTests = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** pg_cron as hosted runs it: jobs connect through libpq as their own user. It logs whole commands unless told not to. */
function realCron(database: string, socketFolder: string): Record<string, string> {
  return {
    shared_preload_libraries: 'pg_cron',
    'cron.database_name': database,
    'cron.host': socketFolder,
    'cron.use_background_workers': 'off',
    'cron.log_statement': 'off',
  };
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
