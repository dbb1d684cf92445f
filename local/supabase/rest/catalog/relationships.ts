import { keyOf, type Relationship, type Table } from './model.ts';
import type { ForeignKeyRow } from './read-catalog.ts';

/** The relationships foreign keys make: each seen from both sides, and many-to-many through tables that only join. */
export function relationshipsOf(
  tables: ReadonlyMap<string, Table>,
  keys: readonly ForeignKeyRow[],
): Relationship[] {
  const direct = keys.flatMap((key) => bothSides(tables, key));
  return [...direct, ...throughJunctions(direct)];
}

function bothSides(tables: ReadonlyMap<string, Table>, key: ForeignKeyRow): Relationship[] {
  const table = tables.get(keyOf(key.schema, key.table));
  const foreignTable = tables.get(keyOf(key.foreignSchema, key.foreignTable));
  if (table === undefined || foreignTable === undefined) return [];
  const base = { constraint: key.name, junction: null };
  return [
    {
      ...base,
      table,
      foreignTable,
      cardinality: key.unique ? 'one-to-one' : 'many-to-one',
      columns: key.columns,
    },
    {
      ...base,
      table: foreignTable,
      foreignTable: table,
      cardinality: key.unique ? 'one-to-one' : 'one-to-many',
      columns: key.columns.map(([own, other]) => [other, own] as const),
    },
  ];
}

/** A table joins two others when its primary key consists of both foreign keys' columns (PostgREST's rule). */
function throughJunctions(direct: readonly Relationship[]): Relationship[] {
  const outgoing = direct.filter(({ cardinality }) => cardinality === 'many-to-one');
  return outgoing.flatMap((first) =>
    outgoing
      .filter((second) => second.table === first.table && second.constraint !== first.constraint)
      .filter((second) => isPartOfKey(first, second))
      .map(
        (second): Relationship => ({
          table: first.foreignTable,
          foreignTable: second.foreignTable,
          cardinality: 'many-to-many',
          constraint: first.constraint,
          columns: [],
          junction: {
            table: first.table,
            constraints: [first.constraint, second.constraint],
            source: first.columns.map(([own, other]) => [other, own] as const),
            target: second.columns.map(([own, other]) => [other, own] as const),
          },
        }),
      ),
  );
}

function isPartOfKey(first: Relationship, second: Relationship): boolean {
  const key = first.table.primaryKey;
  return [...first.columns, ...second.columns].every(([own]) => key.includes(own));
}
