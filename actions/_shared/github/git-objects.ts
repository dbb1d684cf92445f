import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { failureStatus } from './request-failure.ts';

const Ref = z.object({ object: z.object({ sha: z.string() }) });

/** The commit a branch points at; null when there is no such branch. */
export async function findBranchHead(
  { octokit, owner, repo }: GitHubClient,
  branch: string,
): Promise<string | null> {
  try {
    const { data }: { data: unknown } = await octokit.rest.git.getRef({
      owner,
      repo,
      ref: `heads/${branch}`,
    });
    return Ref.parse(data).object.sha;
  } catch (error) {
    if (failureStatus(error) === 404) return null;
    throw error;
  }
}

const Commit = z
  .object({ sha: z.string(), message: z.string(), tree: z.object({ sha: z.string() }) })
  .transform(({ sha, message, tree }) => ({ sha, message, tree: tree.sha }));
/** A commit, as git has it. */
export type Commit = z.infer<typeof Commit>;

/** Reads a commit; null when there is none with this name. */
export async function findCommit(
  { octokit, owner, repo }: GitHubClient,
  sha: string,
): Promise<Commit | null> {
  try {
    const { data }: { data: unknown } = await octokit.rest.git.getCommit({ owner, repo, commit_sha: sha });
    return Commit.parse(data);
  } catch (error) {
    if (failureStatus(error) === 404) return null;
    throw error;
  }
}

const Tree = z.object({
  sha: z.string(),
  tree: z.array(z.object({ path: z.string(), type: z.string(), sha: z.string() })),
});

/** The object of a folder at the top of a tree; null when there is none. */
export async function findFolder(
  { octokit, owner, repo }: GitHubClient,
  tree: string,
  name: string,
): Promise<string | null> {
  const { data }: { data: unknown } = await octokit.rest.git.getTree({ owner, repo, tree_sha: tree });
  return Tree.parse(data).tree.find((entry) => entry.path === name && entry.type === 'tree')?.sha ?? null;
}

/** Makes a tree of folders that are there already. The same folders are the same tree, however often it is made. */
export async function createTree(
  { octokit, owner, repo }: GitHubClient,
  folders: Readonly<Record<string, string>>,
): Promise<string> {
  const { data }: { data: unknown } = await octokit.rest.git.createTree({
    owner,
    repo,
    tree: Object.entries(folders).map(([path, sha]) => ({ path, mode: '040000', type: 'tree', sha })),
  });
  return Tree.parse(data).sha;
}

/** Makes a commit that no branch has yet. @returns its name */
export async function createCommit(
  { octokit, owner, repo }: GitHubClient,
  commit: { readonly message: string; readonly tree: string; readonly parents: readonly string[] },
): Promise<string> {
  const { data }: { data: unknown } = await octokit.rest.git.createCommit({
    owner,
    repo,
    ...commit,
    parents: [...commit.parents],
  });
  return Commit.parse(data).sha;
}

/**
 * Moves a branch forward to a commit, or makes it.
 *
 * @returns false when somebody else has moved or made it meanwhile
 */
export async function advanceBranch(
  { octokit, owner, repo }: GitHubClient,
  move: { readonly branch: string; readonly from: string | null; readonly to: string },
): Promise<boolean> {
  try {
    if (move.from === null) {
      await octokit.rest.git.createRef({ owner, repo, ref: `refs/heads/${move.branch}`, sha: move.to });
    } else {
      await octokit.rest.git.updateRef({ owner, repo, ref: `heads/${move.branch}`, sha: move.to });
    }
    return true;
  } catch (error) {
    if (failureStatus(error) === 422) return false;
    throw error;
  }
}
