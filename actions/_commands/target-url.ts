import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Sql } from '../_shared/database/connect.ts';
import { connect } from '../_shared/database/connect.ts';
import { connectionPlace, explainConnectionError } from '../_shared/database/connection-errors.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { EnvironmentDeclaration } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { connectionOf } from '../_shared/target/with-database.ts';
import type { TargetOptions } from './target.ts';

export type { TargetOptions } from './target.ts';

/**
 * The connection string of an environment, for commands that work on the database and not on the declarations: an error
 * in some YAML file must not keep a worker from its jobs.
 *
 * @throws ConfigurationError when there is no such environment or no connection string for it
 */
export async function targetUrl(options: TargetOptions): Promise<string> {
  const { environments } = await loadDeclarations({ root: options.root });
  const environment = find(environments, options.env);
  const url = connectionOf(environment, process.env) ?? localUrl(environment, options.root);
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

/** Work on the database of an environment; a failure to connect says what to do. Closes the connection afterwards. */
export async function withQueue<T>(options: TargetOptions, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect({ url: await targetUrl(options), applicationName: 'opsroom' });
  try {
    return await work(sql);
  } catch (error) {
    throw explainConnectionError(error, connectionPlace(sql)) ?? error;
  } finally {
    await sql.end({ timeout: 5 });
  }
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

const Instance = z.object({ databaseUrl: z.string() });

/** The database a running `npm start` of this checkout published, if any. */
function localUrl(environment: EnvironmentDeclaration, root: string): string | undefined {
  if (environment.name !== 'local') return undefined;
  try {
    const text = readFileSync(path.join(root, '.opsroom', 'instance.json'), 'utf8');
    return Instance.safeParse(JSON.parse(text)).data?.databaseUrl;
  } catch {
    // Not running, or just being written: both mean that there is none now.
    return undefined;
  }
}
