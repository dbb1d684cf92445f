/**
 * What the values of our files look like, in the words of zod/mini and without zod: a shape says whether it accepts a
 * value, and makes the zod schema that says what is wrong with one it does not. Good files are nearly all there are, and
 * zod would be a third of the start of a process that reads only those. A test holds both to
 * the same answer on thousands of damaged values.
 *
 *     import * as z from '../shape.ts';
 */
import type * as zod from 'zod/mini';
import { lazily } from './lazily.ts';

type Zod = typeof zod;
type Message = string | undefined;

/** Accepts some values. A value no shape accepts may still be good: zod decides. */
export interface Shape<T = unknown> {
  readonly accepts: (value: unknown) => value is T;
  /** The schema, always the same one. */
  readonly toZod: (z: Zod) => zod.ZodMiniType;
}

/** The key that holds this may be left out. */
export interface OptionalShape<T = unknown> extends Shape<T> {
  readonly isOptional: true;
}

/** A shape that further demands can be made on. */
export interface CheckedShape<T> extends Shape<T> {
  readonly check: (...checks: readonly Check<T>[]) => CheckedShape<T>;
}

/** One demand. */
export interface Check<T> {
  readonly holds: (value: T) => boolean;
  readonly toZod: (z: Zod) => zod.core.$ZodCheck<T>;
}

/** The type of what a shape accepts. */
export type output<S> = S extends Shape<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape>>;
type OptionalKey<F> = { [Key in keyof F]: F[Key] extends OptionalShape ? Key : never }[keyof F];
type ObjectOf<F> = {
  readonly [Key in Exclude<keyof F, OptionalKey<F>>]: output<F[Key]>;
} & { readonly [Key in OptionalKey<F>]?: output<F[Key]> };
/** One plain object type instead of an intersection of two. */
type Flat<T> = { readonly [Key in keyof T]: T[Key] };

function shapeOf<T>(accepts: (value: unknown) => value is T, build: (z: Zod) => zod.ZodMiniType): Shape<T> {
  let made: zod.ZodMiniType | undefined;
  return {
    accepts,
    toZod: (z) => {
      made ??= build(z);
      return made;
    },
  };
}

/** A shape that is made when a value is held against it for the first time. */
export function lazy<T>(make: () => Shape<T>): Shape<T> {
  const shape = lazily(make);
  return {
    accepts: (value): value is T => shape().accepts(value),
    toZod: (z) => shape().toZod(z),
  };
}

/** The same shape with words about the field, for editors. */
export function described<S extends Shape>(shape: S, description: string): S {
  let made: zod.ZodMiniType | undefined;
  return {
    ...shape,
    // A copy of the schema: words about one field must not become those of every field of the same shape.
    toZod: (z: Zod) => {
      made ??= z.clone(shape.toZod(z));
      z.globalRegistry.add(made, { description });
      return made;
    },
  };
}

function checked<T>(
  accepts: (value: unknown) => value is T,
  build: (z: Zod, checks: readonly zod.core.$ZodCheck<T>[]) => zod.ZodMiniType,
  checks: readonly Check<T>[] = [],
): CheckedShape<T> {
  const all = (value: unknown): value is T => accepts(value) && checks.every((check) => check.holds(value));
  return {
    ...shapeOf(all, (z) =>
      build(
        z,
        checks.map((check) => check.toZod(z)),
      ),
    ),
    check: (...more) => checked(accepts, build, [...checks, ...more]),
  };
}

export function string(message?: string): CheckedShape<string> {
  return checked(
    (value): value is string => typeof value === 'string',
    (z, checks) => z.string(message).check(...checks),
  );
}

export function number(): CheckedShape<number> {
  return checked(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
    (z, checks) => z.number().check(...checks),
  );
}

export function int(): CheckedShape<number> {
  return checked(
    (value): value is number => Number.isSafeInteger(value),
    (z, checks) => z.int().check(...checks),
  );
}

export function boolean(message?: string): Shape<boolean> {
  return shapeOf(
    (value): value is boolean => typeof value === 'boolean',
    (z) => z.boolean(message),
  );
}

export function unknown(): Shape<unknown> {
  return shapeOf(
    (_value): _value is unknown => true,
    (z) => z.unknown(),
  );
}

export function literal<const T extends string | number | boolean>(wanted: T): Shape<T> {
  return shapeOf(
    (value): value is T => value === wanted,
    (z) => z.literal(wanted),
  );
}

function enumOf<const T extends string>(words: readonly T[]): Shape<T> {
  return shapeOf(
    (value): value is T => words.some((word) => word === value),
    (z) => z.enum([...words]),
  );
}

export { enumOf as enum };

export function array<T>(item: Shape<T>): CheckedShape<readonly T[]> {
  return checked(
    (value): value is readonly T[] => Array.isArray(value) && value.every((one) => item.accepts(one)),
    (z, checks) => z.array(item.toZod(z)).check(...(checks as readonly zod.core.$ZodCheck<unknown[]>[])),
  );
}

export function union<const Parts extends readonly Shape[]>(
  parts: Parts,
  message?: string,
): Shape<output<Parts[number]>> {
  return shapeOf(
    (value): value is output<Parts[number]> => parts.some((part) => part.accepts(value)),
    (z) =>
      z.union(
        parts.map((part) => part.toZod(z)),
        message,
      ),
  );
}

export function record<T>(
  key: Shape<string>,
  item: Shape<T>,
  message?: string,
): Shape<Readonly<Record<string, T>>> {
  return shapeOf(
    (value): value is Readonly<Record<string, T>> =>
      isMap(value) &&
      Object.entries(value).every(([name, one]) => key.accepts(name) && item.accepts(one)) &&
      !Object.hasOwn(value, '__proto__'),
    (z) => z.record(key.toZod(z) as zod.ZodMiniString, item.toZod(z), message),
  );
}

/** `error` words a fault of the map itself; undefined leaves it to the usual words. */
export function strictObject<const F extends Fields>(
  fields: F,
  options: { readonly error?: (issue: { readonly code: string }) => Message } = {},
): Shape<Flat<ObjectOf<F>>> {
  const shapes = new Map(Object.entries<Shape>(fields));
  const required = [...shapes].filter(([, shape]) => !('isOptional' in shape)).map(([key]) => key);
  return shapeOf(
    (value): value is Flat<ObjectOf<F>> =>
      isMap(value) &&
      Object.entries(value).every(([key, one]) => shapes.get(key)?.accepts(one) === true) &&
      required.every((key) => Object.hasOwn(value, key)),
    (z) =>
      z.strictObject(
        Object.fromEntries([...shapes].map(([key, shape]) => [key, shape.toZod(z)])),
        options.error === undefined ? undefined : { error: options.error },
      ),
  );
}

/** The key may be left out. */
export function exactOptional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shapeOf(shape.accepts, (z) => z.exactOptional(shape.toZod(z))), isOptional: true };
}

/** The key may be left out, or hold nothing. */
export function optional<T>(shape: Shape<T>): OptionalShape<T | undefined> {
  return {
    ...shapeOf(
      (value): value is T | undefined => value === undefined || shape.accepts(value),
      (z) => z.optional(shape.toZod(z)),
    ),
    isOptional: true,
  };
}

/** `abort`: when this does not hold, what comes after it is not said. */
export function regex(
  pattern: RegExp,
  message?: string | { readonly error: string; readonly abort: boolean },
): Check<string> {
  return { holds: (text) => pattern.test(text), toZod: (z) => z.regex(pattern, message) };
}

export function minLength<T extends { readonly length: number }>(least: number): Check<T> {
  return { holds: ({ length }) => length >= least, toZod: (z) => z.minLength(least) };
}

export function maxLength<T extends { readonly length: number }>(most: number): Check<T> {
  return { holds: ({ length }) => length <= most, toZod: (z) => z.maxLength(most) };
}

export function gte(least: number): Check<number> {
  return { holds: (value) => value >= least, toZod: (z) => z.gte(least) };
}

export function lte(most: number): Check<number> {
  return { holds: (value) => value <= most, toZod: (z) => z.lte(most) };
}

export function refine<T>(holds: (value: T) => boolean, message: string): Check<T> {
  return { holds, toZod: (z) => z.refine(holds, message) };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
