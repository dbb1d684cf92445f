import type { GitHubClient } from '../../github/client.ts';
import { createComment, listCommentsSince } from '../../github/issue-comments.ts';
import { reactToComment } from '../../github/reactions.ts';
import { mayHaveHappened } from '../../github/request-failure.ts';
import { plainText } from '../../report/alert-text.ts';
import { writeAlertIssue } from '../github-issues.ts';
import { DATABASE_KEY } from '../unreachable-issue.ts';
import { helpText } from './catalog.ts';
import type { WrittenCommand } from './parse-comment.ts';

/** A command given while the database that keeps alerts cannot be reached. */
export interface BlindCommand {
  readonly issue: number;
  readonly commentId: number;
  readonly writtenAt: Date;
  /** Key of the issue's marker. */
  readonly about: string;
  readonly command: WrittenCommand;
  readonly environment: string;
  /** The login we write as. */
  readonly author: string;
}

/**
 * Answers, once, a command that cannot be carried out because the database is away. `/ack` of the issue that says so needs no
 * database: closing that issue is how somebody says they know.
 *
 * @returns whether it was carried out
 */
export async function answerBlind(client: GitHubClient, blind: BlindCommand): Promise<boolean> {
  const { issue, commentId, about, command } = blind;
  const isAck = about === DATABASE_KEY && command.word === 'ack';
  const isDone = isAck || command.word === 'help';
  await reactToComment(client, { commentId, content: isDone ? '+1' : 'confused' });
  await commentOnce(client, blind, isAck ? ACKNOWLEDGED : isDone ? helpText() : notDone(blind));
  if (isAck) await writeAlertIssue(client, { number: issue, state: 'closed', reason: 'not_planned' });
  return isDone;
}

const ACKNOWLEDGED =
  'Acknowledged: this stays closed until the database answers, and is reopened when it is lost again after that.';

function notDone({ environment, command, about }: BlindCommand): string {
  const why = `Nothing was done: the database of **${plainText(environment, 60)}** cannot be reached, and alerts and runbooks live there.`;
  return about === DATABASE_KEY
    ? `${why} \`/ack\` says that you know.`
    : `${why} Write \`/${command.word}\` again when it answers; an issue of its own says until when it does not.`;
}

async function commentOnce(
  client: GitHubClient,
  { issue: number, commentId, writtenAt, author }: BlindCommand,
  text: string,
): Promise<void> {
  const marker = `<!-- opsroom:blind comment=${commentId} -->`;
  const stands = async () => {
    const comments = await listCommentsSince(client, { number, since: writtenAt });
    return comments.some((comment) => comment.author === author && comment.body.startsWith(marker));
  };
  if (await stands()) return;
  try {
    await createComment(client, { number, body: `${marker}\n${text}` });
  } catch (error) {
    if (!mayHaveHappened(error) || !(await stands())) throw error;
  }
}
