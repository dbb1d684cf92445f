/** A node of Postgres's parse tree as libpg-query gives it: an object with one key that says its kind. */
export type SqlNode = Readonly<Record<string, unknown>>;

/** True for plain objects. */
export function isNode(value: unknown): value is SqlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The inside of a node when it is of this kind. */
export function nodeOf(value: unknown, kind: string): SqlNode | undefined {
  if (!isNode(value)) return undefined;
  const inside = value[kind];
  return isNode(inside) ? inside : undefined;
}

/** A list field of a node; empty when it has none. */
export function listOf(node: SqlNode | undefined, field: string): readonly unknown[] {
  const value = node?.[field];
  return Array.isArray(value) ? value : [];
}

/** Dotted lower-case name of a function, column or operator: the `String` nodes of a name list. */
export function nameOf(parts: readonly unknown[]): string {
  return parts
    .map((part) => nodeOf(part, 'String')?.sval)
    .filter((part) => typeof part === 'string')
    .join('.');
}

/** Text of a string constant. Protobuf leaves out empty values. */
export function stringConstant(value: unknown): string | undefined {
  const constant = nodeOf(value, 'A_Const');
  const text = constant === undefined ? undefined : nodeOf(constant, 'sval');
  if (text === undefined) return undefined;
  return typeof text.sval === 'string' ? text.sval : '';
}

/** A constant as JSON: text, number, truth value or null; `undefined` for anything else. */
export function jsonConstant(value: unknown): string | number | boolean | null | undefined {
  const text = stringConstant(value);
  if (text !== undefined) return text;
  const constant = nodeOf(value, 'A_Const');
  if (constant === undefined) return undefined;
  if (constant.isnull === true) return null;
  const integer = nodeOf(constant, 'ival');
  if (integer !== undefined) return typeof integer.ival === 'number' ? integer.ival : 0;
  const float = nodeOf(constant, 'fval');
  if (typeof float?.fval === 'string') return Number(float.fval);
  const boolean = nodeOf(constant, 'boolval');
  if (boolean !== undefined) return boolean.boolval === true;
  return undefined;
}

/** The inside of casts: `'{}'::jsonb` is `'{}'`. */
export function withoutCasts(value: unknown): unknown {
  const cast = nodeOf(value, 'TypeCast');
  return cast === undefined ? value : withoutCasts(cast.arg);
}
