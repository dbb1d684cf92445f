import type { GitHubClient } from '../../github/client.ts';
import {
  MOST_DEPLOYMENTS,
  type RunState,
  readEnvironmentUrl,
  readFailedJob,
  readRejection,
  readRunState,
} from '../../github/run-ending.ts';
import { cancelRun, type DispatchedRuns, listDispatchedRuns } from '../../github/workflow-dispatch.ts';
import type { CallBudget } from './call-budget.ts';
import { isNamed } from './decide-order.ts';
import { verdictOfEnding, verdictOfLiving } from './decide-run.ts';
import type { SilentBuild, Verdict } from './statements.ts';

/** A run that was asked to stop so long ago has steps that do not listen. */
const FORCE_AFTER_MS = 10 * 60_000;
/** A run that no list shows so long after it was started is gone; lists were seen eight minutes late. */
const LISTED_WITHIN_MS = 15 * 60_000;
/** GitHub's clock is not ours. */
const CLOCK_MS = 300_000;
const MOST_PAGES = 3;

/** Whom to ask, and how often still. */
export interface Asking {
  readonly client: GitHubClient;
  readonly budget: CallBudget;
}

/**
 * What GitHub says of a build's run; null when it says nothing one could rely on. A run that was asked to stop and has not is told so.
 *
 * @throws whatever a failed request throws, and when the round has asked enough
 */
export async function askAbout(asking: Asking, build: SilentBuild, now: Date): Promise<Verdict | null> {
  const runId = build.runId ?? (await findByName(asking, build));
  if (runId === null) {
    const isOld = now.getTime() - build.postedAt.getTime() >= LISTED_WITHIN_MS;
    return isOld ? { truth: 'gone', why: 'GitHub has no run of this build' } : null;
  }
  const state = await readRunState(ask(asking), runId);
  if (state === null) return ofMissing(asking, build, runId);
  // An answer from before the run was run again.
  if (state.attempt < (build.runAttempt ?? 1)) return null;
  if (state.status !== 'completed') {
    if (build.cancelRequestedAt !== null) {
      const askedFor = now.getTime() - build.cancelRequestedAt.getTime();
      await cancelRun(ask(asking), runId, { force: askedFor >= FORCE_AFTER_MS });
    }
    return verdictOfLiving(runId, state);
  }
  const { conclusion } = state;
  return conclusion === null ? null : ofEnding(asking, { ...state, runId, conclusion });
}

/** The client, for so many calls. */
function ask({ client, budget }: Asking, calls = 1): GitHubClient {
  if (!budget.take(calls)) throw new Error('this round has asked GitHub enough; the next one goes on here');
  return client;
}

/**
 * A run that is not there. A token that may no longer see the repository is told the same of every run: only where the list of the
 * workflow's runs is shown, and lacks it, it is gone.
 */
async function ofMissing(asking: Asking, build: SilentBuild, runId: number): Promise<Verdict | null> {
  const { runs, isComplete } = await listAround(asking, build);
  if (!isComplete || runs.some(({ id }) => id === runId)) return null;
  return { truth: 'gone', why: `GitHub knows no run ${runId} any more` };
}

async function ofEnding(
  asking: Asking,
  run: RunState & { readonly runId: number; readonly conclusion: string },
): Promise<Verdict> {
  const { runId, conclusion } = run;
  const isGood = conclusion === 'success' || conclusion === 'neutral';
  const isBad = !isGood && conclusion !== 'cancelled';
  const job = isBad ? await readFailedJob(ask(asking), runId) : null;
  const isGate = conclusion === 'failure' && (job === null || job.isUnstarted);
  const seen = isGood ? ask(asking, 1 + MOST_DEPLOYMENTS) : null;
  return verdictOfEnding({
    runId,
    conclusion,
    job,
    rejection: isGate ? await readRejection(ask(asking), runId) : null,
    environmentUrl: seen === null ? null : await readEnvironmentUrl(seen, { id: runId, sha: run.sha }),
  });
}

async function findByName(asking: Asking, build: SilentBuild): Promise<number | null> {
  const { runs } = await listAround(asking, build);
  const ids = runs.filter(({ title }) => isNamed(title, build)).map(({ id }) => id);
  return ids.length === 0 ? null : Math.min(...ids);
}

/** Runs of the build's workflow from about when its own was started. */
function listAround(asking: Asking, { workflow, ref, postedAt }: SilentBuild): Promise<DispatchedRuns> {
  return listDispatchedRuns(ask(asking, MOST_PAGES), {
    workflow,
    ref,
    since: new Date(postedAt.getTime() - CLOCK_MS),
    until: new Date(postedAt.getTime() + LISTED_WITHIN_MS),
    pages: MOST_PAGES,
  });
}
