import type { Sql } from '../database/connect.ts';
import { createSingleShotClient } from '../github/single-shot-client.ts';
import { ConfigurationError } from '../io/errors.ts';
import type { Redaction } from '../io/redaction.ts';
import type { RunContext } from '../io/run-context.ts';
import { type ProjectionResult, projectAlerts } from './project-alerts.ts';

/** An action that keeps issues about the alerts of an environment. */
export interface KeepAlertIssues {
  readonly sql: Sql;
  readonly environment: string;
  readonly context: Pick<RunContext, 'apiUrl' | 'owner' | 'repo' | 'runUrl'>;
  readonly token: string;
  /** The login the token writes as. */
  readonly author: string;
  readonly redaction: Pick<Redaction, 'redact'>;
}

/**
 * Brings the issues of an environment up to what its alerts say.
 *
 * @throws ConfigurationError when the token may not read or write issues
 */
export async function keepAlertIssues(request: KeepAlertIssues): Promise<ProjectionResult> {
  const { sql, environment, context, token, author, redaction } = request;
  const { apiUrl, owner, repo, runUrl } = context;
  const client = createSingleShotClient({ token, apiUrl, owner, repo });
  const result = await projectAlerts({ sql, client, environment, author, runUrl, redact: redaction.redact });
  if (!result.isForbidden) return result;
  throw new ConfigurationError('The token may not write issues.', {
    hint: 'Grant the job `issues: write`, and turn issues on in the settings of the repository.',
  });
}
