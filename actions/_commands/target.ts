import type { Sql } from 'postgres';
import { connect } from '../_shared/database/connect.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { DeclarationResult, DesiredState } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import type { Platform } from '../_shared/reconcile/platform/platform.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import { connectionOf } from '../_shared/target/with-database.ts';
import { localInstance } from './local-instance.ts';

/** What every command that talks to a database is told. */
export interface TargetOptions {
  readonly root: string;
  readonly env: string;
}

export interface Target {
  readonly desired: DesiredState;
  readonly declarations: DeclarationResult;
  readonly sql: Sql;
  /** Left out without a project, or without a token for it. */
  readonly platform?: Platform;
  /** Where values come from: the variables of this process, and for `local` those the running control room made. */
  readonly env: NodeJS.ProcessEnv;
}

/** Where an environment's database is: its variable, or for `local` the control room running in this folder. */
function databaseUrl(desired: DesiredState, root: string): string {
  const { environment } = desired;
  const given = connectionOf(environment, process.env);
  if (given !== null) return given;
  const local = environment.name === 'local' ? localInstance(root)?.databaseUrl : undefined;
  if (local !== undefined) return local;
  throw new ConfigurationError(
    `No database for environment ${environment.name}: the variable ${environment.connectionEnv} is not set.`,
    {
      hint:
        environment.name === 'local'
          ? 'Start the local control room with `npm start` in this folder, or set the variable.'
          : 'Set it to the connection string (Supabase: Connect, "Transaction pooler" or "Direct connection").',
    },
  );
}

/** The way to an environment's Supabase project; for `local` the one of the control room running in this folder. */
async function platformOf({ environment }: DesiredState, root: string): Promise<Platform | undefined> {
  const local = environment.name === 'local' ? localInstance(root)?.supabase : undefined;
  const known =
    local === undefined
      ? {}
      : {
          SUPABASE_ACCESS_TOKEN: local.accessToken,
          SUPABASE_API_URL: local.apiUrl,
          OPSROOM_FUNCTIONS_URL: local.projectUrl,
        };
  const say = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  return openPlatform(environment, { ...process.env, ...known }, { onProgress: say, onWait: say });
}

/** Read the declarations and connect; the files must be free of errors. Closes the connection afterwards. */
export async function withTarget<T>(
  options: TargetOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const declarations = await loadDeclarations({ root: options.root });
  const errors = declarations.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length > 0) {
    throw new ConfigurationError(
      `${errors.length} error${errors.length === 1 ? '' : 's'} in runbooks/; nothing was done.`,
      {
        diagnostics: errors,
      },
    );
  }
  const desired = declarations.resolve(options.env);
  const platform = await platformOf(desired, options.root);
  const made = options.env === 'local' ? localInstance(options.root)?.variables : undefined;
  const env = { ...made, ...process.env };
  const sql = connect({ url: databaseUrl(desired, options.root), applicationName: 'opsroom' });
  try {
    return await work({ desired, declarations, sql, env, ...(platform === undefined ? {} : { platform }) });
  } finally {
    await sql.end({ timeout: 5 });
  }
}
