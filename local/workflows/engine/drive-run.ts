import type { Conclusion } from '../../github/state/runs.ts';
import type { Job } from '../model.ts';
import { inputsContext, runContext, scope, variablesOf } from './contexts.ts';
import { driveJob } from './drive-job.ts';
import { groupSetting, type Place, takePlace } from './group.ts';
import { cancelSession, type Session, type SettledJob } from './session.ts';

/** Takes one attempt of a run from its concurrency group to its conclusion. */
export async function driveRun(session: Session): Promise<void> {
  const { shop, view } = session;
  const { runs } = shop.host;
  const place = enterGroup(session);
  try {
    if (place !== null && !(await shop.activity.waiting(place.held))) {
      finish(session, 'cancelled');
      return;
    }
    runs.start(view.id);
    await driveJobs(session);
    finish(session, conclusionOf(session));
  } finally {
    place?.leave();
  }
}

function enterGroup(session: Session): Place | null {
  const { shop, workflow, view, cause } = session;
  const run = shop.host.runs.get(view.id);
  const contexts = {
    github: runContext(session, run),
    inputs: inputsContext(workflow, cause.inputs),
    vars: { ...variablesOf(session, null) },
  };
  const setting = groupSetting(shop.expressions, workflow.concurrency, scope(contexts));
  if (setting === null) return null;
  view.concurrency = setting.group;
  return takePlace(shop, setting, {
    gone: session.cancel.signal,
    wait: () => shop.host.runs.pend(view.id),
    cancel: (reason) => cancelSession(session, reason),
  });
}

/** Settles every job as soon as those it needs are settled. */
async function driveJobs(session: Session): Promise<void> {
  const { jobs } = session.workflow;
  const started = new Map<string, Promise<SettledJob>>();
  const settle = (job: Job): Promise<SettledJob> => {
    const known = started.get(job.id);
    if (known !== undefined) return known;
    const settling = settleAfterNeeds(job);
    started.set(job.id, settling);
    return settling;
  };
  const settleAfterNeeds = async (job: Job): Promise<SettledJob> => {
    await Promise.all(jobs.filter(({ id }) => job.needs.includes(id)).map(settle));
    const settled = session.kept.get(job.id) ?? (await driveJob(session, job));
    session.settled.set(job.id, settled);
    return settled;
  };
  await Promise.all(jobs.map(settle));
}

function conclusionOf(session: Session): Conclusion {
  const results = [...session.settled.values()].map(({ result }) => result);
  // Of a run somebody ended, what failed because of it is not the news.
  if (session.cancel.signal.aborted) return 'cancelled';
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return 'cancelled';
  return results.every((result) => result === 'skipped') ? 'skipped' : 'success';
}

/** Ends the run, on GitHub's side and ours. */
export function finish({ shop, view }: Session, conclusion: Conclusion): void {
  view.conclusion = conclusion;
  shop.host.runs.finish(view.id, conclusion);
}
