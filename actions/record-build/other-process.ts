import path from 'node:path';
import { sessionFolder } from '../_shared/builds/recorder/session.ts';
import {
  FOLDER_VARIABLE,
  ROLE_VARIABLE,
  RUNNER_VARIABLE,
} from '../_shared/builds/recorder/start-recording.ts';
import type { Environment } from '../_shared/io/inputs.ts';

/**
 * What this program is besides an action: the background process, or `opsroom-log` in a later step.
 *
 * @returns false when it is the action
 */
export async function asOtherProcess(environment: Environment): Promise<boolean> {
  const role = environment[ROLE_VARIABLE];
  const folder = environment[FOLDER_VARIABLE];
  if (role === undefined || folder === undefined) return false;
  const paths = sessionFolder(path.dirname(folder));
  if (role === 'recorder') {
    const { recordInBackground } = await import('../_shared/builds/recorder/recorder-process.ts');
    const runnerPid = Number(environment[RUNNER_VARIABLE]);
    await recordInBackground({ paths, environment, runnerPid: runnerPid > 1 ? runnerPid : undefined });
    return true;
  }
  const { recordInput, runRecorded } = await import('../_shared/builds/recorder/run-recorded.ts');
  const [command, ...args] = process.argv.slice(2);
  const { [ROLE_VARIABLE]: _role, [FOLDER_VARIABLE]: _folder, ...own } = environment;
  const step = own.OPSROOM_STEP ?? own.GITHUB_ACTION ?? null;
  if (command === undefined) await recordInput({ paths, step, environment: own }, process.stdin);
  else process.exitCode = await runRecorded({ paths, step, environment: own, command, args });
  return true;
}
