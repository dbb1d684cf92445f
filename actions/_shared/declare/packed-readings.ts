/**
 * The form in which readings are kept on disk. Jobs of a fleet repeat their schedules, policies and references: each
 * different one is written once, and jobs hold its index. Reading JSON is most of the cost of a cached load.
 */
import type { FileReading } from './read-file.ts';

/** Parts that repeat. Only these places are packed; what a job sends in its body is never looked into. */
const OF_SPEC = ['schedule', 'references', 'overrides'] as const;
const OF_DEFINITION = ['retry', 'expect', 'alert'] as const;

type Readings = Readonly<Record<string, readonly [digest: string, reading: FileReading]>>;

export interface PackedReadings {
  readonly parts: readonly unknown[];
  readonly files: Readings;
}

/** Packs without changing what it is given. */
export function packReadings(files: Readings): PackedReadings {
  const parts: unknown[] = [];
  const indexes = new Map<string, number>();
  const intern = (part: unknown): number => {
    const text = JSON.stringify(part);
    const known = indexes.get(text);
    if (known !== undefined) return known;
    indexes.set(text, parts.length);
    return parts.push(part) - 1;
  };
  const packed = Object.entries(files).map(([path, [digest, reading]]) => {
    const entries = reading.entries.map((entry) => ({ ...entry, spec: packSpec(entry.spec, intern) }));
    return [path, [digest, { ...reading, entries }]];
  });
  return { parts, files: Object.fromEntries(packed) };
}

function packSpec(spec: unknown, intern: (part: unknown) => number): unknown {
  if (!isHolder(spec) || !isHolder(spec.definition)) return spec;
  const definition = withParts(spec.definition, OF_DEFINITION, intern);
  return { ...withParts(spec, OF_SPEC, intern), definition };
}

/** Puts the parts back in place, in `packed` itself, which must come from `packReadings`. */
export function unpackReadings(packed: PackedReadings): Readings {
  const restore = (index: unknown): unknown => packed.parts[Number(index)];
  for (const [, reading] of Object.values(packed.files)) {
    for (const entry of reading.entries) {
      const spec: unknown = entry.spec;
      if (!isHolder(spec) || !isHolder(spec.definition)) continue;
      for (const key of OF_SPEC) spec[key] = restore(spec[key]);
      for (const key of OF_DEFINITION) {
        if (spec.definition[key] !== undefined) spec.definition[key] = restore(spec.definition[key]);
      }
    }
  }
  return packed.files;
}

type Holder = Record<string, unknown>;

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

function withParts(holder: Holder, keys: readonly string[], intern: (part: unknown) => number): Holder {
  const copy = { ...holder };
  for (const key of keys) {
    if (copy[key] !== undefined) copy[key] = intern(copy[key]);
  }
  return copy;
}
