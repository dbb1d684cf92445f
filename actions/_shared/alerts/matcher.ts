import * as z from 'zod';
import { ConfigurationError } from '../io/errors.ts';

const Glob = z.string().min(1).max(200);

/**
 * Which alerts are meant: every key that is there must match. Values are texts with `*` for anything and `?` for one
 * character; a severity is an exact word. `ops.alert_matches` evaluates it, so that all who ask get one answer.
 */
export const Matcher = z
  .strictObject({
    check: Glob.optional(),
    object: Glob.optional(),
    kind: Glob.optional(),
    key: Glob.optional(),
    group: Glob.optional(),
    severity: z.enum(['info', 'warning', 'critical']).optional(),
  })
  .refine(
    (matcher) => Object.keys(matcher).length > 0,
    'name at least one of check, object, kind, key, group, severity',
  );
export type Matcher = z.infer<typeof Matcher>;

const PAIR = /^(?<key>[a-z]+)=(?:"(?<quoted>[^"]*)"|(?<plain>\S*))(?:\s+|$)/;

/**
 * Reads `check=late object="sync *"`, the way a matcher is written by hand.
 *
 * @throws ConfigurationError that names what is not understood
 */
export function parseMatcher(text: string): Matcher {
  const found: Record<string, string> = {};
  for (let rest = text.trim(); rest !== ''; ) {
    const match = PAIR.exec(rest);
    if (match === null) throw notUnderstood(`\`${rest.slice(0, 60)}\` is no key=value`);
    const key = match.groups?.key ?? '';
    if (key in found) throw notUnderstood(`${key} is there twice`);
    found[key] = match.groups?.quoted ?? match.groups?.plain ?? '';
    rest = rest.slice(match[0].length);
  }
  const parsed = Matcher.safeParse(found);
  if (parsed.success) return parsed.data;
  throw notUnderstood(
    parsed.error.issues.map((issue) => [...issue.path.map(String), issue.message].join(': ')).join('; '),
  );
}

/** The matcher as a person writes it. */
export function matcherText(matcher: Matcher): string {
  return Object.entries(matcher)
    .map(([key, value = '']) => `${key}=${/\s/.test(value) ? `"${value}"` : value}`)
    .join(' ');
}

function notUnderstood(what: string): ConfigurationError {
  return new ConfigurationError(`This matches no alerts: ${what}.`, {
    hint: 'For example: check=late object=sync_* severity=warning. Keys: check, object, kind, key, group, severity.',
  });
}
