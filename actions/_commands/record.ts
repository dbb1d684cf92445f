import { recordInput, runRecorded } from '../_shared/builds/recorder/run-recorded.ts';
import { sessionFolder } from '../_shared/builds/recorder/session.ts';

/** `opsroom record [COMMAND...]`: what `opsroom-log` does, for who has the command line at hand. */
export async function record(options: {
  readonly command: readonly string[];
  readonly step?: string;
}): Promise<number> {
  const environment = process.env;
  const paths = sessionFolder(environment.RUNNER_TEMP ?? '');
  const step = options.step ?? environment.OPSROOM_STEP ?? environment.GITHUB_ACTION ?? null;
  const [command, ...args] = options.command;
  if (command !== undefined) return runRecorded({ paths, step, environment, command, args });
  await recordInput({ paths, step, environment }, process.stdin);
  return 0;
}
