import type { Alert } from './alert.ts';

/** The name of the job an alert may be about; whether there is such a job, only the database knows. */
export function jobOf({
  details,
  check,
  object,
}: Pick<Alert, 'details' | 'check' | 'object'>): string | null {
  const named = details.job ?? details.evidence?.job;
  if (typeof named === 'string') return named;
  return check !== null && object !== null && object !== '' ? object : null;
}
