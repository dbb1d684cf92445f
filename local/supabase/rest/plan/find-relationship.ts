import { keyOf, type Relationship } from '../catalog/model.ts';
import { nearest } from '../catalog/suggest.ts';
import type { SelectedRelation } from '../parse/select.ts';
import { RestError } from '../rest-error.ts';
import type { Planning, Source } from './read-plan.ts';

/**
 * The relationship a `select` means: by the other table's name, the constraint's, or the column's; a hint chooses between
 * several. @throws RestError PGRST200 for none, PGRST201 for several
 */
export function findRelationship(
  { catalog, schema }: Planning,
  source: Source,
  asked: SelectedRelation,
): Relationship {
  const known = catalog.relationships.get(keyOf(source.schema, source.name)) ?? [];
  const found = known.filter((relationship) => isMeant(relationship, asked.name, asked.hint));
  const [only, ...others] = found;
  if (only === undefined) throw noRelationship(source, asked, schema, known);
  if (others.length > 0) throw severalRelationships(source, asked, found);
  return only;
}

function isMeant(relationship: Relationship, target: string, hint: string | null): boolean {
  const { table, foreignTable, cardinality, columns, junction } = relationship;
  const [own, theirs] = columns.length === 1 ? (columns[0] ?? []) : [];
  if (table === foreignTable) {
    // One key, two directions: the table's name means the many, the column's name the one.
    if (hint !== null)
      return target === foreignTable.name && cardinality === 'one-to-many' && hint === theirs;
    return target === foreignTable.name
      ? cardinality === 'one-to-many'
      : cardinality === 'many-to-one' && target === own;
  }
  const constraint = junction === null ? relationship.constraint : null;
  if (hint === null) return target === foreignTable.name || target === constraint || target === own;
  return (
    target === foreignTable.name &&
    (hint === constraint || hint === own || hint === theirs || hint === junction?.table.name)
  );
}

function noRelationship(
  source: Source,
  asked: SelectedRelation,
  schema: string,
  known: readonly Relationship[],
): RestError {
  const hint = asked.hint === null ? '' : `' using the hint '${asked.hint}`;
  const meant = nearest(
    asked.name,
    known.map(({ foreignTable }) => foreignTable.name).filter((each) => each !== asked.name),
  );
  return new RestError(
    400,
    'PGRST200',
    `Could not find a relationship between '${source.name}' and '${asked.name}' in the schema cache`,
    {
      details: `Searched for a foreign key relationship between '${source.name}' and '${asked.name}${hint}' in the schema '${schema}', but no matches were found.`,
      hint: meant === null ? null : `Perhaps you meant '${meant}' instead of '${asked.name}'.`,
    },
  );
}

function severalRelationships(
  source: Source,
  asked: SelectedRelation,
  found: readonly Relationship[],
): RestError {
  const words = found.map(
    (each) => `'${each.foreignTable.name}!${each.junction?.table.name ?? each.constraint}'`,
  );
  return new RestError(
    300,
    'PGRST201',
    `Could not embed because more than one relationship was found for '${source.name}' and '${asked.name}'`,
    {
      details: found.map(describe),
      hint: `Try changing '${asked.name}' to one of the following: ${words.join(', ')}. Find the desired relationship in the 'details' key.`,
    },
  );
}

function describe(each: Relationship): Readonly<Record<string, string>> {
  const list = (names: readonly string[]): string => `(${names.join(', ')})`;
  const { table, foreignTable, junction, columns, constraint, cardinality } = each;
  const relationship =
    junction === null
      ? `${constraint} using ${table.name}${list(columns.map(([own]) => own))} and ${foreignTable.name}${list(columns.map(([, other]) => other))}`
      : `${junction.table.name} using ${junction.constraints[0]}${list(junction.source.map(([, own]) => own))} and ${junction.constraints[1]}${list(junction.target.map(([, own]) => own))}`;
  return { embedding: `${table.name} with ${foreignTable.name}`, cardinality, relationship };
}
