import * as z from 'zod';
import type { GitHubClient } from '../github/client.ts';
import { failureStatus } from '../github/request-failure.ts';
import { AlertIssue, readAlertIssue, timed } from './github-issues.ts';

/** Issues that appeared behind a list's back. */
export interface NewerIssues {
  readonly issues: readonly AlertIssue[];
  /** Nothing newer can be there. */
  readonly isComplete: boolean;
}

/** A list that is more issues late than this is asked again by the next run. */
const MOST_READS = 20;

/**
 * The newest issue a list shows, and all that are newer than it, read one by one: lists lag behind, for minutes and sometimes
 * longer, while an issue asked for by its number is always there. Numbers have no gaps, so the first that nobody has is the end.
 */
export async function readNewerIssues(client: GitHubClient): Promise<NewerIssues> {
  const newest = await readNewest(client);
  const issues = newest === null ? [] : [newest];
  const start = newest?.number ?? 0;
  for (let number = start + 1; number <= start + MOST_READS; number += 1) {
    try {
      issues.push(await readAlertIssue(client, number));
    } catch (error) {
      const status = failureStatus(error);
      if (status === 404) return { issues, isComplete: true };
      // Deleted or moved away: its number stays taken.
      if (status !== 410 && status !== 301) throw error;
    }
  }
  return { issues, isComplete: false };
}

async function readNewest({ octokit, owner, repo }: GitHubClient): Promise<AlertIssue | null> {
  const answer: unknown = (
    await octokit.rest.issues.listForRepo({
      owner,
      repo,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 1,
      request: timed(),
    })
  ).data;
  return z.array(AlertIssue).parse(answer)[0] ?? null;
}
