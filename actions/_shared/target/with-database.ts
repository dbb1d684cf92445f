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
  const { connect } = await import('../database/connect.ts');
  const sql = connect({ url, applicationName: 'opsroom-action' });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
