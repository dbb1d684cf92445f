import * as z from 'zod';
import type { GitHubClient } from './client.ts';

const Head = z.object({ head: z.object({ sha: z.string() }) });

/** The commit a pull request points at now; it may have moved since the event that started this run. */
export async function readHeadSha({ octokit, owner, repo }: GitHubClient, number: number): Promise<string> {
  const answer: unknown = (await octokit.rest.pulls.get({ owner, repo, pull_number: number })).data;
  return Head.parse(answer).head.sha;
}
