import * as z from 'zod';
import type { GitHubClient } from './client.ts';

/** An issue, as far as we look at it. */
export const Issue = z
  .object({
    number: z.number(),
    state: z.enum(['open', 'closed']),
    title: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    user: z.object({ login: z.string() }).nullable(),
    pull_request: z.unknown().optional(),
  })
  .transform((issue) => ({
    number: issue.number,
    state: issue.state,
    title: issue.title,
    body: issue.body ?? '',
    url: issue.html_url,
    author: issue.user?.login ?? null,
    isPullRequest: issue.pull_request !== undefined,
  }));
export type Issue = z.infer<typeof Issue>;

/** All issues with a label, open and closed, oldest first, over all pages. Pull requests are issues and come along. */
export async function listIssuesWithLabel(
  { octokit, owner, repo }: GitHubClient,
  label: string,
): Promise<Issue[]> {
  const answers: unknown[] = await octokit.paginate(octokit.rest.issues.listForRepo, {
    owner,
    repo,
    labels: label,
    state: 'all',
    sort: 'created',
    direction: 'asc',
    per_page: 100,
  });
  return z.array(Issue).parse(answers);
}

/** Opens an issue; missing labels are made by GitHub. Not idempotent: after a 5xx, look before doing it again. */
export async function createIssue(
  { octokit, owner, repo }: GitHubClient,
  issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] },
): Promise<Issue> {
  const { title, body, labels } = issue;
  const answer: unknown = (
    await octokit.rest.issues.create({ owner, repo, title, body, labels: [...labels] })
  ).data;
  return Issue.parse(answer);
}

/** What can be changed in an issue. */
export interface IssueUpdate {
  readonly number: number;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
  readonly reason?: 'completed' | 'not_planned' | 'duplicate' | 'reopened';
}

/** Changes an issue. */
export async function updateIssue(
  { octokit, owner, repo }: GitHubClient,
  update: IssueUpdate,
): Promise<Issue> {
  const { number, body, state, reason } = update;
  const answer: unknown = (
    await octokit.rest.issues.update({
      owner,
      repo,
      issue_number: number,
      ...(body === undefined ? {} : { body }),
      ...(state === undefined ? {} : { state }),
      ...(reason === undefined ? {} : { state_reason: reason }),
    })
  ).data;
  return Issue.parse(answer);
}
