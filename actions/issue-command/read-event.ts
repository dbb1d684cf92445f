import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { readCommand, type WrittenCommand } from '../_shared/alerts/commands/parse-comment.ts';
import { readAlertMarker } from '../_shared/alerts/issue-marker.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';

const User = z.object({ login: z.string(), id: z.number(), type: z.string() });
const Issue = z.object({
  number: z.int().positive(),
  body: z.string().nullish(),
  user: User.nullable(),
  updated_at: z.string(),
  pull_request: z.unknown().optional(),
});
const CommentEvent = z.object({
  action: z.string(),
  issue: Issue,
  comment: z.object({
    id: z.int(),
    body: z.string().nullish(),
    user: User.nullable(),
    created_at: z.coerce.date(),
  }),
  sender: User,
});
const IssueEvent = z.object({ action: z.string(), issue: Issue, sender: User });

/** What an event asks for. */
export type Asked =
  | { readonly kind: 'ignored'; readonly why: string }
  | {
      readonly kind: 'command';
      readonly issue: number;
      readonly commentId: number;
      readonly writtenAt: Date;
      /** Key of the issue's marker. */
      readonly about: string;
      readonly actor: { readonly login: string; readonly id: number };
      readonly command: WrittenCommand;
    }
  | {
      readonly kind: 'closed' | 'reopened';
      readonly issue: number;
      readonly actor: string;
      readonly at: string;
    };

/** Which issues are ours. */
export interface Own {
  readonly environment: string;
  /** Login our issues are written as. */
  readonly issueAuthor: string;
}

/**
 * Reads the event of a run and says what it asks for. The workflow's `if:` lets most of what is ignored here not even start;
 * this is the check that counts.
 *
 * @throws ConfigurationError for an event this action is not made for
 */
export function readEvent(name: string, path: string | undefined, own: Own): Asked {
  const payload: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  switch (name) {
    case 'issue_comment':
      return readComment(CommentEvent.parse(payload), own);
    case 'issues':
      return readMove(IssueEvent.parse(payload), own);
    default:
      throw new ConfigurationError(`This action answers issue_comment and issues, not ${name || 'nothing'}.`);
  }
}

function readComment({ action, issue, comment, sender }: z.infer<typeof CommentEvent>, own: Own): Asked {
  if (action !== 'created') return ignored(`the comment was ${action}, not written now`);
  const foreign = notOurs(issue, own);
  if (foreign !== null) return ignored(foreign);
  const { user } = comment;
  if (user === null || user.type !== 'User' || sender.type !== 'User')
    return ignored('bots give no commands');
  if (sender.id !== user.id) return ignored('somebody else brought the comment');
  const command = readCommand(comment.body ?? '');
  if (command === null) return ignored('its first line is no command');
  const actor = { login: user.login, id: user.id };
  return {
    kind: 'command',
    issue: issue.number,
    commentId: comment.id,
    writtenAt: comment.created_at,
    about: readAlertMarker(issue.body ?? '')?.key ?? '',
    actor,
    command,
  };
}

function readMove({ action, issue, sender }: z.infer<typeof IssueEvent>, own: Own): Asked {
  if (action !== 'closed' && action !== 'reopened') return ignored(`the issue was ${action}`);
  const foreign = notOurs(issue, own);
  if (foreign !== null) return ignored(foreign);
  if (sender.type !== 'User') return ignored('no person did it');
  return { kind: action, issue: issue.number, actor: sender.login, at: issue.updated_at };
}

/** A marker counts only in an issue of our own author; a label is not even looked at. */
function notOurs(issue: z.infer<typeof Issue>, own: Own): string | null {
  if (issue.pull_request !== undefined && issue.pull_request !== null) return 'it is a pull request';
  if (issue.user?.login !== own.issueAuthor) return `the issue is not one of ${own.issueAuthor}`;
  const marker = readAlertMarker(issue.body ?? '');
  if (marker === null) return 'the issue shows no alert';
  if (marker.environment !== own.environment)
    return `the issue belongs to ${marker.environment}, not to ${own.environment}`;
  return null;
}

function ignored(why: string): Asked {
  return { kind: 'ignored', why };
}
