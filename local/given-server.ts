import { connect } from '../actions/_shared/database/connect.ts';
import { connectionPlace, explainConnectionError } from '../actions/_shared/database/connection-errors.ts';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';

const oldest = 15;

/**
 * Looks at the server that somebody gave with `--database-url`, before anything is made in it.
 *
 * @returns its version, for example `15.19`
 * @throws ConfigurationError when it does not let us in, or is too old
 */
export async function checkGivenServer(url: string): Promise<string> {
  const sql = connect({ url, applicationName: 'opsroom-local', max: 1 });
  try {
    const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
    const version = row?.version.split(' ')[0] ?? '';
    if (Number.parseInt(version, 10) >= oldest) return version;
    throw new ConfigurationError(
      `The server is PostgreSQL ${version}, and the control room needs ${oldest} or newer.`,
      {
        hint: 'Give it a newer one, or none: npm start brings its own.',
      },
    );
  } catch (error) {
    throw explainConnectionError(error, connectionPlace(sql)) ?? error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
