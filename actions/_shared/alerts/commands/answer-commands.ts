import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { createComment, listCommentsSince } from '../../github/issue-comments.ts';
import { reactToComment } from '../../github/reactions.ts';
import { failureStatus, mayHaveHappened } from '../../github/request-failure.ts';
import { claimAnswers, noteAnswered, type OpenAnswer } from './statements.ts';

const REACTIONS = { done: '+1', nothing: 'eyes', refused: 'confused' } as const;
const LONGEST_ANSWER = 60_000;

/** How many answers stand now, and what could not be answered yet. */
export interface Answers {
  readonly answered: number;
  readonly failures: readonly string[];
}

/**
 * Answers every command of a repository that was carried out and not answered: a reaction and one comment, which is looked for
 * before it is written. Also what a former run left.
 */
export async function answerCommands(
  sql: Sql,
  client: GitHubClient,
  own: { readonly author: string },
): Promise<Answers> {
  const repository = `${client.owner}/${client.repo}`;
  const failures: string[] = [];
  let answered = 0;
  for (const open of await claimAnswers(sql, repository)) {
    try {
      await answerOne(client, open, own.author);
      await noteAnswered(sql, repository, open.commentId);
      answered += 1;
    } catch (error) {
      if (failureStatus(error) === null) throw error;
      // The next command's run, or this one run again, finds it.
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { answered, failures };
}

async function answerOne(client: GitHubClient, open: OpenAnswer, author: string): Promise<void> {
  const gone = (error: unknown) => [404, 410].includes(failureStatus(error) ?? 0);
  try {
    await reactToComment(client, { commentId: open.commentId, content: REACTIONS[open.outcome] });
    await commentOnce(client, open, author);
  } catch (error) {
    // Comment or issue were deleted meanwhile: nobody waits for an answer.
    if (!gone(error)) throw error;
  }
}

async function commentOnce(client: GitHubClient, open: OpenAnswer, author: string): Promise<void> {
  const marker = `<!-- opsroom:answer comment=${open.commentId} -->`;
  const stands = async () => {
    const comments = await listCommentsSince(client, { number: open.issue, since: open.takenAt });
    return comments.some((comment) => comment.author === author && comment.body.startsWith(marker));
  };
  if (await stands()) return;
  const body = `${marker}\n${open.answer.slice(0, LONGEST_ANSWER)}`;
  try {
    await createComment(client, { number: open.issue, body });
  } catch (error) {
    if (!mayHaveHappened(error) || !(await stands())) throw error;
  }
}
