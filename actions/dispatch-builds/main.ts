import type { Sql } from 'postgres';
import type { GitHubClient } from '../_shared/github/client.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { DispatchBuildsInputs } from './inputs.ts';
import { type PushedBranch, readPush } from './read-push.ts';

/** The `dispatch-builds` action: waiting builds become workflow runs, and GitHub is asked about silent ones. */
export async function run(): Promise<void> {
  await runAction('dispatch-builds', dispatch);
}

async function dispatch({ environment, redaction }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(DispatchBuildsInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  const { environment: declaration } = declarations.resolve(inputs.environment);
  // The token of a job is good for its own repository only; another one says for which.
  const repositories = [...new Set([`${context.owner}/${context.repo}`, ...inputs.repositories])];
  const { openClients } = await import('../_shared/builds/dispatch/open-clients.ts');
  const { secretValues } = await import('../_shared/builds/recorder/redact-lines.ts');
  const reach: Reach = {
    repositories,
    clientOf: openClients(repositories, { token: inputs.githubToken, apiUrl: context.apiUrl }),
    secrets: secretValues(environment),
  };
  const push = inputs.pushProject === undefined ? null : readPush(context, environment.GITHUB_EVENT_PATH);
  const done = await withDatabase({ declaration, environment }, async (sql) => {
    const asked =
      push === null ? null : await askForBuild(sql, { project: inputs.pushProject ?? '', push, context });
    return { asked, ...(await makeRound(sql, reach, { dispatcher: context.runUrl, limit: inputs.limit })) };
  });
  return { environment: inputs.environment, ...told(done) };
}

interface Reach {
  readonly repositories: readonly string[];
  readonly clientOf: (repository: string) => GitHubClient | null;
  readonly secrets: readonly string[];
}

/** The build of a push, or why there is none. */
type Asked = { readonly buildId: string } | { readonly refusal: string };

async function askForBuild(
  sql: Sql,
  wanted: { readonly project: string; readonly push: PushedBranch; readonly context: RunContext },
): Promise<Asked> {
  const { BuildRefused, orderBuild } = await import('../_shared/builds/dispatch/order-build.ts');
  const { push } = wanted;
  try {
    return await orderBuild(sql, {
      project: wanted.project,
      branch: push.branch,
      trigger: 'push',
      actor: wanted.context.actor,
      commitSha: push.sha,
      commitMessage: push.message,
      commitAuthor: push.author,
      idempotencyKey: push.key,
    });
  } catch (error) {
    // A branch nobody declared, or one that builds when somebody asks: most pushes of a repository are of no interest.
    if (error instanceof BuildRefused && !/^There is no project/.test(error.message)) {
      return { refusal: error.message };
    }
    throw error;
  }
}

async function makeRound(
  sql: Sql,
  { repositories, clientOf, secrets }: Reach,
  round: { readonly dispatcher: string; readonly limit: number },
) {
  const { dispatchBuilds } = await import('../_shared/builds/dispatch/dispatch-builds.ts');
  const { recoverLogs } = await import('../_shared/builds/recovery/recover-logs.ts');
  const { reconcileRuns } = await import('../_shared/builds/dispatch/reconcile-runs.ts');
  const dispatched = await dispatchBuilds({ sql, clientOf, repositories, ...round });
  // What a recorder kept says better how its build ended than GitHub's word for the whole run.
  const recovered = await recoverLogs({ sql, clientOf, secrets });
  const reconciled = await reconcileRuns({ sql, clientOf, repositories });
  return { dispatched, recovered, reconciled };
}

function told(
  done: { readonly asked: Asked | null } & Awaited<ReturnType<typeof makeRound>>,
): Omit<Outcome, 'environment'> {
  const { asked, dispatched, recovered, reconciled } = done;
  const { sent, open, refused } = dispatched;
  const { replayed, imported } = recovered;
  const looked = Object.values(reconciled.became).reduce((sum, count) => sum + count, 0);
  const isIdle = sent + open + refused.length + replayed + imported + looked + reconciled.stopped === 0;
  const buildId = asked !== null && 'buildId' in asked ? asked.buildId : undefined;
  return {
    reason: isIdle && buildId === undefined ? 'nothing_to_do' : 'dispatched',
    counts: {
      sent,
      open,
      refused: refused.length,
      replayed,
      imported,
      stopped: reconciled.stopped,
      ...reconciled.became,
    },
    ...(asked !== null && 'refusal' in asked ? { notices: [asked.refusal] } : {}),
    ...(buildId === undefined ? {} : { outputs: { 'build-id': buildId } }),
    warnings: [...refused, ...dispatched.failures, ...recovered.failures, ...reconciled.failures].slice(
      0,
      50,
    ),
    message: `${sent} dispatched, ${open} open, ${refused.length} refused; ${looked} silent runs looked at, ${replayed + imported} logs recovered.`,
  };
}
