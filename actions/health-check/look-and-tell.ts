import { keepAlertIssues } from '../_shared/alerts/keep-alert-issues.ts';
import { recordCheckPass, recordHeartbeat } from '../_shared/alerts/pass-statements.ts';
import { type DatabaseUnreachable, reachDatabase, unreachableBy } from '../_shared/alerts/reach-database.ts';
import { readAlerts } from '../_shared/alerts/statements.ts';
import { tellUnreachable } from '../_shared/alerts/unreachable-issue.ts';
import { runChecks } from '../_shared/checks/run-checks.ts';
import type { Sql } from '../_shared/database/connect.ts';
import { createGitHubClient } from '../_shared/github/client.ts';
import { createSingleShotClient } from '../_shared/github/single-shot-client.ts';
import { errorMessage } from '../_shared/io/errors.ts';
import type { Environment } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { Redaction } from '../_shared/io/redaction.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { renderAlertSummary } from '../_shared/report/alert-summary.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import type { ReadDeclarations } from '../_shared/target/read-declarations.ts';
import { healthOutcome, unreachableOutcome } from './decide-outcome.ts';
import type { HealthCheckInputs } from './inputs.ts';

/** What a run was asked for, and with what. */
export interface HealthRequest {
  readonly inputs: HealthCheckInputs;
  readonly context: RunContext;
  readonly declarations: ReadDeclarations;
  readonly environment: Environment;
  readonly redaction: Redaction;
}

/** As in health.yml: how often the database may expect us. */
const WATCHER = 'health';
const EVERY = '5 minutes';

/**
 * Looks, hands over what was seen, brings issues up to date, and leaves a sign of life, in this order: whoever dies on the
 * way is missed.
 *
 * @throws DatabaseUnreachable when the database goes away on the way
 */
export async function lookAndTell(sql: Sql, request: HealthRequest): Promise<Outcome> {
  const { inputs, context, redaction } = request;
  try {
    const { now, previous } = await reachDatabase(sql, WATCHER);
    const pass = await look(sql, request, { now, previous });
    const counts = await recordCheckPass(sql, pass);
    const projection = await keepAlertIssues({
      sql,
      environment: inputs.environment,
      context,
      token: inputs.githubToken,
      author: inputs.issueAuthor,
      redaction,
    });
    const repository = `${context.owner}/${context.repo}`;
    const outcome = healthOutcome({
      environment: inputs.environment,
      counts,
      projection,
      now,
      summary: renderAlertSummary(await readAlerts(sql, repository), {
        environment: inputs.environment,
        repositoryUrl: `${context.serverUrl}/${repository}`,
      }),
    });
    await recordHeartbeat(sql, {
      name: WATCHER,
      every: EVERY,
      runUrl: context.runUrl,
      result: outcome.reason,
      isProjected: projection.kind === 'done',
    });
    return outcome;
  } catch (error) {
    throw unreachableBy(error, sql) ?? error;
  }
}

async function look(
  sql: Sql,
  { inputs, context, declarations, environment, redaction }: HealthRequest,
  { now, previous }: { readonly now: Date; readonly previous: Date | null },
) {
  const { environment: declaration } = declarations.resolve(inputs.environment);
  const platform = await openPlatform(declaration, environment);
  return runChecks({
    sql,
    declarations,
    environment: inputs.environment,
    now,
    env: environment,
    redact: redaction.redact,
    github: createGitHubClient({ ...context, token: inputs.githubToken, onWait: () => {} }),
    ...(previous === null ? {} : { previous }),
    ...(platform === undefined ? {} : { platform }),
  });
}

/** One issue says that nobody knows; whatever GitHub answers, the run is over. */
export async function tellNobodyKnows(
  unreachable: DatabaseUnreachable,
  { inputs, context, redaction }: HealthRequest,
): Promise<Outcome> {
  const { apiUrl, owner, repo, runUrl } = context;
  const told = { environment: inputs.environment, what: redaction.redact(unreachable.message) };
  try {
    const issue = await tellUnreachable(
      {
        client: createSingleShotClient({ token: inputs.githubToken, apiUrl, owner, repo }),
        environment: inputs.environment,
        author: inputs.issueAuthor,
        runUrl,
        redact: redaction.redact,
      },
      { what: unreachable.message, hint: unreachable.hint },
    );
    return unreachableOutcome({ ...told, issue, problem: null });
  } catch (error) {
    const why = errorMessage(error);
    const problem = `No issue could be written about it: ${redaction.redact(why)}`;
    return unreachableOutcome({ ...told, issue: null, problem });
  }
}
