import type { FailedJob, Rejection, RunState } from '../../github/run-ending.ts';
import type { Verdict } from './statements.ts';

/** How a run ended, as far as it takes to say what its build is. */
export interface RunEnding {
  readonly runId: number;
  readonly conclusion: string;
  /** Asked of runs that failed. */
  readonly job: FailedJob | null;
  readonly rejection: Rejection | null;
  /** Asked of runs that succeeded. */
  readonly environmentUrl: string | null;
}

/** What a run that goes on means for its build: it lives, and if it waits for people, that is worth saying. */
export function verdictOfLiving(runId: number, { status }: Pick<RunState, 'status'>): Verdict {
  return {
    truth: 'alive',
    why: status === 'waiting' ? `run ${runId} waits for approval on GitHub` : null,
  };
}

/** What a run that is over means for its build. Of a machine that vanished in the middle nobody knows anything: that is tried again. */
export function verdictOfEnding(ending: RunEnding): Verdict {
  const { runId, conclusion, job, rejection, environmentUrl } = ending;
  const why = `run ${runId} ended as ${conclusion} on GitHub`;
  switch (conclusion) {
    case 'success':
    case 'neutral':
      return { truth: 'succeeded', why, environmentUrl };
    case 'cancelled':
      return { truth: 'cancelled', why };
    case 'failure':
      if (rejection !== null) return { truth: 'failed', why: rejectionText(runId, rejection) };
      if (job?.isVanished === true) {
        return { truth: 'gone', why: `the machine of job ${job.name} of run ${runId} vanished` };
      }
      return { truth: 'failed', why: job === null ? why : `${why}: ${placeOf(job)}` };
    default:
      // timed_out, startup_failure, skipped, stale, action_required, or a word nobody knows yet: it is over, and not well.
      return { truth: 'failed', why: job === null ? why : `${why}: ${placeOf(job)}` };
  }
}

function placeOf({ name, step }: FailedJob): string {
  return step === null ? `job ${name}` : `job ${name}, step ${step}`;
}

function rejectionText(runId: number, { login, environments, comment }: Rejection): string {
  const where = environments.length === 0 ? '' : ` to ${environments.join(', ')}`;
  const said = comment.trim() === '' ? '' : `: ${comment.trim()}`;
  return `${login} rejected the deployment${where} of run ${runId}${said}`;
}
