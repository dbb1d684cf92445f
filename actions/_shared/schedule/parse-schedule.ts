/**
 * The schedule language: the grammar of pg_cron 1.6 (five fields, `N seconds`, macros), `H`, and lint for what pg_cron
 * accepts and gets wrong. Pure; the rules were measured on pg_cron 1.6.7 (src/entry.c, src/misc.c).
 */
import { closestWord } from '../declare/closest-word.ts';
import type { ScheduleProblem } from './field-faults.ts';
import { FIELDS } from './fields.ts';
import { lintDays } from './lint-days.ts';
import { type ParsedField, parseField } from './parse-field.ts';

export interface CronFields {
  readonly minute: ParsedField;
  readonly hour: ParsedField;
  readonly day: ParsedField;
  readonly month: ParsedField;
  readonly weekday: ParsedField;
}

export type ParsedSchedule =
  | { readonly kind: 'cron'; readonly fields: CronFields }
  | { readonly kind: 'interval'; readonly seconds: number }
  | { readonly kind: 'reboot' };

/** `problems` may hold warnings and notices even when the schedule is good. */
export type ScheduleResult =
  | { readonly ok: true; readonly schedule: ParsedSchedule; readonly problems: readonly ScheduleProblem[] }
  | { readonly ok: false; readonly problems: readonly ScheduleProblem[] };

const MACROS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
};
const REBOOT = ['@reboot', '@restart'];
const BROKEN = ['@yearly', '@annually'];
/** pg_cron keeps a schedule in a buffer of 1,000 bytes. */
const MAX_LENGTH = 999;

/**
 * Reads a schedule as written in a file. `job` is the name `H` is drawn from.
 * Never throws; offsets of problems count from the start of `text`.
 */
export function parseSchedule(text: string, options: { readonly job?: string } = {}): ScheduleResult {
  const problems: ScheduleProblem[] = [];
  const schedule = read(text, options.job ?? '', (problem) => problems.push(problem));
  return schedule === null ? { ok: false, problems } : { ok: true, schedule, problems };
}

type Report = (problem: ScheduleProblem) => void;

function read(text: string, job: string, report: Report): ParsedSchedule | null {
  const trimmed = text.trim();
  const start = text.indexOf(trimmed);
  const whole = { start, end: start + Math.max(1, trimmed.length) };
  if (trimmed === '') {
    return fail(
      report,
      'schedule-empty',
      'the schedule is empty',
      'Write five fields such as `*/15 * * * *`, or `30 seconds`.',
      whole,
    );
  }
  if (text.length > MAX_LENGTH) {
    return fail(
      report,
      'schedule-too-long',
      'the schedule is longer than the 999 characters pg_cron reads',
      'Shorten the lists with ranges and steps.',
      whole,
    );
  }
  if (/[^\t -~]/.test(trimmed)) {
    return fail(
      report,
      'schedule-unknown-value',
      'the schedule holds a line break or a character that is not plain ASCII',
      'Write five fields on one line, separated by blanks.',
      whole,
    );
  }
  if (trimmed.startsWith('@')) return readMacro(trimmed, whole, job, report);
  if (/second|^\d+\s*s(?:ec)?$/i.test(trimmed)) return readInterval(trimmed, whole, report);
  return readFields(text, job, report);
}

function readMacro(macro: string, whole: Span, job: string, report: Report): ParsedSchedule | null {
  if (REBOOT.includes(macro)) return { kind: 'reboot' };
  const expanded = MACROS[macro];
  if (expanded !== undefined) return readFields(expanded, job, report);
  const lower = macro.toLowerCase();
  if (BROKEN.includes(lower)) {
    return fail(
      report,
      'schedule-broken-macro',
      `pg_cron 1.6 accepts ${lower} and never fires it`,
      'Write `0 0 1 1 *`.',
      whole,
    );
  }
  const known = [...Object.keys(MACROS), ...REBOOT];
  const near = known.includes(lower) ? lower : closestWord(lower, known);
  const hint = near === undefined ? `Known are ${known.join(', ')}.` : `Write \`${near}\`.`;
  return fail(report, 'schedule-unknown-macro', `pg_cron does not know \`${macro}\``, hint, whole);
}

function readInterval(text: string, whole: Span, report: Report): ParsedSchedule | null {
  const match = /^(\d+)\s*seconds?$/i.exec(text);
  if (match === null) {
    return fail(
      report,
      'schedule-interval',
      `\`${text}\` is not an interval`,
      'Write `30 seconds`: a whole number from 1 to 59, then the word.',
      whole,
    );
  }
  const seconds = Number(match[1]);
  if (seconds >= 1 && seconds <= 59) return { kind: 'interval', seconds };
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hint =
    minutes === 1
      ? 'Write `* * * * *` for every minute.'
      : `Write \`*/${Math.min(minutes, 59)} * * * *\` for minutes.`;
  return fail(
    report,
    'schedule-interval',
    `an interval goes from 1 to 59 seconds, not ${match[1]}`,
    hint,
    whole,
  );
}

function readFields(text: string, job: string, report: Report): ParsedSchedule | null {
  const words = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: match.index }));
  const last = words.at(-1);
  const span = { start: words[0]?.at ?? 0, end: last === undefined ? 1 : last.at + last.text.length };
  if (words.length < FIELDS.length) {
    const message = `a schedule has five fields, here are ${words.length}`;
    return fail(
      report,
      'schedule-field-count',
      message,
      'Write minute, hour, day of the month, month, day of the week.',
      span,
    );
  }
  const sixth = words[FIELDS.length];
  if (sixth !== undefined) {
    const message = `pg_cron ignores everything after the fifth field, so \`${text.slice(sixth.at, span.end)}\` would do nothing`;
    const hint = 'There is no field for seconds: write five fields, or an interval such as `30 seconds`.';
    return fail(report, 'schedule-field-count', message, hint, { start: sixth.at, end: span.end });
  }
  const parsed = FIELDS.map((rule, index) => {
    const word = words[index];
    return word === undefined ? null : parseField(word.text, word.at, { rule, job, report });
  });
  const [minute, hour, day, month, weekday] = parsed;
  if (!minute || !hour || !day || !month || !weekday) return null;
  const fields = { minute, hour, day, month, weekday };
  const dayWord = words[2];
  const problems = lintDays(fields, { start: dayWord?.at ?? 0, end: span.end });
  for (const problem of problems) report(problem);
  lintSteps(words, report);
  return problems.some((problem) => problem.severity === 'error') ? null : { kind: 'cron', fields };
}

// `*/40` looks like "every 40 minutes" and means :00 and :40.
function lintSteps(words: readonly { text: string; at: number }[], report: Report): void {
  for (const [index, size] of [60, 24].entries()) {
    const word = words[index];
    const step = Number(/^(?:\*|H)\/(\d+)$/.exec(word?.text ?? '')?.[1] ?? 1);
    if (word === undefined || size % step === 0) continue;
    const unit = index === 0 ? 'hour' : 'day';
    report({
      severity: 'notice',
      code: 'schedule-uneven-step',
      message: `\`${word.text}\` starts again at the top of every ${unit}, so the last gap is shorter than ${step}`,
      hint: `Steps that divide ${size} are even.`,
      start: word.at,
      end: word.at + word.text.length,
    });
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function fail(report: Report, code: string, message: string, hint: string, span: Span): null {
  report({ severity: 'error', code, message, hint, ...span });
  return null;
}
