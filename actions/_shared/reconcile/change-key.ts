import type { Change } from './model.ts';

/**
 * Changes with the same key are one thing to a person: a job is two objects in the database, its definition and its row
 * of cron.job, and both are changed for one reason.
 */
export function changeKey(change: Change): string {
  const kind = change.kind === 'cron' ? 'job' : change.kind;
  return `${kind}/${change.name}/${change.action}`;
}
