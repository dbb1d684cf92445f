import { findBuilds } from '../_shared/builds/reading/statements.ts';
import type { Sql } from '../_shared/database/connect.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';

/**
 * The build of a whole id, or of enough of its start or end to mean one.
 *
 * @throws ConfigurationError when it means none, or several
 */
export async function chosenBuild(sql: Sql, text: string): Promise<string> {
  if (!/^[0-9a-f-]{6,36}$/i.test(text)) {
    throw new ConfigurationError(`${text} is not the id of a build.`, {
      hint: '`opsroom builds` lists them.',
    });
  }
  const [found, another] = await findBuilds(sql, text.toLowerCase());
  if (found === undefined)
    throw new ConfigurationError(`There is no build ${text}.`, { hint: '`opsroom builds` lists them.' });
  if (another !== undefined)
    throw new ConfigurationError(`Several builds have ${text} in their id; write more of it.`);
  return found;
}
