/**
 * SQL in pieces. A caller of the gateway is hostile: nothing it sends becomes SQL text. Text comes from the templates of
 * this code, names and types from the catalog, and every value is a bound parameter; the types below see to it. The one name
 * a caller makes up is the alias of an output column: it goes through `alias`, which quotes it.
 */
import type { Value } from '../database/messages.ts';

/** Text and parameters in their order. */
export interface Sql {
  readonly texts: readonly string[];
  readonly values: readonly Value[];
}

/** Nothing. */
export const empty: Sql = { texts: [''], values: [] };

/** A piece of SQL; only other pieces can be put into it. */
export function sql(strings: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  const texts: string[] = [strings[0] ?? ''];
  const values: Value[] = [];
  pieces.forEach((piece, index) => {
    append(texts, piece);
    values.push(...piece.values);
    texts[texts.length - 1] += strings[index + 1] ?? '';
  });
  return { texts, values };
}

/** A value of the caller: a parameter, whose type PostgreSQL infers. */
export function bind(value: Value): Sql {
  return { texts: ['', ''], values: [value] };
}

/** A name from the catalog, quoted. */
export function name(identifier: string): Sql {
  return { texts: [quoted(identifier)], values: [] };
}

/** A qualified name from the catalog. */
export function qualified(schema: string, object: string): Sql {
  return { texts: [`${quoted(schema)}.${quoted(object)}`], values: [] };
}

/** The name an output column gets; what cannot be in an identifier is left out. */
export function alias(text: string): Sql {
  return { texts: [quoted(text.replaceAll('\0', '').toWellFormed())], values: [] };
}

/** Text the catalog itself printed: a type by format_type, a default by pg_get_expr. Never anything else. */
export function catalogText(text: string): Sql {
  return { texts: [text], values: [] };
}

/** A whole number of ours. */
export function integer(value: number): Sql {
  if (!Number.isSafeInteger(value)) throw new RangeError('not a whole number');
  return { texts: [String(value)], values: [] };
}

/** Pieces with a separator between them. */
export function join(pieces: readonly Sql[], separator: Sql = sql`, `): Sql {
  const texts: string[] = [''];
  const values: Value[] = [];
  pieces.forEach((piece, index) => {
    if (index > 0) append(texts, separator);
    append(texts, piece);
    values.push(...piece.values);
  });
  return { texts, values };
}

/** The statement with numbered parameters. */
export function render(piece: Sql): { readonly text: string; readonly values: readonly Value[] } {
  let text = piece.texts[0] ?? '';
  for (let index = 1; index < piece.texts.length; index += 1) text += `$${index}${piece.texts[index]}`;
  return { text, values: piece.values };
}

function append(texts: string[], piece: Sql): void {
  texts[texts.length - 1] += piece.texts[0] ?? '';
  for (let index = 1; index < piece.texts.length; index += 1) texts.push(piece.texts[index] ?? '');
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
