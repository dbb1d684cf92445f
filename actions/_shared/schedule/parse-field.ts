/**
 * One field of a schedule: a comma list of `*`, numbers, names, ranges, steps and `H`. pg_cron skips what it does
 * not understand and takes reversed ranges for granted; here both are errors that say where and what to write.
 */
import {
  article,
  explainUnknown,
  type FieldContext,
  fault,
  reversed,
  type ScheduleProblem,
} from './field-faults.ts';
import type { FieldRule } from './fields.ts';
import { spreadHash, spreadValue } from './spread.ts';

export interface ParsedField {
  /** Matching values in ascending order; Sunday is 0. */
  readonly values: readonly number[];
  /** The field as pg_cron is told: `H` and names resolved to numbers. */
  readonly text: string;
  /** First character is `*`: what pg_cron takes for "this day field does not restrict". */
  readonly leadingStar: boolean;
  /** A `*` anywhere. */
  readonly anyStar: boolean;
  /** `$`, the last day of the month. */
  readonly lastDay: boolean;
}

interface Item {
  readonly values: readonly number[];
  readonly text: string;
}

const ITEM = /^(?:(\*)|H(?:\((\d+)-(\d+)\))?|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d+))?$/;

/** Fields without `H` and without a remark mean the same everywhere: a fleet has few different ones. */
const known = new Map<string, ParsedField>();
const KNOWN_LIMIT = 5000;

/** Reads one field that starts at `offset` of the schedule. Null when it holds an error (reported). */
export function parseField(text: string, offset: number, context: FieldContext): ParsedField | null {
  const key = `${context.rule.name} ${text}`;
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  let remarks = 0;
  const report = (problem: ScheduleProblem): void => {
    remarks += 1;
    context.report(problem);
  };
  const field = readField(text, offset, { ...context, report });
  if (field !== null && remarks === 0 && !text.includes('H') && known.size < KNOWN_LIMIT)
    known.set(key, field);
  return field;
}

function readField(text: string, offset: number, context: FieldContext): ParsedField | null {
  if (text === '$') {
    if (context.rule.name === 'day')
      return { values: [], text, leadingStar: false, anyStar: false, lastDay: true };
    fault(
      context,
      text,
      offset,
      'schedule-last-day',
      '`$` means the last day of the month',
      'Put it in the third field, alone.',
    );
    return null;
  }
  const items: Item[] = [];
  let at = offset;
  let failed = false;
  for (const part of text.split(',')) {
    const item = parseItem(part, at, context);
    if (item === null) failed = true;
    else items.push(item);
    at += part.length + 1;
  }
  if (failed) return null;
  const values = [...new Set(items.flatMap((item) => item.values))].sort((a, b) => a - b);
  return {
    values,
    text: items.map((item) => item.text).join(','),
    leadingStar: text.startsWith('*'),
    anyStar: text.includes('*'),
    lastDay: false,
  };
}

function parseItem(part: string, at: number, context: FieldContext): Item | null {
  const match = ITEM.exec(part);
  if (match === null) return explainUnknown(part, at, context);
  const [, star, spreadFrom, spreadTo, from, to, stepText] = match;
  const step = stepText === undefined ? null : Number(stepText);
  if (step !== null && !stepFits(step, part, at, context)) return null;
  if (star !== undefined) return range(context.rule.low, context.rule.high, step, part, context.rule);
  if (from === undefined || (from === 'H' && to === undefined)) {
    return parseSpread({ part, at, step, from: spreadFrom, to: spreadTo }, context);
  }
  const low = readNumber(from, part, at, context);
  const high = to === undefined ? low : readNumber(to, part, at, context);
  if (low === null || high === null) return null;
  if (to === undefined && step !== null) {
    const hint = `Write \`${low}-${context.rule.high}/${step}\` to start at ${low} and go on every ${step}.`;
    return fault(
      context,
      part,
      at,
      'schedule-step-without-range',
      `a step needs a range: pg_cron refuses \`${part}\``,
      hint,
    );
  }
  if (low > high) return reversed(part, at, low, high, context);
  if (step !== null && step > high - low && low !== high) {
    context.report({
      severity: 'warning',
      code: 'schedule-step-too-wide',
      message: `the step of \`${part}\` is wider than its range, so only ${low} matches`,
      hint: `Write \`${low}\`, or a smaller step.`,
      start: at,
      end: at + part.length,
    });
  }
  const text = to === undefined ? `${low}` : `${low}-${high}${step === null ? '' : `/${step}`}`;
  return range(low, high, step, text, context.rule);
}

function range(low: number, high: number, step: number | null, text: string, rule: FieldRule): Item {
  const values: number[] = [];
  for (let value = low; value <= high; value += step ?? 1) {
    values.push(rule.name === 'weekday' && value === 7 ? 0 : value);
  }
  return { values, text };
}

function parseSpread(
  spread: { part: string; at: number; step: number | null; from: string | undefined; to: string | undefined },
  context: FieldContext,
): Item | null {
  const { rule, job } = context;
  const low = spread.from === undefined ? rule.low : Number(spread.from);
  const high = spread.to === undefined ? rule.spreadHigh : Number(spread.to);
  if (low > high) return reversed(spread.part, spread.at, low, high, context);
  if (low < rule.low || high > rule.high) {
    const hint = `The ${rule.words} goes from ${rule.low} to ${rule.high}.`;
    return fault(
      context,
      spread.part,
      spread.at,
      'schedule-out-of-bounds',
      `\`${spread.part}\` is out of bounds`,
      hint,
    );
  }
  if (spread.step === null) {
    const value = spreadValue(job, rule.name, low, high);
    return { values: [value === 7 && rule.name === 'weekday' ? 0 : value], text: `${value}` };
  }
  const width = Math.min(spread.step, high - low + 1);
  const first = low + (spreadHash(job, rule.name) % width);
  const { values } = range(first, high, spread.step, '', rule);
  const text = values.length === 1 ? `${first}` : `${first}-${high}/${spread.step}`;
  return { values, text };
}

function stepFits(step: number, part: string, at: number, context: FieldContext): boolean {
  const { rule } = context;
  if (step >= 1 && step <= rule.high) return true;
  const message =
    step === 0
      ? `a step of 0 never advances in \`${part}\``
      : `the step of \`${part}\` is larger than any ${rule.words}: pg_cron before 1.6.5 takes it for the first value only, later ones refuse it`;
  const hint =
    step === 0 ? 'Write a step of at least 1.' : `Write \`${rule.low}\`, or a step up to ${rule.high}.`;
  fault(context, part, at, 'schedule-step-out-of-bounds', message, hint);
  return false;
}

function readNumber(token: string, part: string, at: number, context: FieldContext): number | null {
  const { rule } = context;
  const start = at + part.indexOf(token);
  const named = rule.names.indexOf(token.toUpperCase());
  if (named >= 0) return named + rule.low;
  if (!/^\d+$/.test(token)) {
    const short = token.slice(0, 3).toUpperCase();
    const hint = rule.names.includes(short)
      ? `Write \`${short}\`.`
      : /^[LW]|[LW]$/.test(token)
        ? 'pg_cron has no `L` and no `W`; `$` in the third field, alone, is the last day of the month.'
        : `Write numbers from ${rule.low} to ${rule.high}${rule.names.length === 0 ? '' : ` or names such as ${rule.names[0]}`}.`;
    return fault(
      context,
      token,
      start,
      'schedule-unknown-value',
      `\`${token}\` is not ${article(rule)}`,
      hint,
    );
  }
  const value = Number(token);
  if (value >= rule.low && value <= rule.high) return value;
  const hint = `The ${rule.words} goes from ${rule.low} to ${rule.high}.`;
  return fault(context, token, start, 'schedule-out-of-bounds', `${token} is not ${article(rule)}`, hint);
}
