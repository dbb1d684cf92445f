import { RestError } from './rest-error.ts';

/** What a Prefer header asks for (RFC 7240, with PostgREST's preferences). */
export interface Preferences {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | null;
  readonly return: 'representation' | 'minimal' | 'headers-only' | null;
  readonly count: 'exact' | 'planned' | 'estimated' | null;
  readonly missing: 'default' | 'null' | null;
  readonly handling: 'strict' | 'lenient' | null;
  readonly timezone: string | null;
  readonly maxAffected: number | null;
}

const choices: Readonly<Record<string, readonly string[]>> = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
  tx: ['commit', 'rollback'],
};

/** Reads the header; the first of several wins. @throws RestError PGRST122 for unknown ones under `handling=strict` */
export function readPreferences(header: string | undefined): Preferences {
  const found = new Map<string, string>();
  const unknown: string[] = [];
  for (const part of (header ?? '').split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals));
    const value = part.slice(equals + 1);
    if (isKnown(name, value)) {
      if (!found.has(name)) found.set(name, value);
    } else unknown.push(part);
  }
  if (found.get('handling') === 'strict' && unknown.length > 0) {
    throw new RestError(400, 'PGRST122', 'Invalid preferences given with handling=strict', {
      details: `Invalid preferences: ${unknown.join(', ')}`,
    });
  }
  return {
    resolution: oneOf(found.get('resolution'), 'merge-duplicates', 'ignore-duplicates'),
    return: oneOf(found.get('return'), 'representation', 'minimal', 'headers-only'),
    count: oneOf(found.get('count'), 'exact', 'planned', 'estimated'),
    missing: oneOf(found.get('missing'), 'default', 'null'),
    handling: oneOf(found.get('handling'), 'strict', 'lenient'),
    timezone: found.get('timezone') ?? null,
    maxAffected: found.has('max-affected') ? Number(found.get('max-affected')) : null,
  };
}

/** The header that says which preferences were honoured; nothing when none was. */
export function preferenceApplied(
  applied: Partial<
    Pick<Preferences, 'resolution' | 'missing' | 'return' | 'count' | 'handling' | 'timezone'>
  > & {
    readonly maxAffected?: number | null;
  },
): Readonly<Record<string, string>> {
  const { maxAffected = null, ...words } = applied;
  const parts = Object.entries(words).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${value}`],
  );
  if (maxAffected !== null) parts.push(`max-affected=${maxAffected}`);
  return parts.length === 0 ? {} : { 'preference-applied': parts.join(', ') };
}

function isKnown(name: string, value: string): boolean {
  if (name === 'timezone') return /^[\w+/-]{1,64}$/.test(value);
  if (name === 'max-affected') return /^\d{1,9}$/.test(value);
  return choices[name]?.includes(value) ?? false;
}

function oneOf<const Word extends string>(value: string | undefined, ...words: readonly Word[]): Word | null {
  return words.find((word) => word === value) ?? null;
}
