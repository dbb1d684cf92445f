import type { Sql } from '../_shared/database/connect.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { EnvironmentDeclaration } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { connectionOf, withConnection } from '../_shared/target/with-database.ts';
import { localInstance } from './local-instance.ts';

/** What every command that talks to a database is told. */
export interface TargetOptions {
  readonly root: string;
  readonly env: string;
}

/**
 * The connection string of an environment, for commands that work on the database and not on the declarations: an error
 * in some YAML file must not keep a worker from its jobs.
 *
 * @throws ConfigurationError when there is no such environment or no connection string for it
 */
export async function targetUrl({ root, env }: TargetOptions): Promise<string> {
  const { environments } = await loadDeclarations({ root });
  return databaseUrl(find(environments, env), root);
}

/** Works on the database of an environment, whatever its declarations say. See `withSql`. */
export async function withDatabaseOf<T>(options: TargetOptions, work: (sql: Sql) => Promise<T>): Promise<T> {
  return withSql(await targetUrl(options), work);
}

/**
 * Works on a database. A failure to connect says what to do, and so does a database without our tables or with none for our
 * role. Closes the connection afterwards.
 */
export function withSql<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  return withConnection({ url, applicationName: 'opsroom' }, async (sql) => {
    try {
      return await work(sql);
    } catch (error) {
      const [{ connectionPlace }, { explainDatabaseError }] = await Promise.all([
        import('../_shared/database/connection-errors.ts'),
        import('../_shared/database/explain-database-error.ts'),
      ]);
      throw explainDatabaseError(error, connectionPlace(sql)) ?? error;
    }
  });
}

/** Where an environment's database is: its variable, or for `local` the control room running in this folder. */
export function knownDatabaseUrl(environment: EnvironmentDeclaration, root: string): string | undefined {
  return connectionOf(environment, process.env) ?? localInstance(environment.name, root)?.databaseUrl;
}

/** @throws ConfigurationError when nobody says where it is */
export function databaseUrl(environment: EnvironmentDeclaration, root: string): string {
  const url = knownDatabaseUrl(environment, root);
  if (url !== undefined) return url;
  throw new ConfigurationError(
    `No database for environment ${environment.name}: the variable ${environment.connectionEnv} is not set.`,
    {
      hint:
        environment.name === 'local'
          ? 'Start the local control room with `npm start` in this folder, or set the variable.'
          : 'Set it to the connection string (Supabase: Connect, "Session pooler" or "Direct connection").',
    },
  );
}

function find(environments: readonly EnvironmentDeclaration[], name: string): EnvironmentDeclaration {
  const environment = environments.find((candidate) => candidate.name === name);
  if (environment !== undefined) return environment;
  const known = environments.map((candidate) => candidate.name);
  const near = closestWord(name, known);
  throw new ConfigurationError(`There is no environment ${name} in runbooks/environments.yaml.`, {
    hint: near === undefined ? `Known are ${known.join(', ') || 'none'}.` : `Did you mean ${near}?`,
  });
}
