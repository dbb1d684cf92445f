import * as z from 'zod';
import type { Queryable, Transaction } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';
import { isYes } from '../../database/yes.ts';

/** A command and who gave it. */
export interface GivenCommand {
  readonly repository: string;
  readonly commentId: number;
  readonly issue: number;
  readonly actor: string;
  readonly actorId: number;
  readonly permission: string;
  readonly command: string;
  readonly rest: string;
}

/** Takes a command to carry it out in this transaction; false when that was done before. */
export async function takeCommand(tx: Transaction, given: GivenCommand): Promise<boolean> {
  return isYes(
    await tx`
      select ops.take_issue_command(
        ${given.repository}, ${given.commentId}, ${given.issue}, ${given.actor}, ${given.actorId}, ${given.permission},
        ${given.command}, ${given.rest}
      ) as yes`,
  );
}

/** How a command ended. */
export interface CommandResult {
  readonly outcome: 'done' | 'nothing' | 'refused';
  /** Markdown. */
  readonly answer: string;
  readonly alerts: readonly number[];
}

/** What came of a command. */
export async function settleCommand(
  tx: Transaction,
  given: Pick<GivenCommand, 'repository' | 'commentId'>,
  { outcome, answer, alerts }: CommandResult,
): Promise<void> {
  await tx`
    select ops.settle_issue_command(${given.repository}, ${given.commentId}, ${outcome}, ${answer}, ${textArray(alerts.map(String))}::bigint[])`;
}

const OpenAnswer = z.object({
  commentId: z.coerce.number(),
  issue: z.number(),
  actor: z.string(),
  outcome: z.enum(['done', 'nothing', 'refused']),
  answer: z.string(),
  takenAt: z.date(),
});
/** A command that was carried out and not answered yet. */
export type OpenAnswer = z.infer<typeof OpenAnswer>;

/** Claims what is to be answered. */
export async function claimAnswers(sql: Queryable, repository: string): Promise<OpenAnswer[]> {
  const rows = await sql`
    select comment_id as "commentId", issue_number as issue, actor, outcome, answer, taken_at as "takenAt"
    from ops.claim_issue_answers(${repository})`;
  return z.array(OpenAnswer).parse([...rows]);
}

/** The answer stands. */
export async function noteAnswered(sql: Queryable, repository: string, commentId: number): Promise<void> {
  await sql`select ops.note_issue_answered(${repository}, ${commentId})`;
}

/** Whether a command still waits for its answer; after a day nobody does, as ops.claim_issue_answers has it. */
export async function isAnswerDue(sql: Queryable, repository: string, commentId: number): Promise<boolean> {
  return isYes(
    await sql`
      select exists (
        select from ops.issue_commands c
        where c.repository = ${repository} and c.comment_id = ${commentId} and c.answered_at is null
          and c.taken_at > clock_timestamp() - interval '1 day'
      ) as yes`,
  );
}
