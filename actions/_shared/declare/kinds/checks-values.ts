/** Small values of check files taken apart: comparisons, levels, `3 of 5`, paths into JSON, names. All were accepted by their shape. */
import { parseDuration } from '../duration.ts';
import type { AlertSeverity } from '../model.ts';
import type { Comparison, Levels, Names, TextSource } from './checks-model.ts';
import { COMPARISON, type LevelsValue } from './checks-probes.ts';
import { N_OF_M } from './checks-schema.ts';

/** Worst first. */
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** One value or one a severity -> levels, worst first. */
export function readLevels<T extends string | number, At>(
  written: LevelsValue<T> | undefined,
  read: (value: T) => At,
  usual: Levels<At> = [],
): Levels<At> {
  if (written === undefined) return usual;
  if (!isMap<T>(written)) return [{ severity: null, at: read(written) }];
  return SEVERITIES.flatMap((severity) => {
    const value = written[severity];
    return value === undefined ? [] : [{ severity, at: read(value) }];
  });
}

function isMap<T>(written: unknown): written is { readonly [key in AlertSeverity]?: T } {
  return typeof written === 'object' && written !== null;
}

/** `> 5m` -> greater than 300. */
export function readComparison(written: string): Comparison {
  const [, operator = '=', than = '0'] = COMPARISON.exec(written) ?? [];
  const value = /[a-z]$/.test(than) ? parseDuration(than) / 1000 : Number(than);
  return { operator: operator as Comparison['operator'], than: value };
}

/** `10%` -> 0.1. */
export function readShare(written: string): number {
  return Math.round(Number(written.slice(0, -1)) * 10_000) / 1_000_000;
}

/** `3 of 5`, or `3` for 3 of 3. Null when it asks for more than there are. */
export function readFor(
  written: number | string | undefined,
): { readonly failing: number; readonly of: number } | null {
  const [, some = '1', all = some] = N_OF_M.exec(String(written ?? 1)) ?? [];
  const found = { failing: Number(some), of: Number(all) };
  return found.failing > found.of || found.of > 60 ? null : found;
}

/** `$.checks[0].status` -> its keys and indexes. */
export function readJsonPath(written: string): readonly (string | number)[] {
  return [...written.matchAll(/\[(\d+)\]|([A-Za-z_][A-Za-z0-9_-]*)/g)].map(([, index, key]) =>
    key === undefined ? Number(index) : key,
  );
}

/** Globs, all by default. */
export function readNames(
  names: readonly string[] | undefined,
  except: readonly string[] | undefined,
): Names {
  return { names: names ?? ['*'], except: except ?? [] };
}

/** Text, or the variable it comes from. */
export function readSource(written: string | { readonly env: string }): TextSource {
  return typeof written === 'string' ? { text: written } : { env: written.env };
}

/** One, some or none. */
export function readList<T>(written: T | readonly T[] | undefined): readonly T[] {
  if (written === undefined) return [];
  return Array.isArray(written) ? written : [written as T];
}
