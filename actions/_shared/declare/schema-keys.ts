/** Looks into a zod schema: which keys a map may have at a place, so that a mistyped one gets its nearest right word. */
import { $ZodArray, $ZodObject, $ZodOptional, $ZodRecord, type $ZodType, $ZodUnion } from 'zod/v4/core';
import type { ValuePath } from './finding.ts';

/** Keys allowed in the object that stands at `path`; empty when the schema has no object there. */
export function keysAt(schema: $ZodType, path: ValuePath): readonly string[] {
  let level = [schema];
  for (const part of path) level = level.flatMap((candidate) => childrenOf(candidate, part));
  return [...new Set(level.flatMap(keysOf))];
}

function childrenOf(schema: $ZodType, part: string | number): $ZodType[] {
  if (schema instanceof $ZodObject) {
    const child = schema._zod.def.shape[part];
    return child === undefined ? [] : [child];
  }
  if (schema instanceof $ZodRecord) return [schema._zod.def.valueType];
  if (schema instanceof $ZodArray) return [schema._zod.def.element];
  return inside(schema).flatMap((inner) => childrenOf(inner, part));
}

function keysOf(schema: $ZodType): readonly string[] {
  if (schema instanceof $ZodObject) return Object.keys(schema._zod.def.shape);
  return inside(schema).flatMap(keysOf);
}

function inside(schema: $ZodType): readonly $ZodType[] {
  if (schema instanceof $ZodUnion) return schema._zod.def.options;
  if (schema instanceof $ZodOptional) return [schema._zod.def.innerType];
  return [];
}
