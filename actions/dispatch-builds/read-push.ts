import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { RunContext } from '../_shared/io/run-context.ts';

const Push = z.object({
  deleted: z.boolean().default(false),
  head_commit: z
    .object({ message: z.string(), author: z.object({ name: z.string().nullish() }).nullish() })
    .nullish(),
});

/** A push of a branch, as a build wants to know it. */
export interface PushedBranch {
  readonly branch: string;
  readonly sha: string;
  readonly message: string | undefined;
  readonly author: string | undefined;
  /** The same for every run of the same push, also when GitHub tells of it twice or somebody runs it again. */
  readonly key: string;
}

/** The branch a push changed; null when the event is no push, or one of a tag, or one that deleted the branch. */
export function readPush(
  { event, branch, sha, owner, repo }: Pick<RunContext, 'event' | 'branch' | 'sha' | 'owner' | 'repo'>,
  eventPath: string | undefined,
): PushedBranch | null {
  if (event !== 'push' || branch === null || eventPath === undefined) return null;
  const { deleted, head_commit: commit } = Push.parse(JSON.parse(readFileSync(eventPath, 'utf8')));
  if (deleted) return null;
  return {
    branch,
    sha,
    // A list shows one line of it.
    message: commit?.message.split('\n')[0]?.slice(0, 500),
    author: commit?.author?.name ?? undefined,
    key: `push:${owner}/${repo}:${sha}:${branch}`.toLowerCase(),
  };
}
