/** Turns a schedule as written into the value the database decides by. */
import type { CompiledSchedule } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import { maskOf } from './masks.ts';
import { type CronFields, type ParsedSchedule, parseSchedule } from './parse-schedule.ts';
import { utcSuperset } from './utc-superset.ts';
import { offsetsOf, timezoneProblem } from './zone-offsets.ts';

/**
 * Compiles a schedule. `name` is the job's name, which `H` is drawn from; `timezone` is UTC unless said otherwise.
 * Throws ConfigurationError, naming every problem, when the schedule or the time zone is wrong.
 */
export function compileSchedule(job: {
  readonly name: string;
  readonly source: string;
  readonly timezone?: string;
}): CompiledSchedule {
  const result = parseSchedule(job.source, { job: job.name });
  if (!result.ok) {
    const errors = result.problems.filter((problem) => problem.severity === 'error');
    throw new ConfigurationError(
      `schedule \`${job.source}\` of ${job.name}: ${errors.map((problem) => problem.message).join('; ')}`,
      { hint: errors.map((problem) => problem.hint).join(' ') },
    );
  }
  const zone = job.timezone === undefined ? null : timezoneProblem(job.timezone);
  if (zone !== null) throw new ConfigurationError(`time zone of ${job.name}: ${zone.message}`);
  return compileParsed({ source: job.source, timezone: job.timezone ?? 'UTC', schedule: result.schedule });
}

/** The same for a schedule already read and a time zone already checked. */
export function compileParsed(input: {
  readonly source: string;
  readonly timezone: string;
  readonly schedule: ParsedSchedule;
}): CompiledSchedule {
  const { source, timezone, schedule } = input;
  switch (schedule.kind) {
    case 'reboot':
      return { source, expression: '@reboot', kind: 'reboot', timezone, cronSchedule: '@reboot' };
    case 'interval': {
      const expression = `${schedule.seconds} seconds`;
      return {
        source,
        expression,
        kind: 'interval',
        timezone,
        seconds: schedule.seconds,
        cronSchedule: expression,
      };
    }
    case 'cron': {
      const { fields } = schedule;
      const expression = [fields.minute, fields.hour, fields.day, fields.month, fields.weekday]
        .map((field) => field.text)
        .join(' ');
      const offsets = offsetsOf(timezone);
      const inUtc = offsets.length === 1 && offsets[0] === 0;
      const cronSchedule = inUtc ? expression : utcSuperset(fields, offsets);
      return { source, expression, kind: 'cron', timezone, match: matchOf(fields), cronSchedule };
    }
  }
}

function matchOf(fields: CronFields): NonNullable<CompiledSchedule['match']> {
  const { minute, hour, day, month, weekday } = fields;
  return {
    minutes_low: maskOf(minute.values.filter((value) => value < 30)),
    minutes_high: maskOf(minute.values.filter((value) => value >= 30).map((value) => value - 30)),
    hours: maskOf(hour.values),
    days: maskOf(day.values),
    months: maskOf(month.values),
    weekdays: maskOf(weekday.values),
    either_day: !day.leadingStar && !weekday.leadingStar,
    last_day: day.lastDay,
    fixed_time: !minute.anyStar && !hour.anyStar,
  };
}
