import { DURATION, formatDuration, parseDuration } from '../../declare/duration.ts';
import { ConfigurationError } from '../../io/errors.ts';
import { type Matcher, parseMatcher } from '../matcher.ts';

const YEAR_MS = 365 * 86_400_000;

/** Until when, and why. */
export interface Until {
  readonly until: Date;
  readonly note: string;
}

/**
 * Reads `2h [note]` or `until 2026-11-22T08:00Z [note]`.
 *
 * @param now the database's clock
 * @throws ConfigurationError that shows how it is written
 */
export function readUntil(text: string, now: Date): Until {
  const [first = '', second = '', ...others] = text.trim().split(/\s+/);
  if (first.toLowerCase() === 'until') {
    return { until: within(momentOf(second), now), note: others.join(' ') };
  }
  return { until: within(after(first, now), now), note: [second, ...others].join(' ').trim() };
}

/** What shall be silent, how long, and why. */
export interface WrittenSilence extends Until {
  /** Null when no matcher was given: the alerts of the issue are meant. */
  readonly matcher: Matcher | null;
}

/**
 * Reads `[check=late object=sync_*] for 1d [reason]`.
 *
 * @throws ConfigurationError that shows how it is written
 */
export function readSilence(text: string, now: Date): WrittenSilence {
  const groups = /^(?<matcher>.*?)(?:^|\s)for\s+(?<rest>\S.*)$/i.exec(text.trim())?.groups;
  if (groups === undefined) {
    throw new ConfigurationError(
      'A silence says what for how long: `/silence check=late object=sync_* for 1d`.',
    );
  }
  const matcher = groups.matcher?.trim() ?? '';
  return { matcher: matcher === '' ? null : parseMatcher(matcher), ...readUntil(groups.rest ?? '', now) };
}

/** A runbook and what it is given. */
export interface WrittenRun {
  readonly runbook: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const PAIR = /^(?<key>[a-z][a-z0-9_]*)=(?:"(?<quoted>(?:\\.|[^"\\])*)"|(?<plain>\S*))(?:\s+|$)/;

/**
 * Reads `restart-sync job=sync_stats reason="it hangs"`.
 *
 * @throws ConfigurationError that names what is not understood
 */
export function readRun(text: string): WrittenRun {
  const groups = /^(?<runbook>[a-z0-9][a-z0-9_-]*)(?:\s+(?<rest>\S.*))?$/.exec(text.trim())?.groups;
  if (groups === undefined)
    throw new ConfigurationError('Which runbook? `/run restart-sync job=sync_stats`.');
  const inputs: Record<string, string> = {};
  for (let rest = groups.rest ?? ''; rest !== ''; ) {
    const pair = PAIR.exec(rest);
    if (pair === null) throw new ConfigurationError(`\`${rest.slice(0, 60)}\` is no key=value.`);
    const key = pair.groups?.key ?? '';
    if (Object.hasOwn(inputs, key)) throw new ConfigurationError(`${key} is there twice.`);
    inputs[key] = pair.groups?.quoted?.replaceAll(/\\(.)/g, '$1') ?? pair.groups?.plain ?? '';
    rest = rest.slice(pair[0].length);
  }
  return { runbook: groups.runbook ?? '', inputs };
}

function after(text: string, now: Date): Date {
  if (!DURATION.test(text)) throw notATime(text);
  return new Date(now.getTime() + parseDuration(text));
}

function momentOf(text: string): Date {
  const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  const at = new Date(iso && /T[\d:]+$/.test(text) ? `${text}Z` : text);
  if (!iso || Number.isNaN(at.getTime())) throw notATime(text);
  return at;
}

function within(at: Date, now: Date): Date {
  const ms = at.getTime() - now.getTime();
  if (ms > 0 && ms <= YEAR_MS) return at;
  throw new ConfigurationError(
    ms <= 0 ? 'That time is over.' : `At most a year, not ${formatDuration(Math.min(ms, 1e15))}.`,
  );
}

function notATime(text: string): ConfigurationError {
  const written = text === '' ? 'Nothing' : `\`${text.slice(0, 40)}\``;
  return new ConfigurationError(
    `${written} is no time: write \`30m\`, \`2h\`, \`1d12h\`, or \`until 2026-11-22T08:00Z\`.`,
  );
}
