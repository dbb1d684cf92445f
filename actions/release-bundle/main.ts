import { createSingleShotClient } from '../_shared/github/single-shot-client.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { readRunContext } from '../_shared/io/run-context.ts';
import { bringRelease } from './bring-release.ts';
import { ReleaseBundleInputs } from './inputs.ts';
import { releaseBranch } from './release.ts';

/** The `release-bundle` action: the actions of a commit become the newest commit of `release/ENVIRONMENT`. */
export async function run(): Promise<void> {
  await runAction('release-bundle', release);
}

async function release({ environment, redaction }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(ReleaseBundleInputs, environment);
  redaction.add(inputs.githubToken);
  const { owner, repo, apiUrl, serverUrl, runUrl, sha } = readRunContext(environment);
  const source = inputs.commit ?? sha;
  // It repeats by itself what may be repeated: by looking again.
  const client = createSingleShotClient({ token: inputs.githubToken, apiUrl, owner, repo });
  const brought = await bringRelease(client, { environment: inputs.environment, source, runUrl });
  const branch = releaseBranch(inputs.environment);
  return {
    reason: brought.moved ? 'applied' : 'nothing_to_do',
    environment: inputs.environment,
    message: wordsOf(branch, source, brought),
    outputs: {
      url: `${serverUrl}/${owner}/${repo}/tree/${branch}`,
      release: brought.release,
      commit: source,
    },
  };
}

function wordsOf(
  branch: string,
  source: string,
  { moved, former }: { readonly moved: boolean; readonly former: string | null },
): string {
  const now = `${branch} holds the actions of ${source.slice(0, 7)}`;
  if (!moved) return `${now} already.`;
  return former === null ? `${now} now.` : `${now} now, and held those of ${former.slice(0, 7)} before.`;
}
