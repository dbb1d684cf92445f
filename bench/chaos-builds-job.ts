import { randomBytes } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildChannel, StartRequest } from '../actions/_shared/builds/recorder/channel.ts';
import { databaseChannel } from '../actions/_shared/builds/recorder/database-channel.ts';
import { finishRecording, type JobStatus } from '../actions/_shared/builds/recorder/finish-recording.ts';
import { type OpenRecorder, openRecorder } from '../actions/_shared/builds/recorder/open-recorder.ts';
import { createLineRedaction } from '../actions/_shared/builds/recorder/redact-lines.ts';
import {
  readSession,
  type SessionFolder,
  sessionFolder,
  writeSession,
} from '../actions/_shared/builds/recorder/session.ts';
import { SpoolWriter } from '../actions/_shared/builds/recorder/spool-writer.ts';
import { startRecording } from '../actions/_shared/builds/recorder/start-recording.ts';
import { artifactService, uploadArtifact } from '../actions/_shared/builds/recorder/upload-artifact.ts';
import type { JobOrder, JobReport } from './chaos-builds-messages.ts';
import { sayLine } from './chaos-builds-plan.ts';

/** What may happen to a job while it works. */
export interface JobSignals {
  /** GitHub stops the run. */
  readonly cancel: AbortSignal;
  /** An endless job may end. */
  readonly go: AbortSignal;
  /** The first line was said. */
  readonly onWriting: () => void;
}

/** How often the background process looks for lines, as in recorder-process.ts. */
const LOOK_MS = 100;

/**
 * A job that records itself: what the action record-build does in its main step, in its background process and in its post step,
 * by the same library, with a spool between them; many of these share a process here.
 */
export async function runJob(order: JobOrder, signals: JobSignals): Promise<JobReport> {
  const paths = sessionFolder(order.temp);
  const openChannel = (): BuildChannel => databaseChannel({ url: order.recorderUrl, leaseMs: order.leaseMs });
  const report = { runId: order.runId, heardCancel: false, note: null };
  const channel = openChannel();
  const started = await startRecording({
    paths,
    channel,
    request: requestOf(order),
    finish: 'always',
    masks: [],
  });
  if (started.kind === 'started' && started.session.lease !== undefined) {
    // From the beginning the lease is as short as here everything is.
    await channel.heartbeat(started.session.lease).catch(() => undefined);
  }
  await channel.close();
  if (started.kind === 'refused')
    return { ...report, jobStatus: 'failure', story: 'refused', note: started.why };
  if (started.kind === 'stale') return untilStopped(order, signals);

  const background = recordInBackground(paths, openChannel(), order.heartbeatMs);
  await say(order, paths, signals, background.cancelled);
  if (order.isEndless && !signals.cancel.aborted) {
    await aborted(AbortSignal.any([signals.cancel, signals.go, background.cancelled]));
  }
  await background.stop();
  if (background.isStale()) return untilStopped(order, signals);
  const heardCancel = background.cancelled.aborted;
  const jobStatus = statusOf(order, { isCancelled: signals.cancel.aborted, heardCancel });
  if (order.how === 'warnings') writeSession(paths, { ...readSession(paths), warnings: true });
  return { ...report, heardCancel, jobStatus, ...(await finish(order, paths, openChannel(), jobStatus)) };
}

function requestOf({ buildId, repository, runId, branch }: JobOrder): StartRequest {
  return {
    buildId,
    repository,
    runId: String(runId),
    runAttempt: 1,
    branch,
    trigger: 'dispatch',
    runnerId: `chaos run ${runId}`,
  };
}

/** A run that has no build to record works on all the same, until somebody stops it. */
async function untilStopped({ runId }: JobOrder, { cancel, go }: JobSignals): Promise<JobReport> {
  await aborted(AbortSignal.any([cancel, go]));
  return { runId, jobStatus: 'cancelled', story: 'not_ours', heardCancel: false, note: null };
}

function statusOf(
  { how }: JobOrder,
  { isCancelled, heardCancel }: { readonly isCancelled: boolean; readonly heardCancel: boolean },
): JobStatus {
  if (isCancelled) return 'cancelled';
  // Its command was ended in the middle.
  if (heardCancel) return 'failure';
  return how === 'failure' ? 'failure' : 'success';
}

/** The commands of the job. What they say is written down first, so that nobody can have read what is not there. */
async function say(
  order: JobOrder,
  paths: SessionFolder,
  { cancel, onWriting }: JobSignals,
  stop: AbortSignal,
): Promise<void> {
  const spool = new SpoolWriter({ folder: paths.spool, step: 'build', redaction: createLineRedaction([]) });
  for (let number = 1; number <= order.lines && !cancel.aborted && !stop.aborted; number += 1) {
    const line = sayLine(order.runId, number);
    appendFileSync(order.said, `${line}\n`);
    spool.write('stdout', Buffer.from(`${line}\n`, 'utf8'));
    if (number === 1) onWriting();
    // Lines come in gusts.
    if (number % 4 === 0) await sleep(order.paceMs * 4 * Math.random() * 2);
  }
  spool.end();
}

interface Background {
  readonly cancelled: AbortSignal;
  readonly isStale: () => boolean;
  readonly stop: () => Promise<void>;
}

/** What recorder-process.ts does in a process of its own. */
function recordInBackground(paths: SessionFolder, channel: BuildChannel, heartbeatMs: number): Background {
  const cancelled = new AbortController();
  const opened: OpenRecorder = openRecorder({ paths, channel, secrets: [], onState: () => undefined });
  const { recorder, reader } = opened;
  const beat = async (): Promise<void> => {
    const { lease } = recorder;
    if (lease === undefined) return;
    const verdict = await channel.heartbeat(lease).catch(() => 'away' as const);
    if (verdict !== 'cancel' || cancelled.signal.aborted) return;
    writeFileSync(paths.cancelFile, '');
    cancelled.abort();
  };
  const looking = setInterval(() => reader.look(), LOOK_MS);
  const beating = setInterval(() => void beat(), heartbeatMs);
  return {
    cancelled: cancelled.signal,
    isStale: () => recorder.state === 'stale',
    stop: async () => {
      clearInterval(looking);
      clearInterval(beating);
      reader.close();
      await recorder.close();
    },
  };
}

/** The post step. */
async function finish(
  order: JobOrder,
  paths: SessionFolder,
  channel: BuildChannel,
  jobStatus: JobStatus,
): Promise<Pick<JobReport, 'story' | 'note'>> {
  const timeoutMs = order.patienceMs;
  const result = await finishRecording({ paths, channel, secrets: [], jobStatus, timeoutMs });
  if (result.kind !== 'waiting') {
    rmSync(order.temp, { recursive: true, force: true });
    return { story: result.kind, note: result.kind === 'stale' ? result.why : null };
  }
  const service = artifactService(order.environment);
  if (service === undefined) throw new Error('a job was given no artifact service');
  const { lease, request } = result.session;
  const artifact = `opsroom-buffer-${lease?.buildId ?? request.runId}-1-build-${randomBytes(3).toString('hex')}`;
  const kept = uploadArtifact(service, {
    artifact,
    name: 'buffer.opsroom',
    content: result.buffer,
    at: new Date(),
  });
  const story = await kept.then(
    () => 'artifact' as const,
    () => 'dropped' as const,
  );
  rmSync(order.temp, { recursive: true, force: true });
  return { story, note: result.why };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
