import { setTimeout as sleep } from 'node:timers/promises';
import type { GitHubClient } from '../_shared/github/client.ts';
import {
  advanceBranch,
  createCommit,
  createTree,
  findBranchHead,
  findCommit,
  findFolder,
} from '../_shared/github/git-objects.ts';
import { mayHaveHappened } from '../_shared/github/request-failure.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { isReleased, type Release, releaseBranch, releaseMessage, sourceOf } from './release.ts';

/** What a release holds. Workflow files stay behind: the token of a job may not move those. */
const RELEASED = 'actions';
const TRIES = 3;

/** What became of a release. */
export interface Brought {
  /** Commit the branch points at now. */
  readonly release: string;
  /** Commit that was released before; null when none was. */
  readonly former: string | null;
  /** False when it was there already. */
  readonly moved: boolean;
}

/**
 * Makes the branch of an environment hold the actions of a commit. When GitHub breaks on the way, or its answer is lost, it looks
 * again and does what is left to do.
 *
 * @param wish.pauseMs before the second try, twice as long before the third
 * @throws ConfigurationError when the commit is not there, has no actions, or somebody else moved the branch meanwhile
 */
export async function bringRelease(
  client: GitHubClient,
  wish: {
    readonly environment: string;
    readonly source: string;
    readonly runUrl: string;
    readonly pauseMs?: number;
  },
): Promise<Brought> {
  const { pauseMs = 2_000 } = wish;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bring(client, wish);
    } catch (error) {
      if (attempt === TRIES || !mayHaveHappened(error)) throw error;
      await sleep(attempt * pauseMs);
    }
  }
}

async function bring(
  client: GitHubClient,
  { environment, source, runUrl }: Parameters<typeof bringRelease>[1],
): Promise<Brought> {
  const branch = releaseBranch(environment);
  const wanted = await readWanted(client, source);
  const from = await findBranchHead(client, branch);
  const now = from === null ? null : await findCommit(client, from);
  const former = now === null ? null : sourceOf(now.message);
  if (now !== null && isReleased(now, wanted)) return { release: now.sha, former, moved: false };
  const to = await createCommit(client, {
    message: releaseMessage(source, { environment, runUrl }),
    tree: wanted.tree,
    parents: from === null ? [] : [from],
  });
  if (await advanceBranch(client, { branch, from, to })) return { release: to, former, moved: true };
  throw new ConfigurationError(`Somebody else moved ${branch} in this moment.`, {
    hint: 'Look at its newest commit, then run this job again.',
  });
}

async function readWanted(client: GitHubClient, source: string): Promise<Release> {
  const commit = await findCommit(client, source);
  if (commit === null) throw new ConfigurationError(`This repository has no commit ${source}.`);
  const folder = await findFolder(client, commit.tree, RELEASED);
  if (folder === null) throw new ConfigurationError(`Commit ${source} has no folder ${RELEASED}/.`);
  return { source, tree: await createTree(client, { [RELEASED]: folder }) };
}
