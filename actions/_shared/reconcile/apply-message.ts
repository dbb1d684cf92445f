import { readLockHolder } from '../database/advisory-lock.ts';
import type { Sql } from '../database/connect.ts';
import { errorCode, LOCK_NOT_AVAILABLE } from '../database/connection-errors.ts';
import { HELD_LOCK } from '../database/explain-database-error.ts';
import { ConfigurationError, errorMessage } from '../io/errors.ts';
import { changeKey } from './change-key.ts';
import type { ApplyReason, Plan } from './model.ts';
import { redactSecrets } from './redact.ts';

/** One sentence on how an apply ended. */
export function applyMessage(reason: ApplyReason, plan: Plan, durationMs: number): string {
  const count = new Set(plan.changes.map(changeKey)).size;
  const changes = count === 1 ? '1 change' : `${count} changes`;
  switch (reason) {
    case 'applied':
      return `Applied ${changes} to ${plan.environment} in ${durationMs} ms`;
    case 'partly_applied':
      return `The database of ${plan.environment} is what the files say, the rest only in part`;
    case 'nothing_to_do':
      return `Nothing to do: ${plan.environment} is what the files say`;
    case 'blocked':
    case 'deletion_guard':
      return `Refused: ${plan.blockers.map(({ message, hint }) => [message, hint].filter(Boolean).join('. ')).join('; ')}`;
    case 'plan_moved':
      return `Refused: what there is to do in ${plan.environment} is not what was reviewed any more. Look at the new plan, then apply that one`;
    case 'locked':
      return `Another apply is changing ${plan.environment}. Try again when it is done`;
    case 'connection_lost':
      return `The connection to ${plan.environment} was lost. Apply again: what was not committed is undone, and applying twice changes nothing`;
    case 'failed':
      return `Nothing was changed in ${plan.environment}`;
  }
}

/** Who holds the lock, where the server tells us. */
export async function lockedMessage(sql: Sql): Promise<string> {
  const holder = await readLockHolder(sql);
  const who =
    holder === undefined
      ? ''
      : ` (process ${holder.pid}${holder.application === '' ? '' : `, ${holder.application}`}${holder.since === null ? '' : `, since ${holder.since}`})`;
  return `Another apply is changing this database${who}. Try again when it is done`;
}

/** What went wrong, in words that hold no secret; `user` is the role that applied. */
export function failureMessage(error: unknown, lost: boolean, user: string): string {
  if (lost) {
    return 'The connection was lost before the apply was confirmed. Apply again: what was not committed is undone, and applying twice changes nothing';
  }
  if (error instanceof ConfigurationError) return [error.message, error.hint].filter(Boolean).join('. ');
  const text = errorMessage(error);
  const code = errorCode(error);
  const remedy = remedyOf(code, user);
  return `Nothing was changed: ${redactSecrets(text)}${code === undefined ? '' : ` (SQLSTATE ${code})`}${remedy === null ? '' : `. ${remedy}`}`;
}

function remedyOf(code: string | undefined, user: string): string | null {
  switch (code) {
    case '42501':
      return `Let its owner grant that to role ${user}, or apply as the role that owns schema ops`;
    case LOCK_NOT_AVAILABLE:
      return HELD_LOCK;
    case '22P05':
      return 'The encoding of this database lacks that character: write it in another way in runbooks/';
    default:
      return null;
  }
}
