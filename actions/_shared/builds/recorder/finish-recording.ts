import { existsSync, readFileSync } from 'node:fs';
import type { BuildChannel } from './channel.ts';
import type { CallFrame, DeploymentFrame, StatusFrame } from './frame.ts';
import { openRecorder } from './open-recorder.ts';
import type { RecorderState } from './sender.ts';
import { readSession, removeFolder, type Session, type SessionFolder } from './session.ts';
import { takeCalls } from './spool-calls.ts';
import { stopBackground } from './start-recording.ts';

/** How a job ended, in GitHub's words (the context `job.status`). */
export type JobStatus = 'success' | 'failure' | 'cancelled';

/** What became of the story of a job. */
export type FinishResult =
  | { readonly kind: 'stored'; readonly session: Session }
  | { readonly kind: 'stale'; readonly session: Session; readonly why: string }
  /** What could not be stored, to be kept elsewhere and replayed. */
  | { readonly kind: 'waiting'; readonly session: Session; readonly why: string; readonly buffer: Buffer };

/**
 * The job is over: take the buffer from the background process, read the spools to their end, say how the build ended and store
 * everything, or hand back what could not be stored within the time.
 */
export async function finishRecording(options: {
  readonly paths: SessionFolder;
  readonly channel: BuildChannel;
  readonly secrets: readonly string[];
  readonly jobStatus: JobStatus;
  readonly timeoutMs: number;
}): Promise<FinishResult> {
  const { paths } = options;
  await stopBackground(paths);
  let end: { readonly state: RecorderState; readonly why: string } | undefined;
  const { recorder, reader, journal } = openRecorder({
    ...options,
    onState: (state, why) => {
      end = { state, why };
    },
  });
  while (reader.look(true));
  reader.close();
  takeCalls(paths, (call) => recorder.call(call));
  recorder.tellLeftOut();
  for (const call of lastWords(readSession(paths), options.jobStatus, existsSync(paths.cancelFile))) {
    recorder.call(call);
  }
  const isStored = await recorder.drain(options.timeoutMs);
  const session = readSession(paths);
  const { lease } = session;
  const known = lease === undefined ? undefined : { ...lease, shift: session.shift };
  const buffer = isStored ? undefined : journal.remainder(known);
  await recorder.close();
  if (buffer === undefined) {
    removeFolder(paths);
    return { kind: 'stored', session };
  }
  const why = end?.why ?? 'The database took longer than the job may wait.';
  return recorder.state === 'stale'
    ? { kind: 'stale', session, why }
    : { kind: 'waiting', session, why, buffer };
}

/** What the background process had to say. */
export function readProcessLog(paths: SessionFolder): string {
  return existsSync(paths.log) ? readFileSync(paths.log, 'utf8') : '';
}

/** What a job that is over still has to say: how its deployment went, and how the build ended if that is for this job to say. */
function lastWords(session: Session, jobStatus: JobStatus, cancelAsked: boolean): CallFrame[] {
  const { deployment, environmentUrl, finish } = session;
  const isEnd = finish === 'always' || (finish === 'failed' && jobStatus !== 'success');
  return [
    ...(deployment === undefined
      ? []
      : [
          {
            op: 'deployment',
            environment: deployment,
            state: DEPLOYMENT_STATE[jobStatus],
            ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
          } satisfies DeploymentFrame,
        ]),
    ...(isEnd ? [endOf(session, jobStatus, cancelAsked)] : []),
  ];
}

/** A job's end as GitHub's state of its deployment. */
const DEPLOYMENT_STATE = { success: 'success', failure: 'failure', cancelled: 'error' } as const;

function endOf(session: Session, jobStatus: JobStatus, cancelAsked: boolean): StatusFrame {
  return {
    op: 'status',
    status: statusOf(jobStatus, session.warnings === true, cancelAsked),
    ...(jobStatus === 'failure' ? { error: 'the job failed; its log says where' } : {}),
    ...(session.result === undefined ? {} : { result: session.result }),
    ...(session.environmentUrl === undefined ? {} : { environment_url: session.environmentUrl }),
  };
}

/** How a build ended whose job ended so. */
export function statusOf(
  jobStatus: JobStatus,
  hasWarnings: boolean,
  cancelAsked: boolean,
): StatusFrame['status'] {
  switch (jobStatus) {
    case 'success':
      return hasWarnings ? 'almost' : 'succeeded';
    case 'cancelled':
      return 'cancelled';
    case 'failure':
      // It failed because we stopped its command.
      return cancelAsked ? 'cancelled' : 'failed';
  }
}
