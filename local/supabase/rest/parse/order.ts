import { type Field, readField } from './field.ts';
import { readName, type Scanner, scan, skipBlanks } from './scanner.ts';

/** One term of an order. */
export interface OrderTerm {
  /** An embedded resource whose column this is; null for our own. */
  readonly relation: string | null;
  readonly field: Field;
  readonly direction: 'asc' | 'desc' | null;
  readonly nulls: 'first' | 'last' | null;
}

/** Reads `order=name.desc.nullslast,client(name)`. @throws RestError PGRST100 */
export function readOrder(text: string): OrderTerm[] {
  const scanner = scan(text, `failed to parse order (${text})`);
  const terms: OrderTerm[] = [];
  do {
    skipBlanks(scanner);
    terms.push(readTerm(scanner));
    skipBlanks(scanner);
  } while (scanner.skip(','));
  if (!scanner.atEnd()) scanner.fail('delimiter (.), "," or end of input');
  return terms;
}

function readTerm(scanner: Scanner): OrderTerm {
  const { relation, field } = readTarget(scanner);
  const direction = scanner.skip('.asc') ? 'asc' : scanner.skip('.desc') ? 'desc' : null;
  const nulls = scanner.skip('.nullsfirst') ? 'first' : scanner.skip('.nullslast') ? 'last' : null;
  skipBlanks(scanner);
  if (scanner.skip('.')) {
    scanner.fail(
      direction === null ? '"asc", "desc", "nullsfirst" or "nullslast"' : '"nullsfirst" or "nullslast"',
    );
  }
  return { relation, field, direction, nulls };
}

function readTarget(scanner: Scanner): { readonly relation: string | null; readonly field: Field } {
  const start = scanner.position();
  const name = readName(scanner);
  if (scanner.skip('(')) {
    const field = readField(scanner);
    scanner.expect(')');
    return { relation: name, field };
  }
  scanner.rewind(start);
  return { relation: null, field: readField(scanner) };
}
