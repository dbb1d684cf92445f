import type { CompiledSchedule, JobDefinition } from '../declare/model.ts';
import { durationText } from './job-fields.ts';
import type { Risk } from './model.ts';

// pg_net answers a batch only when its slowest request is done, so a long timeout holds up other jobs.
const LONG_REQUEST_MS = 5_000;
const VERY_LONG_REQUEST_MS = 60_000;
// What Supabase recommends at most for one job (guide "Cron").
const LONG_SQL_MS = 600_000;

/** What to weigh about a job's definition: before (undefined: new or unreadable) and after (undefined: deleted). */
export function jobRisks(before: JobDefinition | undefined, after: JobDefinition | undefined): Risk[] {
  if (after === undefined) {
    return [{ severity: 'danger', code: 'deletes-job', message: 'The job stops running for good' }];
  }
  return [...paceRisks(before, after), ...timeoutRisks(before, after), ...ownerRisks(before, after)];
}

function paceRisks(before: JobDefinition | undefined, after: JobDefinition): Risk[] {
  if (before === undefined) return [];
  const was = runsPerDay(before.schedule);
  const will = runsPerDay(after.schedule);
  if (will <= was * 1.01) return [];
  const factor = was === 0 ? '' : ` (${roundedFactor(will / was)} times as often)`;
  return [
    {
      severity: will >= was * 10 ? 'warning' : 'info',
      code: 'runs-more-often',
      message: `Runs more often than before: about ${Math.round(was)} to ${Math.round(will)} times a day${factor}`,
    },
  ];
}

function roundedFactor(factor: number): string {
  return factor >= 10 ? String(Math.round(factor)) : factor.toFixed(1).replace(/\.0$/, '');
}

function timeoutRisks(before: JobDefinition | undefined, after: JobDefinition): Risk[] {
  const { call } = after;
  if (call.kind === 'enqueue') return [];
  const known = before?.call.kind !== 'enqueue' && before?.call.timeout_ms === call.timeout_ms;
  if (known) return [];
  const long = call.kind === 'http' ? LONG_REQUEST_MS : LONG_SQL_MS;
  if (call.timeout_ms <= long) return [];
  const text = durationText(call.timeout_ms);
  return [
    call.kind === 'http'
      ? {
          severity: call.timeout_ms > VERY_LONG_REQUEST_MS ? 'warning' : 'info',
          code: 'long-timeout',
          message: `Waits up to ${text} for an answer; a slow one holds up the requests sent with it. Work this long belongs into the job queue`,
        }
      : {
          severity: 'warning',
          code: 'long-timeout',
          message: `May run for ${text}; Supabase recommends ten minutes at most for one job`,
        },
  ];
}

function ownerRisks(before: JobDefinition | undefined, after: JobDefinition): Risk[] {
  if (after.owner !== undefined) return [];
  const lost = before?.owner !== undefined;
  return [
    {
      severity: lost ? 'warning' : 'info',
      code: 'unowned',
      message: lost
        ? `Loses its owner ${before.owner}: nobody is told when it fails`
        : 'Has no owner: nobody is told when it fails',
    },
  ];
}

/** How often a schedule runs on an average day; an estimate for comparing, never for deciding what is due. */
export function runsPerDay(schedule: Omit<CompiledSchedule, 'cronSchedule'>): number {
  switch (schedule.kind) {
    case 'reboot':
      return 0;
    case 'interval':
      return 86_400 / (schedule.seconds ?? 60);
    case 'cron': {
      const { match } = schedule;
      if (match === undefined) return 0;
      const perDay = (bits(match.minutes_low) + bits(match.minutes_high)) * bits(match.hours);
      const days = match.last_day ? 1 / 30.4 : Math.min(1, bits(match.days) / 31);
      const weekdays = bits(match.weekdays) / 7;
      const share = match.either_day ? 1 - (1 - days) * (1 - weekdays) : days * weekdays;
      return perDay * share * (bits(match.months) / 12);
    }
  }
}

function bits(mask: number): number {
  let rest = mask;
  let count = 0;
  // Masks of days go to bit 31, beyond what 32-bit operators keep positive.
  while (rest > 0) {
    count += rest % 2;
    rest = Math.floor(rest / 2);
  }
  return count;
}
