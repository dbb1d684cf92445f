/** The select of a plan: one level inside the other, each to-one as an object, each to-many as an array. */
import { isToOne, type KnownField, type Level, type Output } from '../plan/read-plan.ts';
import { alias, bind, catalogText, empty, join, name, qualified, type Sql, sql } from '../sql-text.ts';
import { condition, field, orderBy, type WritePresence, where } from './conditions.ts';

/** Where the first level's rows come from: its table, or the result of what ran before. */
export type RootSource = 'table' | 'result';

/** The rows of a plan. */
export function readRows(level: Level, source: RootSource): Sql {
  const from = name(level.alias);
  const columns = [
    ...level.outputs.map((each) => output(from, each)),
    ...level.children.flatMap((child) => embedded(child)),
  ];
  const selected = columns.length === 0 ? sql`${from}.*` : join(columns);
  const joins = join(level.children.map(joined), sql` `);
  const conditions = [
    ...level.conditions.map((each) => condition(from, each, byJoin)),
    ...joinConditions(level),
  ];
  const order = orderBy(from, level.orders, (child) => name(joinedName(child)));
  return sql`select ${selected} from ${source === 'result' ? sql`pgrst_source as ${from}` : tables(level)} ${joins}${where(conditions)}${order}${limits(level)}`;
}

/** One row for each row of the first level, limits aside: for counting. */
export function countRows(level: Level, source: RootSource = 'table'): Sql {
  const from = name(level.alias);
  const conditions = [
    ...level.conditions.map((each) => condition(from, each, byExistence)),
    ...joinConditions(level),
    ...level.children
      .filter((child) => child.embedding?.join === 'inner')
      .map((child) => sql`exists (${countRows(child)})`),
  ];
  return sql`select 1 from ${source === 'result' ? sql`pgrst_source as ${from}` : tables(level)}${where(conditions)}`;
}

const byJoin: WritePresence = (level, present) =>
  present
    ? sql`${name(joinedName(level))} is distinct from null`
    : sql`${name(joinedName(level))} is not distinct from null`;

const byExistence: WritePresence = (level, present) =>
  present ? sql`exists (${countRows(level)})` : sql`not exists (${countRows(level)})`;

function output(from: Sql, each: Output): Sql {
  if (each.kind === 'all') return sql`${from}.*`;
  const value = field(from, each.field);
  const typed = each.cast === null ? value : sql`cast(${value} as ${catalogText(each.cast)})`;
  const label = each.alias ?? labelOf(each.field);
  return label === null ? typed : sql`${typed} as ${alias(label)}`;
}

/** A value inside JSON is called by its last key; a column by itself. */
function labelOf({ column, path }: KnownField): string {
  return path.findLast(({ isIndex }) => !isIndex)?.key ?? column.name;
}

function embedded(child: Level): Sql[] {
  const { embedding } = child;
  if (embedding === null) return [];
  const from = name(joinedName(child));
  if (embedding.spread) return [sql`${from}.*`];
  // A resource without columns only filters.
  if (child.outputs.length === 0 && child.children.length === 0) return [];
  return isToOne(child)
    ? [sql`row_to_json(${from}.*) as ${alias(embedding.key)}`]
    : [sql`coalesce(${from}.${from}, '[]') as ${alias(embedding.key)}`];
}

function joined(child: Level): Sql {
  const from = name(joinedName(child));
  const inner = child.embedding?.join === 'inner';
  const kind = inner ? sql`inner join lateral` : sql`left join lateral`;
  const rows = readRows(child, 'table');
  if (isToOne(child)) return sql`${kind} (${rows}) as ${from} on true`;
  const array = sql`select json_agg(${from}) as ${from} from (${rows}) as ${from}`;
  return sql`${kind} (${array}) as ${from} on ${inner ? sql`${from} is not null` : sql`true`}`;
}

/** A name of ours for the joined rows of a level. */
function joinedName(level: Level): string {
  return `${level.alias}_rows`;
}

function tables(level: Level): Sql {
  const own = sql`${qualified(level.source.schema, level.source.name)} as ${name(level.alias)}`;
  const junction = level.embedding?.relationship.junction ?? null;
  if (junction === null) return own;
  return sql`${own}, ${qualified(junction.table.schema, junction.table.name)} as ${name(junctionName(level))}`;
}

function junctionName(level: Level): string {
  return `${level.alias}_junction`;
}

/** What ties a level to the one above. */
function joinConditions(level: Level): Sql[] {
  const { embedding } = level;
  if (embedding === null) return [];
  const own = name(level.alias);
  const above = name(embedding.parentAlias);
  const { columns, junction } = embedding.relationship;
  if (junction === null) {
    return columns.map(([parent, child]) => sql`${own}.${name(child)} = ${above}.${name(parent)}`);
  }
  const middle = name(junctionName(level));
  return [
    ...junction.target.map(([column, through]) => sql`${own}.${name(column)} = ${middle}.${name(through)}`),
    ...junction.source.map(([column, through]) => sql`${above}.${name(column)} = ${middle}.${name(through)}`),
  ];
}

function limits(level: Level): Sql {
  const { limit, offset } = level.range;
  if (limit === null && offset === 0) return empty;
  return sql` limit ${limit === null ? sql`all` : bind(String(limit))} offset ${bind(String(offset))}`;
}
