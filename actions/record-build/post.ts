import { randomBytes } from 'node:crypto';
import { finishRecording, readProcessLog } from '../_shared/builds/recorder/finish-recording.ts';
import { openChannel } from '../_shared/builds/recorder/open-channel.ts';
import { secretValues } from '../_shared/builds/recorder/redact-lines.ts';
import { hasSession, sessionFolder } from '../_shared/builds/recorder/session.ts';
import { artifactService, uploadArtifact } from '../_shared/builds/recorder/upload-artifact.ts';
import { type Environment, readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { channelEnvironment } from './environments.ts';
import { RecordBuildInputs } from './inputs.ts';
import { recordedEnd } from './outcomes.ts';

/** How long the end of a job may wait for the database. */
const PATIENCE_MS = 30_000;

/** The post step: says how the job ended, also when it failed or was cancelled, and never fails it. */
export async function run(): Promise<void> {
  await runAction('record-build', finish);
}

async function finish({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(RecordBuildInputs, environment);
  redaction.add(inputs.databaseUrl);
  const paths = sessionFolder(environment.RUNNER_TEMP ?? '');
  if (environment.STATE_first !== 'true' || !hasSession(paths)) {
    return { reason: 'recorded', message: 'Nothing to end: another step of this job began the record.' };
  }
  const ways = channelEnvironment(inputs, environment);
  const channel = await openChannel(ways);
  if (channel === undefined) {
    return { reason: 'not_recorded', message: 'The way to the database is no longer there.' };
  }
  const result = await finishRecording({
    paths,
    channel,
    secrets: secretValues(environment),
    jobStatus: inputs.jobStatus,
    timeoutMs: Number(environment.OPSROOM_RECORD_PATIENCE_MS ?? PATIENCE_MS),
  });
  const kept =
    result.kind === 'waiting' ? await keep(result.buffer, result.session, environment, now()) : undefined;
  const log = readProcessLog(paths);
  return { ...recordedEnd(result, kept), ...(log === '' ? {} : { log }) };
}

/** The buffer as an artifact of the run, for `opsroom logs replay` and the reconciler; in words. */
async function keep(
  buffer: Buffer,
  {
    request,
    lease,
  }: {
    readonly request: { readonly runId: string; readonly runAttempt: number };
    readonly lease?: { readonly buildId: string } | undefined;
  },
  environment: Environment,
  at: Date,
): Promise<string | undefined> {
  const service = artifactService(environment);
  if (service === undefined) return undefined;
  // Jobs of one run share its artifacts, those of a matrix also their name.
  const job = (environment.GITHUB_JOB ?? 'job').replaceAll(/[^\w-]/g, '-').slice(0, 100);
  const artifact = `opsroom-buffer-${lease?.buildId ?? request.runId}-${request.runAttempt}-${job}-${randomBytes(3).toString('hex')}`;
  try {
    await uploadArtifact(service, { artifact, name: 'buffer.opsroom', content: buffer, at });
    return `It is kept as artifact ${artifact} of this run: opsroom logs replay stores it.`;
  } catch (error) {
    return `It could not be kept as an artifact either: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}
