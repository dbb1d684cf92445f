import type { ObjectFields, Risk } from './model.ts';

/** What to weigh about a row of cron.job. Deleting is weighed with the job's definition, or here when it has none. */
export function cronRisks(change: {
  readonly before: ObjectFields | null;
  readonly after: ObjectFields | null;
}): Risk[] {
  const { before, after } = change;
  if (after === null) {
    return [{ severity: 'danger', code: 'deletes-job', message: 'The job stops running for good' }];
  }
  if (before === null) return [];
  const risks: Risk[] = [];
  if (before.active === false && after.active === true) {
    risks.push({ severity: 'warning', code: 'wakes-job', message: 'The job sleeps now and will run again' });
  }
  if (before.active === true && after.active === false) {
    risks.push({ severity: 'info', code: 'puts-job-to-sleep', message: 'The job runs now and will stop' });
  }
  if (before.command !== after.command) {
    risks.push({
      severity: 'warning',
      code: 'replaces-command',
      message: 'The command written by hand is replaced; what it did must be in the file now',
    });
  }
  if (before.database !== after.database || before.username !== after.username) {
    risks.push({
      severity: 'warning',
      code: 'moves-job',
      message: `Runs in database ${String(after.database)} as ${String(after.username)} instead of ${String(before.database)} as ${String(before.username)}`,
    });
  }
  return risks;
}
