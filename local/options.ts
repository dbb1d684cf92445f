import { Command, Option } from 'commander';

export interface StartOptions {
  /** Forget everything kept from earlier runs. */
  readonly fresh: boolean;
  /** Do everything once and exit; 0 only when every step was true. */
  readonly once: boolean;
  /** Use this server instead of the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly environment: string;
}

/** Read the arguments of `npm start -- ...`; prints help or an error and exits by itself. */
export function parseStartOptions(argv: readonly string[]): StartOptions {
  const program = new Command('npm start --')
    .description(
      'The whole control room on this machine: Postgres, scheduler, everything in runbooks/ applied and watched.',
    )
    .option('--fresh', 'forget what earlier runs kept and start anew', false)
    .option('--once', 'do everything once, then stop; exit 0 only when every step was true', false)
    .addOption(
      new Option('--database-url <url>', 'a PostgreSQL 15 to 17 of yours instead of the embedded one').env(
        'OPSROOM_START_DATABASE_URL',
      ),
    )
    .option('-e, --env <name>', 'the environment of runbooks/environments.yaml', 'local')
    .parse([...argv], { from: 'user' });
  const options = program.opts<{ fresh: boolean; once: boolean; databaseUrl?: string; env: string }>();
  return {
    fresh: options.fresh,
    once: options.once,
    databaseUrl: options.databaseUrl,
    environment: options.env,
  };
}
