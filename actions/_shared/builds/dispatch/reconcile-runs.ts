import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { cancelRun } from '../../github/workflow-dispatch.ts';
import { errorMessage } from '../../io/errors.ts';
import { askAbout } from './ask-about.ts';
import { type CallBudget, openBudget } from './call-budget.ts';
import { findDoubles } from './find-doubles.ts';
import { extraRuns, forgetExtraRun, settleSilentBuild, silentBuilds } from './statements.ts';

/** What asking GitHub about silent runs changed. */
export interface Reconciled {
  /** What builds became: alive, succeeded, failed, cancelled, queued, lost, spoke, stale. */
  readonly became: Readonly<Record<string, number>>;
  /** Runs nobody waits for that were told to stop. */
  readonly stopped: number;
  readonly failures: readonly string[];
}

/** Asks GitHub for the truth about every build whose run says nothing, and stops runs that were asked to stop or that nobody waits for. */
export async function reconcileRuns(request: {
  readonly sql: Sql;
  readonly clientOf: (repository: string) => GitHubClient | null;
  /** Only builds of these; left out, all. */
  readonly repositories?: readonly string[] | undefined;
  /** Most builds. */
  readonly limit?: number | undefined;
  /** Most calls to GitHub. */
  readonly calls?: number | undefined;
  /** How long a run that GitHub says is alive may stay silent from now on; four minutes when left out. */
  readonly extendMs?: number | undefined;
  /** How long after GitHub was told its list is searched for a second run of the same order; three minutes when left out. */
  readonly doublesAfterMs?: number | undefined;
  readonly now?: () => Date;
}): Promise<Reconciled> {
  const { sql, clientOf, repositories, limit = 100, now = () => new Date() } = request;
  const budget = openBudget(request.calls ?? 300, clientOf);
  const failures: string[] = [];
  const became: Record<string, number> = {};
  await findDoubles({ sql, budget, failures, repositories, limit, afterMs: request.doublesAfterMs });
  const stopped = await stopExtraRuns({ sql, budget, failures, repositories, limit });
  for (const build of await silentBuilds(sql, { limit, repositories })) {
    const client = budget.clientOf(build.repository);
    if (client === null) continue;
    if (budget.isSpent()) break;
    try {
      const verdict = await askAbout({ client, budget }, build, now());
      const state =
        verdict === null ? 'unknown' : await settleSilentBuild(sql, build, verdict, request.extendMs);
      became[state] = (became[state] ?? 0) + 1;
    } catch (error) {
      // The next round asks again; nothing was concluded from silence.
      budget.note(build.repository, error);
      failures.push(`build ${build.buildId}: ${errorMessage(error)}`);
    }
  }
  return { became, stopped, failures };
}

async function stopExtraRuns(round: {
  readonly sql: Sql;
  readonly budget: CallBudget;
  readonly failures: string[];
  readonly repositories: readonly string[] | undefined;
  readonly limit: number;
}): Promise<number> {
  const { sql, budget, failures } = round;
  let stopped = 0;
  for (const extra of await extraRuns(sql, round)) {
    const client = budget.clientOf(extra.repository);
    if (client === null || !budget.take(1)) continue;
    try {
      await cancelRun(client, extra.runId);
      await forgetExtraRun(sql, extra);
      stopped += 1;
    } catch (error) {
      budget.note(extra.repository, error);
      failures.push(`run ${extra.runId}, one too many of build ${extra.buildId}: ${errorMessage(error)}`);
    }
  }
  return stopped;
}
