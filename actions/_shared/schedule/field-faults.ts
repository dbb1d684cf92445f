/** What is said about a field that is not good: what pg_cron makes of it, and what to write. */
import type { FieldRule } from './fields.ts';

/** Something wrong or doubtful in a schedule; `start` and `end` are offsets in the text of the schedule. */
export interface ScheduleProblem {
  readonly severity: 'error' | 'warning' | 'notice';
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly start: number;
  readonly end: number;
}

export interface FieldContext {
  readonly rule: FieldRule;
  readonly job: string;
  readonly report: (problem: ScheduleProblem) => void;
}

/** A range that runs backwards. */
export function reversed(part: string, at: number, low: number, high: number, context: FieldContext): null {
  const { rule } = context;
  const span = (from: number, to: number): string => (from === to ? `${from}` : `${from}-${to}`);
  const wrap = `${span(low, rule.name === 'weekday' ? 6 : rule.high)},${span(rule.low, high)}`;
  const message = `the range \`${part}\` runs backwards: pg_cron accepts it and then fires at wrong times or never`;
  return fault(
    context,
    part,
    at,
    'schedule-reversed-range',
    message,
    `Write \`${wrap}\` to go around, or swap the ends.`,
  );
}

/** An item of no form we know. */
export function explainUnknown(part: string, at: number, context: FieldContext): null {
  const { rule } = context;
  if (part === '') {
    return fault(
      context,
      ' ',
      at,
      'schedule-empty-item',
      `an empty place in the list of the ${rule.words}`,
      'Remove the comma.',
    );
  }
  if (part.startsWith('?')) {
    return fault(context, part, at, 'schedule-unknown-value', 'pg_cron has no `?`', 'Write `*`.');
  }
  if (part.includes('#')) {
    const hint = 'Run every week and let the job decide, or name days such as `1-7`.';
    return fault(
      context,
      part,
      at,
      'schedule-unknown-value',
      'pg_cron has no `#` for "the nth weekday" and skips it',
      hint,
    );
  }
  if (part.startsWith('-')) {
    return fault(
      context,
      part,
      at,
      'schedule-unknown-value',
      `\`${part}\` is negative`,
      `The ${rule.words} goes from ${rule.low} to ${rule.high}.`,
    );
  }
  if (part.includes('$')) {
    return fault(
      context,
      part,
      at,
      'schedule-last-day',
      '`$` cannot be combined',
      'In the third field, alone, it means the last day of the month.',
    );
  }
  if (part.startsWith('H')) {
    const hint = 'Write `H`, `H/15`, `H(0-29)` or `H(0-29)/10`.';
    return fault(
      context,
      part,
      at,
      'schedule-unknown-value',
      `\`${part}\` is not how \`H\` is written`,
      hint,
    );
  }
  const good = /^(?:\*|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:\/\d+)?/.exec(part)?.[0];
  if (good !== undefined && good.length < part.length) {
    const message = `pg_cron would read \`${good}\` and silently skip \`${part.slice(good.length)}\``;
    return fault(
      context,
      part.slice(good.length),
      at + good.length,
      'schedule-trailing-junk',
      message,
      `Write \`${good}\`, or what you meant.`,
    );
  }
  const hint = `Write \`*\`, a number from ${rule.low} to ${rule.high}, a range \`a-b\`, a step \`*/n\`, or \`H\`.`;
  return fault(context, part, at, 'schedule-unknown-value', `\`${part}\` is not ${article(rule)}`, hint);
}

/** `a minute`, `an hour`. */
export function article({ words }: FieldRule): string {
  return words === 'hour' ? `an ${words}` : `a ${words}`;
}

/** Reports an error at `start`, and is null for the caller to answer. */
export function fault(
  context: FieldContext,
  text: string,
  start: number,
  code: string,
  message: string,
  hint: string,
): null {
  context.report({ severity: 'error', code, message, hint, start, end: start + Math.max(1, text.length) });
  return null;
}
