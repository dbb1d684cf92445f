import { readName, type Scanner, skipBlanks } from './scanner.ts';

/** One step into a JSON value. */
export interface PathStep {
  /** `->>`: the value as text. */
  readonly asText: boolean;
  readonly key: string;
  /** The key is a place in an array. */
  readonly isIndex: boolean;
}

/** A column, and where inside it. */
export interface Field {
  readonly name: string;
  readonly path: readonly PathStep[];
}

const arrayIndex = /-?\d+(?=->|::|[.,)]|$)/y;

/** `column->key->>0` */
export function readField(scanner: Scanner): Field {
  skipBlanks(scanner);
  const name = readName(scanner);
  const path = readPath(scanner);
  skipBlanks(scanner);
  return { name, path };
}

/** The steps after a name. */
export function readPath(scanner: Scanner): PathStep[] {
  const path: PathStep[] = [];
  while (scanner.startsWith('->')) {
    const asText = scanner.skip('->>');
    if (!asText) scanner.skip('->');
    const index = scanner.match(arrayIndex);
    path.push(
      index === null
        ? { asText, key: readName(scanner), isIndex: false }
        : { asText, key: index, isIndex: true },
    );
  }
  return path;
}
