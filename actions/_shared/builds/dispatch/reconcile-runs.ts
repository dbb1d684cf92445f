import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { cancelRun, readRunState } from '../../github/workflow-dispatch.ts';
import { type SilentBuild, settleSilentBuild, silentBuilds, type Truth } from './statements.ts';

/** What asking GitHub about silent runs changed. */
export interface Reconciled {
  /** What builds became: alive, succeeded, failed, cancelled, queued, lost, spoke, stale. */
  readonly became: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** Asks GitHub for the truth about every build whose run says nothing, one call each, and stops those asked to stop. */
export async function reconcileRuns(request: {
  readonly sql: Sql;
  readonly clientOf: (repository: string) => GitHubClient | null;
  readonly limit?: number;
}): Promise<Reconciled> {
  const { sql, clientOf, limit = 100 } = request;
  const became: Record<string, number> = {};
  const failures: string[] = [];
  for (const build of await silentBuilds(sql, limit)) {
    const client = clientOf(build.repository);
    if (client === null || build.runId === null) continue;
    try {
      const said = await askAbout(client, build, build.runId);
      const now = await settleSilentBuild(sql, build, said);
      became[now] = (became[now] ?? 0) + 1;
    } catch (error) {
      // The next round asks again; nothing was concluded from silence.
      failures.push(`build ${build.buildId}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { became, failures };
}

async function askAbout(
  client: GitHubClient,
  { cancelRequested }: SilentBuild,
  runId: number,
): Promise<{ readonly truth: Truth; readonly why: string }> {
  const state = await readRunState(client, runId);
  if (state === null) return { truth: 'gone', why: `GitHub knows no run ${runId} any more` };
  if (state.status !== 'completed') {
    if (cancelRequested) await cancelRun(client, runId);
    return { truth: 'alive', why: `run ${runId} is ${state.status ?? 'there'}` };
  }
  const why = `run ${runId} ended as ${state.conclusion ?? 'nothing'} on GitHub`;
  switch (state.conclusion) {
    case 'success':
    case 'neutral':
      return { truth: 'succeeded', why };
    case 'cancelled':
      return { truth: 'cancelled', why };
    case 'failure':
    case 'timed_out':
    case 'action_required':
    case 'skipped':
      return { truth: 'failed', why };
    default:
      // startup_failure, stale, or a word we do not know: nothing of it ran to an end.
      return { truth: 'gone', why };
  }
}
