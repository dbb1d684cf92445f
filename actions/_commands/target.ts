import type { Sql } from 'postgres';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { DeclarationResult, DesiredState } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import type { Platform } from '../_shared/reconcile/platform/platform.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import { localInstance, platformVariables } from './local-instance.ts';
import { databaseUrl, type TargetOptions, withSql } from './target-url.ts';

export type { TargetOptions } from './target-url.ts';

export interface Target {
  readonly desired: DesiredState;
  readonly declarations: DeclarationResult;
  readonly sql: Sql;
  /** Left out without a project, or without a token for it. */
  readonly platform?: Platform;
  /** Where values come from: the variables of this process, and for `local` those the running control room made. */
  readonly env: NodeJS.ProcessEnv;
}

/** The way to an environment's Supabase project; for `local` the one of the control room running in this folder. */
async function platformOf({ environment }: DesiredState, root: string): Promise<Platform | undefined> {
  const say = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  return openPlatform(environment, platformVariables(environment.name, root), {
    onProgress: say,
    onWait: say,
  });
}

/** Read the declarations and connect; the files must be free of errors. See `withSql`. */
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
  const env = { ...localInstance(options.env, options.root)?.variables, ...process.env };
  return withSql(databaseUrl(desired.environment, options.root), (sql) =>
    work({ desired, declarations, sql, env, ...(platform === undefined ? {} : { platform }) }),
  );
}
