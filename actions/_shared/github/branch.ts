import * as z from 'zod';
import type { GitHubClient } from './client.ts';

const Reference = z.object({ object: z.object({ sha: z.string() }) });

// An answer that takes longer than this is none; the run goes on without it, or stops and says so.
const LONGEST_ANSWER_MS = 30_000;

/** The commit a branch points at now. */
export async function readBranchHead(
  { octokit, owner, repo }: GitHubClient,
  branch: string,
): Promise<string> {
  const request = { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) };
  const answer: unknown = (await octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}`, request }))
    .data;
  return Reference.parse(answer).object.sha;
}

/** What lies between two commits. */
export interface CommitRange {
  /** Where the second commit stands, seen from the first. */
  readonly status: 'ahead' | 'behind' | 'diverged' | 'identical';
  /** Files that differ, old and new name of a renamed one; null when there are more than GitHub tells. */
  readonly files: readonly string[] | null;
}

const Comparison = z.object({
  status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).default([]),
});

// GitHub leaves out what goes beyond, without a word.
const MOST_FILES = 300;

/** Compares two commits. */
export async function compareCommits(
  { octokit, owner, repo }: GitHubClient,
  { base, head }: { readonly base: string; readonly head: string },
): Promise<CommitRange> {
  const request = { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) };
  const basehead = `${base}...${head}`;
  // Pages are pages of commits; the files come with the first.
  const answer: unknown = (
    await octokit.rest.repos.compareCommitsWithBasehead({ owner, repo, basehead, per_page: 1, request })
  ).data;
  const { status, files } = Comparison.parse(answer);
  const names = files.flatMap(({ filename, previous_filename: previous }) =>
    previous === undefined ? [filename] : [filename, previous],
  );
  return { status, files: files.length >= MOST_FILES ? null : names };
}
