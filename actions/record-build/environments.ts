import { CHANNEL_VARIABLES } from '../_shared/builds/recorder/open-channel.ts';
import type { Environment } from '../_shared/io/inputs.ts';
import type { RecordBuildInputs } from './inputs.ts';

/** What only actions are given; a `run:` step has none of it, so neither have commands we run. */
const ACTIONS_ONLY = /^(?:INPUT_|STATE_|ACTIONS_(?!STEP_DEBUG|RUNNER_DEBUG)|OPSROOM_RECORD_)/;

/** The environment of a `run:` step. */
export function jobEnvironment(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]): [string, string][] =>
      value === undefined || ACTIONS_ONLY.test(name) ? [] : [[name, value]],
    ),
  );
}

/** The environment of the background process: the job's, with the way to the database and what an OIDC token is asked with. */
export function channelEnvironment(
  inputs: Pick<RecordBuildInputs, 'databaseUrl' | 'functionUrl' | 'audience'>,
  environment: Environment,
): Record<string, string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } =
    environment;
  return {
    ...jobEnvironment(environment),
    ...(inputs.databaseUrl === undefined ? {} : { [CHANNEL_VARIABLES.databaseUrl]: inputs.databaseUrl }),
    ...(inputs.functionUrl === undefined ? {} : { [CHANNEL_VARIABLES.functionUrl]: inputs.functionUrl }),
    [CHANNEL_VARIABLES.audience]: inputs.audience,
    ...(requestUrl === undefined ? {} : { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl }),
    ...(requestToken === undefined ? {} : { ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken }),
  };
}
