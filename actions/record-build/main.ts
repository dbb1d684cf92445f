import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { openChannel } from '../_shared/builds/recorder/open-channel.ts';
import {
  hasSession,
  readSession,
  type SessionFolder,
  sessionFolder,
} from '../_shared/builds/recorder/session.ts';
import {
  type StartResult,
  startBackground,
  startRecording,
  writeLogProgram,
} from '../_shared/builds/recorder/start-recording.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { readRunContext } from '../_shared/io/run-context.ts';
import { addToBuild } from './add-to-build.ts';
import { channelEnvironment, jobEnvironment } from './environments.ts';
import { RecordBuildInputs } from './inputs.ts';
import { asOtherProcess } from './other-process.ts';
import { recordedStart } from './outcomes.ts';
import { startRequest } from './start-request.ts';

/** The `record-build` action; also every process it starts, which are this same program. */
export async function run(): Promise<void> {
  if (await asOtherProcess(process.env)) return;
  let exitCode = 0;
  await runAction('record-build', async (actionRun) => {
    const { outcome, code } = await record(actionRun);
    exitCode = code;
    return outcome;
  });
  // The commands of `run` decide about the step; recording them never does.
  if (exitCode !== 0) process.exitCode = exitCode;
}

async function record({
  environment,
  redaction,
}: ActionRun): Promise<{ readonly outcome: Outcome; readonly code: number }> {
  const inputs = readInputs(RecordBuildInputs, environment);
  const masks = (inputs.mask ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  for (const secret of [inputs.databaseUrl, ...masks]) redaction.add(secret);
  const paths = sessionFolder(environment.RUNNER_TEMP ?? '');
  const isFirst = !hasSession(paths);
  const started = isFirst ? await begin(inputs, paths, masks, environment) : undefined;
  const isTooMany = started?.kind === 'stale' && inputs.buildId !== undefined;
  const code = isTooMany
    ? 0
    : await addToBuild({
        inputs,
        paths,
        environment: jobEnvironment(environment),
        actionEnvironment: environment,
      });
  const session = hasSession(paths) ? readSession(paths) : undefined;
  return { outcome: recordedStart({ started, session, code, inputs }), code };
}

/** The first use in a job: take the build, start the process that keeps it, put `opsroom-log` into the path. */
async function begin(
  inputs: RecordBuildInputs,
  paths: SessionFolder,
  masks: readonly string[],
  environment: ActionRun['environment'],
): Promise<StartResult | { readonly kind: 'unconfigured' }> {
  const program = path.resolve(process.argv[1] ?? '');
  // Whatever becomes of the record: steps that run under opsroom-log must run.
  writeLogProgram(paths, program);
  if (environment.GITHUB_PATH !== undefined) appendFileSync(environment.GITHUB_PATH, `${paths.bin}\n`);
  const ways = channelEnvironment(inputs, environment);
  const channel = await openChannel(ways);
  if (channel === undefined) return { kind: 'unconfigured' };
  const request = startRequest(inputs, readRunContext(environment), environment);
  const result = await startRecording({ paths, channel, request, finish: inputs.finish, masks });
  await channel.close();
  if (result.kind !== 'started' && result.kind !== 'later') return result;
  startBackground({ paths, program, environment: ways });
  // Only the first use has to end the build in its post step.
  if (environment.GITHUB_STATE !== undefined) appendFileSync(environment.GITHUB_STATE, 'first=true\n');
  return result;
}
