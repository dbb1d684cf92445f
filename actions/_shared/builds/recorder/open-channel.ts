import type { Environment } from '../../io/inputs.ts';
import type { BuildChannel } from './channel.ts';

/** Variables that say which way to the database a recorder takes; the action sets them for the processes it starts. */
export const CHANNEL_VARIABLES = {
  databaseUrl: 'OPSROOM_RECORD_DATABASE_URL',
  functionUrl: 'OPSROOM_RECORD_FUNCTION_URL',
  audience: 'OPSROOM_RECORD_AUDIENCE',
} as const;

/** What OIDC tokens of ours are for, unless somebody says otherwise. */
export const DEFAULT_AUDIENCE = 'opsroom';

/**
 * The way to the database this environment names; undefined when it names none.
 *
 * @throws ConfigurationError for a connection string that can't be used
 */
export async function openChannel(environment: Environment): Promise<BuildChannel | undefined> {
  const databaseUrl = environment[CHANNEL_VARIABLES.databaseUrl];
  if (databaseUrl !== undefined && databaseUrl !== '') {
    const { databaseChannel } = await import('./database-channel.ts');
    return databaseChannel({ url: databaseUrl });
  }
  const functionUrl = environment[CHANNEL_VARIABLES.functionUrl];
  const requestUrl = environment.ACTIONS_ID_TOKEN_REQUEST_URL;
  const requestToken = environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  if (functionUrl === undefined || functionUrl === '') return undefined;
  if (requestUrl === undefined || requestToken === undefined) return undefined;
  const { functionChannel } = await import('./function-channel.ts');
  const { createTokenGetter } = await import('./oidc-token.ts');
  return functionChannel({
    url: functionUrl,
    token: createTokenGetter({
      source: { requestUrl, requestToken },
      audience: environment[CHANNEL_VARIABLES.audience] ?? DEFAULT_AUDIENCE,
      now: Date.now,
    }),
  });
}
