import * as z from 'zod';
import type { GitHubClient } from '../github/client.ts';

/** An issue as far as alerts look at it. */
export const AlertIssue = z
  .object({
    number: z.number(),
    state: z.enum(['open', 'closed']),
    body: z.string().nullish(),
    html_url: z.string(),
    updated_at: z.coerce.date(),
    closed_at: z.coerce.date().nullish(),
    user: z.object({ login: z.string() }).nullable(),
    closed_by: z.object({ login: z.string() }).nullish(),
    labels: z
      .array(z.union([z.string(), z.object({ name: z.string().nullish() })]))
      .default([])
      .transform((labels) =>
        labels.flatMap((label) => (typeof label === 'string' ? label : (label.name ?? []))),
      ),
    pull_request: z.unknown().optional(),
  })
  .transform((issue) => ({
    number: issue.number,
    state: issue.state,
    body: issue.body ?? '',
    url: issue.html_url,
    updatedAt: issue.updated_at,
    closedAt: issue.closed_at ?? null,
    author: issue.user?.login ?? null,
    closedBy: issue.closed_by?.login ?? null,
    labels: issue.labels,
    isPullRequest: issue.pull_request !== undefined,
  }));
export type AlertIssue = z.infer<typeof AlertIssue>;

/** A page of issues; null when nothing changed since the list that had this ETag. */
export interface IssueList {
  readonly issues: readonly AlertIssue[];
  readonly etag: string | null;
}

const PAGE = 100;
const MOST_PAGES = 20;

const Headers = z.object({ etag: z.string().optional() });
const NotModified = z.object({ status: z.literal(304) });

/**
 * The issues that carry all of these labels, open and closed, those that changed last first: whatever anybody did since
 * the last look stands on the first page, unless somebody changed a hundred.
 *
 * @param list `since`: nothing that changed before matters; null: everything does
 */
export async function listAlertIssues(
  { octokit, owner, repo }: GitHubClient,
  list: {
    readonly labels: readonly string[];
    readonly etag: string | null;
    readonly since: Date | null;
  },
): Promise<IssueList | null> {
  const issues: AlertIssue[] = [];
  let etag: string | null = null;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await octokit.rest.issues
      .listForRepo({
        owner,
        repo,
        labels: list.labels.join(','),
        state: 'all',
        sort: 'updated',
        direction: 'desc',
        per_page: PAGE,
        ...(page === 1 ? {} : { page }),
        request: timed(),
        headers: page === 1 && list.etag !== null ? { 'if-none-match': list.etag } : {},
      })
      .catch((error: unknown) => {
        if (NotModified.safeParse(error).success) return null;
        throw error;
      });
    if (answer === null) return null;
    const data: unknown = answer.data;
    const found = z.array(AlertIssue).parse(data);
    if (page === 1) etag = Headers.parse(answer.headers).etag ?? null;
    issues.push(...found);
    const last = found.at(-1);
    const isPast = last !== undefined && list.since !== null && last.updatedAt < list.since;
    if (found.length < PAGE || isPast) return { issues, etag };
  }
  return { issues, etag };
}

/** One issue as it is now. */
export async function readAlertIssue(
  { octokit, owner, repo }: GitHubClient,
  number: number,
): Promise<AlertIssue> {
  const answer: unknown = (
    await octokit.rest.issues.get({ owner, repo, issue_number: number, request: timed() })
  ).data;
  return AlertIssue.parse(answer);
}

/** What an issue shall be. */
export interface IssueText {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
}

/** Opens an issue. Not idempotent: without an answer, look before asking again. */
export async function openAlertIssue(
  { octokit, owner, repo }: GitHubClient,
  { title, body, labels, assignees }: IssueText,
): Promise<AlertIssue> {
  const answer: unknown = (
    await octokit.rest.issues.create({
      owner,
      repo,
      title,
      body,
      labels: [...labels],
      ...(assignees.length === 0 ? {} : { assignees: [...assignees] }),
      request: timed(),
    })
  ).data;
  return AlertIssue.parse(answer);
}

/** What may change in an issue. */
export interface IssueChange {
  readonly number: number;
  readonly body?: string;
  readonly labels?: readonly string[];
  readonly state?: 'open' | 'closed';
  readonly reason?: 'completed' | 'not_planned' | 'duplicate' | 'reopened';
}

/** Changes an issue; asked twice it is the same. */
export async function writeAlertIssue(
  { octokit, owner, repo }: GitHubClient,
  { number, body, labels, state, reason }: IssueChange,
): Promise<AlertIssue> {
  const answer: unknown = (
    await octokit.rest.issues.update({
      owner,
      repo,
      issue_number: number,
      ...(body === undefined ? {} : { body }),
      ...(labels === undefined ? {} : { labels: [...labels] }),
      ...(state === undefined ? {} : { state }),
      ...(reason === undefined ? {} : { state_reason: reason }),
      request: timed(),
    })
  ).data;
  return AlertIssue.parse(answer);
}

/** Adds a comment. Not idempotent: without an answer, look before asking again. */
export async function addAlertComment(
  { octokit, owner, repo }: GitHubClient,
  { number, body }: { readonly number: number; readonly body: string },
): Promise<void> {
  await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body, request: timed() });
}

const Bodies = z.array(z.object({ body: z.string().nullish() }));

/** True when a comment since then holds this text. */
export async function hasComment(
  { octokit, owner, repo }: GitHubClient,
  { number, since, text }: { readonly number: number; readonly since: Date; readonly text: string },
): Promise<boolean> {
  const answer: unknown = (
    await octokit.rest.issues.listComments({
      owner,
      repo,
      issue_number: number,
      since: since.toISOString(),
      per_page: PAGE,
      request: timed(),
    })
  ).data;
  return Bodies.parse(answer).some(({ body }) => body?.includes(text) === true);
}

// Well below the lease: an answer that takes longer is none.
const LONGEST_ANSWER_MS = 30_000;

/** How long one call may take. */
export function timed(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(LONGEST_ANSWER_MS) };
}
