/**
 * The one row in which everything that looks for trouble says what it found: checks, advisories and lints. Whoever makes
 * one goes through `makeFinding`, so that no finding is long and none holds what looks like a secret.
 */
import type { AlertSeverity } from '../declare/model.ts';
import { redactSecrets } from '../reconcile/redact.ts';

/** As splinter has them. */
export type FindingLevel = 'ERROR' | 'WARN' | 'INFO';

export type { AlertSeverity };

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What was measured, so that a reader need not believe us. */
export type Evidence = Readonly<Record<string, JsonValue>>;

/** One thing that is wrong, or could be better. */
export interface Finding {
  /** The rule, snake_case: the same kind of trouble has the same name for ever. */
  readonly name: string;
  readonly level: FindingLevel;
  /** The rule in words. */
  readonly title: string;
  /** What is wrong here: the object, the numbers and, where known, the cause. */
  readonly detail: string;
  /** What to do about it. */
  readonly remediation: string;
  readonly evidence: Evidence;
  /** The same finding has the same key for ever: what a suppression names. */
  readonly cache_key: string;
}

const LONGEST = { title: 200, detail: 1000, remediation: 1000, cache_key: 300, text: 500 } as const;
/** Evidence beyond this is counted, not shown. */
const MOST = { items: 20, keys: 40, depth: 5, characters: 6000 } as const;

const LEVELS = { critical: 'ERROR', warning: 'WARN', info: 'INFO' } as const satisfies Record<
  AlertSeverity,
  FindingLevel
>;
const SEVERITIES = { ERROR: 'critical', WARN: 'warning', INFO: 'info' } as const satisfies Record<
  FindingLevel,
  AlertSeverity
>;

/** The level of a finding whose alert has this severity. */
export function levelOf(severity: AlertSeverity): FindingLevel {
  return LEVELS[severity];
}

/** The severity of the alert a finding of this level becomes. */
export function severityOf(level: FindingLevel): AlertSeverity {
  return SEVERITIES[level];
}

/** What a finding is made from; evidence may hold dates and bigints, and `undefined` for what is not known. */
export type FindingParts = Omit<Finding, 'evidence'> & { readonly evidence?: object };

/**
 * A finding with everything in it cut to a sane length and without what looks like a secret.
 *
 * @param redact hides what only the caller knows to be secret, such as values of this process's environment
 */
export function makeFinding(parts: FindingParts, redact: (text: string) => string = (text) => text): Finding {
  const clean = (text: string, limit: number): string => cut(redactSecrets(redact(text)), limit);
  return {
    name: parts.name,
    level: parts.level,
    title: clean(parts.title, LONGEST.title),
    detail: clean(parts.detail, LONGEST.detail),
    remediation: clean(parts.remediation, LONGEST.remediation),
    evidence: boundedEvidence(parts.evidence ?? {}, clean),
    cache_key: clean(parts.cache_key, LONGEST.cache_key),
  };
}

function boundedEvidence(evidence: object, clean: (text: string, limit: number) => string): Evidence {
  const bounded = boundedMap(evidence, 0, clean);
  if (JSON.stringify(bounded).length <= MOST.characters) return bounded;
  // What says most stands first: whole fields are left out from the end.
  const kept: Record<string, JsonValue> = {};
  let size = 0;
  for (const [key, value] of Object.entries(bounded)) {
    size += key.length + JSON.stringify(value).length + 4;
    if (size > MOST.characters) break;
    kept[key] = value;
  }
  return { ...kept, truncated: true };
}

function boundedMap(map: object, depth: number, clean: (text: string, limit: number) => string): Evidence {
  const entries = Object.entries(map).filter(([, value]) => value !== undefined);
  const kept = entries
    .slice(0, MOST.keys)
    .map(([key, value]): [string, JsonValue] => [clean(key, 100), bounded(value, depth + 1, clean)]);
  const left = entries.length - kept.length;
  return Object.fromEntries(left > 0 ? [...kept, ['and_more', left]] : kept);
}

function bounded(value: unknown, depth: number, clean: (text: string, limit: number) => string): JsonValue {
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'string') return clean(value, LONGEST.text);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value !== 'object') return clean(String(value), LONGEST.text);
  if (depth >= MOST.depth) return '…';
  if (!Array.isArray(value)) return boundedMap(value, depth, clean);
  const kept = value.slice(0, MOST.items).map((item) => bounded(item, depth + 1, clean));
  const left = value.length - kept.length;
  return left > 0 ? [...kept, `and ${left} more`] : kept;
}

function cut(text: string, limit: number): string {
  const flat = text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  if (flat.length <= limit) return flat;
  return `${flat.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
