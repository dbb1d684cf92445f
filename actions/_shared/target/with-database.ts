import type { Sql } from 'postgres';
import type { EnvironmentDeclaration } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import type { Environment } from '../io/inputs.ts';

/** The connection string of an environment; null when its variable is not set here. */
export function connectionOf(target: EnvironmentDeclaration, environment: Environment): string | null {
  const url = environment[target.connectionEnv];
  return url === undefined || url.trim() === '' ? null : url;
}

/**
 * Connects to an environment's database, works, and closes the connection whatever happens.
 *
 * @throws ConfigurationError when the variable with the connection string is not set
 */
export async function withDatabase<Result>(
  target: { readonly declaration: EnvironmentDeclaration; readonly environment: Environment },
  work: (sql: Sql) => Promise<Result>,
): Promise<Result> {
  const { declaration } = target;
  const url = connectionOf(declaration, target.environment);
  if (url === null) {
    throw new ConfigurationError(
      `No database for environment ${declaration.name}: the variable ${declaration.connectionEnv} is not set.`,
      {
        hint: `Put the connection string into a secret of the GitHub environment ${declaration.githubEnvironment ?? declaration.name} and pass it to the step as env.`,
      },
    );
  }
  return withConnection({ url, applicationName: 'opsroom-action' }, work);
}

/**
 * Connects, works, and closes the connection whatever happens. The driver is loaded only here: most starts need none.
 *
 * @throws ConfigurationError for a connection string that can't be used
 */
export async function withConnection<Result>(
  to: { readonly url: string; readonly applicationName: string },
  work: (sql: Sql) => Promise<Result>,
): Promise<Result> {
  const { connect } = await import('../database/connect.ts');
  const sql = connect(to);
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
