import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { createComment, listCommentsSince } from '../../github/issue-comments.ts';
import { reactToComment } from '../../github/reactions.ts';
import { failureStatus, mayHaveHappened } from '../../github/request-failure.ts';
import { errorMessage } from '../../io/errors.ts';
import { claimAnswers, isAnswerDue, noteAnswered, type OpenAnswer } from './statements.ts';

const REACTIONS = { done: '+1', nothing: 'eyes', refused: 'confused' } as const;
const LONGEST_ANSWER = 60_000;

/** How many answers stand now, and what could not be answered yet. */
export interface Answers {
  readonly answered: number;
  readonly failures: readonly string[];
}

/** Longer than a run that died keeps an answer to itself (the lease of ops.claim_issue_answers). */
const PATIENCE_MS = 150_000;
const PAUSE_MS = 2_000;

/**
 * Answers the command of a comment, and every other of its repository that was carried out and not answered: a reaction and
 * one comment, which is looked for before it is written. When another run has claimed this comment's answer, it waits until that
 * run has written it or let go of it, so a command that is said to be answered is.
 */
export async function answerCommands(
  sql: Sql,
  client: GitHubClient,
  own: { readonly author: string; readonly commentId: number; readonly patienceMs?: number },
): Promise<Answers> {
  const repository = `${client.owner}/${client.repo}`;
  const end = Date.now() + (own.patienceMs ?? PATIENCE_MS);
  let answered = 0;
  for (;;) {
    const { failures, ...now } = await answerOpen(sql, client, own.author);
    answered += now.answered;
    const isDue = await isAnswerDue(sql, repository, own.commentId);
    if (failures.length > 0 || !isDue) return { answered, failures };
    if (Date.now() >= end) return { answered, failures: ['another run is still writing the answer'] };
    await sleep(PAUSE_MS);
  }
}

async function answerOpen(sql: Sql, client: GitHubClient, author: string): Promise<Answers> {
  const repository = `${client.owner}/${client.repo}`;
  const failures: string[] = [];
  let answered = 0;
  for (const open of await claimAnswers(sql, repository)) {
    try {
      await answerOne(client, open, author);
      await noteAnswered(sql, repository, open.commentId);
      answered += 1;
    } catch (error) {
      if (failureStatus(error) === null) throw error;
      // The next command's run, or this one run again, finds it.
      failures.push(errorMessage(error));
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
