/** Says every fault of a value in the words of our files, with the nearest right word. Loaded when there is one. */
import * as z from 'zod/mini';
import { closestWord } from './closest-word.ts';
import type { ReportFinding, ValuePath } from './finding.ts';
import { NEVER_THE_VALUE } from './kinds/vocabulary.ts';
import { keysAt } from './schema-keys.ts';
import type { Shape } from './shape.ts';

/** zod/mini ships without a language: a message of its own is one we wrote at the schema. */
const UNSAID = 'Invalid input';

/**
 * The parsed value, or null after reporting everything that is wrong with it. `under` is where the value stands. Unknown
 * keys are reported and left out, so that what is wrong with the rest of the file is said in the same run.
 */
export function explainValue(
  shape: Shape,
  value: unknown,
  report: ReportFinding,
  under: ValuePath = [],
): unknown {
  const schema = shape.toZod(z);
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const reporter: Reporter = { schema, value, report, under };
  for (const issue of result.error.issues) reportIssue(issue, issue.path.map(pathPart), reporter);
  const rest = z.safeParse(schema, withoutUnknownKeys(value, result.error.issues));
  return rest.success ? rest.data : null;
}

/** The value as it is, except for the keys the schema does not know. */
function withoutUnknownKeys(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const map = valueAt(copy, issue.path.map(pathPart));
    if (typeof map !== 'object' || map === null) continue;
    for (const key of issue.keys) Reflect.deleteProperty(map, key);
  }
  return copy;
}

interface Reporter {
  readonly schema: z.ZodMiniType;
  readonly value: unknown;
  readonly report: ReportFinding;
  readonly under: ValuePath;
}

function pathPart(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}

function reportIssue(issue: z.core.$ZodIssue, path: ValuePath, reporter: Reporter): void {
  const { report, under } = reporter;
  const at = { path: [...under, ...path] };
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) reportUnknownKey(key, path, reporter);
      return;
    case 'invalid_type':
      reportType(issue, path, reporter);
      return;
    case 'invalid_value': {
      const values = issue.values.map(String);
      const found = valueAt(reporter.value, path);
      const near = typeof found === 'string' ? closestWord(found, values) : undefined;
      const shown = typeof found === 'string' ? `\`${shorten(found)}\`` : describe(found);
      report({
        severity: 'error',
        code: 'unknown-value',
        message:
          found === undefined ? `${nameOf(at.path)} is missing` : `${nameOf(at.path)} cannot be ${shown}`,
        hint:
          near === undefined
            ? `It is one of ${values.join(', ')}.`
            : `Did you mean \`${near}\`? It is one of ${values.join(', ')}.`,
        at: found === undefined ? { path: at.path.slice(0, -1), part: 'key' } : at,
      });
      return;
    }
    case 'invalid_key':
      report({
        severity: 'error',
        code: 'invalid-name',
        message: `\`${shorten(String(path.at(-1)))}\` ${said(issue.issues[0]?.message, 'is not a good name')}`,
        at: { ...at, part: 'key' },
      });
      return;
    case 'too_small':
    case 'too_big':
      report({
        severity: 'error',
        code: 'out-of-bounds',
        message: `${nameOf(at.path)} ${boundsText(issue)}`,
        at,
      });
      return;
    case 'invalid_union':
      reportUnion(issue.message, path, reporter);
      return;
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'custom':
      report({
        severity: 'error',
        code: codeOf(issue.message, 'invalid-value'),
        message: `${nameOf(at.path)} ${said(issue.message, 'is not written as it should be')}`,
        at,
      });
      return;
  }
}

/** Several shapes are allowed here and none fits: a mistyped key is the likeliest reason. */
function reportUnion(message: string, path: ValuePath, reporter: Reporter): void {
  const found = valueAt(reporter.value, path);
  const known = keysAt(reporter.schema, path);
  const keys = typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
  const unknown = keys.filter((key) => !known.includes(key));
  for (const key of unknown) reportUnknownKey(key, path, reporter);
  if (unknown.length > 0) return;
  const full = [...reporter.under, ...path];
  const text = said(message, 'is not written as it should be');
  reporter.report({
    severity: 'error',
    code: 'invalid-value',
    message: `${nameOf(full)} ${text}`,
    at: { path: full },
  });
}

function reportUnknownKey(key: string, path: ValuePath, { schema, report, under }: Reporter): void {
  const known = keysAt(schema, path);
  const near = closestWord(key, known);
  report({
    severity: 'error',
    code: 'unknown-key',
    message: `unknown key \`${shorten(key)}\`${path.length === 0 && under.length === 0 ? '' : ` in ${nameOf([...under, ...path])}`}`,
    hint: near === undefined ? `Known keys are ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
    at: { path: [...under, ...path, key], part: 'key' },
  });
}

function reportType(
  issue: z.core.$ZodIssueInvalidType,
  path: ValuePath,
  { value, report, under }: Reporter,
): void {
  const full = [...under, ...path];
  const found = valueAt(value, path);
  if (found === undefined) {
    const key = full.at(-1);
    const holder = full.slice(0, -1);
    const place = holder.length === 0 ? '' : ` in ${nameOf(holder)}`;
    const wanted = issue.message === UNSAID ? '' : ` It ${issue.message}.`;
    report({
      severity: 'error',
      code: 'missing-key',
      message: `the key \`${key}\` is missing${place}`,
      hint: `Add \`${key}:\`.${wanted}`,
      at: { path: holder, part: 'key' },
    });
    return;
  }
  const wanted = issue.message === UNSAID ? `must be ${article(issue.expected)}` : issue.message;
  if (found === null && full.length === 0) {
    const hint = 'Write what the object is, or remove the file.';
    report({ severity: 'error', code: 'empty-file', message: 'the file is empty', hint, at: { path: full } });
    return;
  }
  const hint =
    issue.message === UNSAID && issue.expected === 'string' && typeof found !== 'object'
      ? 'Put it in quotes if it is meant as text.'
      : found === null
        ? 'Write what belongs here, or remove the key.'
        : undefined;
  report({
    severity: 'error',
    code: codeOf(issue.message, 'wrong-type'),
    message: `${nameOf(full)} ${wanted}, not ${describe(found)}`,
    ...(hint === undefined ? {} : { hint }),
    at: { path: full },
  });
}

/** Places where a secret may stand have a code of their own: what they hold is never shown. */
function codeOf(message: string, otherwise: string): string {
  return message.endsWith(NEVER_THE_VALUE) ? 'environment-variable' : otherwise;
}

function said(message: string | undefined, otherwise: string): string {
  return message === undefined || message === UNSAID ? otherwise : message;
}

function boundsText(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (issue.message !== UNSAID) return issue.message;
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const word = issue.code === 'too_small' ? 'at least' : 'at most';
  if (issue.origin === 'string') return `must have ${word} ${limit} characters`;
  return issue.origin === 'array'
    ? `must have ${word} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
    : `must be ${word} ${limit}`;
}

/** `call.body` for a person; the root is "the file". */
function nameOf(path: ValuePath): string {
  if (path.length === 0) return 'the file';
  return `\`${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${shorten(part)}`)).join('')}\``;
}

function article(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'a map of keys';
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    case 'boolean':
      return '`true` or `false`';
    case 'string':
      return 'text';
    default:
      return `a ${expected}`;
  }
}

function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'object':
      return 'a map';
    case 'string':
      return 'text';
    case 'number':
    case 'boolean':
      return `\`${value}\``;
    default:
      return `a ${typeof value}`;
  }
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
