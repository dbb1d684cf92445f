import { ConfigurationError } from '../io/errors.ts';
import type { GitHubClient } from './client.ts';
import { type DesiredIssue, decideIssue } from './decide-issue.ts';
import { closeBlock, replaceBlock } from './issue-block.ts';
import { createComment } from './issue-comments.ts';
import { createIssue, type Issue, listIssuesWithLabel, updateIssue } from './issues.ts';
import { markText } from './marked-text.ts';
import { isForbidden, mayHaveHappened } from './request-failure.ts';

/** An issue we open, update, close and reopen by ourselves. */
export interface KeptIssue extends DesiredIssue {
  readonly title: string;
  readonly label: string;
  /** The machine's part of the body. */
  readonly visible: string;
  /** Said in a comment when it closes or comes back. */
  readonly closing: string;
  readonly reopening: string;
}

/** What became of the issue. */
export interface IssueOutcome {
  readonly kind: 'created' | 'updated' | 'reopened' | 'closed' | 'unchanged';
  readonly number: number | null;
  readonly url: string | null;
}

/**
 * Keeps one issue true: found by marker, label and author, never by title or search.
 *
 * @throws ConfigurationError when the token may not write issues
 */
export async function keepIssue(client: GitHubClient, issue: KeptIssue): Promise<IssueOutcome> {
  try {
    return await keep(client, issue);
  } catch (error) {
    if (isForbidden(error)) {
      throw new ConfigurationError('The token may not write issues.', {
        hint: 'Grant the job `issues: write`, and turn issues on in the settings of the repository.',
        cause: error,
      });
    }
    if (!mayHaveHappened(error)) throw error;
    // The answer to our write was lost: what is there now decides, so that there is never a second issue.
    return keep(client, issue);
  }
}

async function keep(client: GitHubClient, desired: KeptIssue): Promise<IssueOutcome> {
  const { decision, duplicates } = decideIssue(await listIssuesWithLabel(client, desired.label), desired);
  for (const { number } of duplicates)
    await updateIssue(client, { number, state: 'closed', reason: 'not_planned' });
  switch (decision.kind) {
    case 'none':
      return outcomeOf('unchanged', decision.issue);
    case 'create': {
      const { title, label } = desired;
      return outcomeOf(
        'created',
        await createIssue(client, { title, body: bodyOf(desired, ''), labels: [label] }),
      );
    }
    case 'update':
      return outcomeOf('updated', await writeBody(client, decision.issue, desired));
    case 'reopen': {
      const { number, body } = decision.issue;
      const reopened = await updateIssue(client, {
        number,
        body: bodyOf(desired, body),
        state: 'open',
        reason: 'reopened',
      });
      await createComment(client, { number, body: desired.reopening });
      return outcomeOf('reopened', reopened);
    }
    case 'close': {
      const { number } = decision.issue;
      // Closed first: a run that dies between the two leaves a true state without its comment.
      const closed = await updateIssue(client, { number, state: 'closed', reason: 'completed' });
      await createComment(client, { number, body: desired.closing });
      return outcomeOf('closed', closed);
    }
  }
}

async function writeBody(client: GitHubClient, issue: Issue, desired: KeptIssue): Promise<Issue> {
  return updateIssue(client, { number: issue.number, body: bodyOf(desired, issue.body) });
}

function bodyOf(desired: KeptIssue, current: string): string {
  const { marker, content, visible } = desired;
  const block = closeBlock(marker, markText({ marker, head: '', content: content ?? '', visible }));
  return replaceBlock(current, { marker, block });
}

function outcomeOf(kind: IssueOutcome['kind'], issue: Issue | null): IssueOutcome {
  return { kind, number: issue?.number ?? null, url: issue?.url ?? null };
}
