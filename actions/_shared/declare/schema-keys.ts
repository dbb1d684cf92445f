/** Looks into a zod schema: which keys a map may have at a place, so that a mistyped one gets its nearest right word. */
import * as z from 'zod/mini';
import type { ValuePath } from './finding.ts';

/** Keys allowed in the object that stands at `path`; empty when the schema has no object there. */
export function keysAt(schema: z.core.$ZodType, path: ValuePath): readonly string[] {
  let level = [schema];
  for (const part of path) level = level.flatMap((candidate) => childrenOf(candidate, part));
  return [...new Set(level.flatMap(keysOf))];
}

function childrenOf(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodObject) {
    const child = schema._zod.def.shape[part];
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.core.$ZodRecord) return [schema._zod.def.valueType];
  if (schema instanceof z.core.$ZodArray) return [schema._zod.def.element];
  return inside(schema).flatMap((inner) => childrenOf(inner, part));
}

function keysOf(schema: z.core.$ZodType): readonly string[] {
  if (schema instanceof z.core.$ZodObject) return Object.keys(schema._zod.def.shape);
  return inside(schema).flatMap(keysOf);
}

function inside(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.core.$ZodUnion) return schema._zod.def.options;
  if (schema instanceof z.core.$ZodOptional) return [schema._zod.def.innerType];
  return [];
}
