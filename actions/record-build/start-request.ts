import { hostname } from 'node:os';
import type { StartRequest } from '../_shared/builds/recorder/channel.ts';
import { triggerOf } from '../_shared/builds/recorder/trigger-of.ts';
import type { Environment } from '../_shared/io/inputs.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import type { RecordBuildInputs } from './inputs.ts';

/** Which run this is, for whoever keeps the builds. */
export function startRequest(
  inputs: Pick<RecordBuildInputs, 'buildId' | 'project' | 'commit'>,
  context: RunContext,
  environment: Environment,
): StartRequest {
  const runner = [environment.RUNNER_NAME ?? hostname(), environment.GITHUB_JOB].filter(
    (part) => part !== undefined,
  );
  return {
    ...(inputs.buildId === undefined ? {} : { buildId: inputs.buildId }),
    ...(inputs.project === undefined ? {} : { project: inputs.project }),
    repository: `${context.owner}/${context.repo}`,
    runId: environment.GITHUB_RUN_ID ?? '0',
    runAttempt: Number(environment.GITHUB_RUN_ATTEMPT ?? '1'),
    // A pull request's own branch; its merge commit has none.
    ...branchOf(context, environment),
    ...(context.sha === '' ? {} : { sha: context.sha }),
    ...(inputs.commit === undefined ? {} : { commit: inputs.commit }),
    trigger: triggerOf(context.event),
    runnerId: runner.join('/').slice(0, 200),
  };
}

function branchOf(context: RunContext, environment: Environment): { readonly branch?: string } {
  const branch = environment.GITHUB_HEAD_REF || context.branch;
  return branch === null || branch === undefined ? {} : { branch };
}
