/**
 * From a query and the catalog to a tree of levels in which every name has been found: what the statement is written from.
 */
import { type Catalog, type Column, keyOf, type Relationship, type Table } from '../catalog/model.ts';
import { nearest } from '../catalog/suggest.ts';
import type { Field, PathStep } from '../parse/field.ts';
import type { AtPath, Comparison, Condition } from '../parse/filter.ts';
import type { OrderTerm } from '../parse/order.ts';
import type { Query, Range } from '../parse/query.ts';
import type { Select, SelectedField } from '../parse/select.ts';
import { noSuchColumn, RestError } from '../rest-error.ts';
import { findRelationship } from './find-relationship.ts';

/** A column that exists, and where inside it. */
export interface KnownField {
  readonly column: Column;
  readonly path: readonly PathStep[];
}

/** A column of the answer. */
export type Output =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'field';
      readonly field: KnownField;
      readonly alias: string | null;
      /** A type of the catalog. */
      readonly cast: string | null;
    };

/** A condition whose names exist. */
export type KnownCondition =
  | {
      readonly kind: 'filter';
      readonly field: KnownField;
      readonly negated: boolean;
      readonly comparison: Comparison;
    }
  /** Whether an embedded resource is there. */
  | { readonly kind: 'embedded'; readonly level: Level; readonly present: boolean }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly negated: boolean;
      readonly terms: readonly KnownCondition[];
    };

/** An order whose names exist. */
export interface KnownOrder {
  /** The embedded resource; null for our own column. */
  readonly level: Level | null;
  readonly field: KnownField;
  readonly direction: 'asc' | 'desc' | null;
  readonly nulls: 'first' | 'last' | null;
}

/** What rows come from: a table, or what a function returned. */
export interface Source {
  readonly name: string;
  readonly schema: string;
  readonly columns: ReadonlyMap<string, Column>;
}

/** One level of the answer. */
export interface Level {
  readonly source: Source;
  /** A name of ours for the level in the statement: `t0`, `t1` ... */
  readonly alias: string;
  readonly outputs: readonly Output[];
  readonly conditions: KnownCondition[];
  readonly orders: KnownOrder[];
  range: Range;
  /** How it hangs on the level above; null for the first. */
  readonly embedding: Embedding | null;
  readonly children: Level[];
}

/** How a level hangs on the one above. */
export interface Embedding {
  readonly relationship: Relationship;
  /** The level above, by its alias in the statement. */
  readonly parentAlias: string;
  /** What the caller calls it: the alias or the table. */
  readonly key: string;
  readonly name: string;
  readonly join: 'inner' | 'left';
  readonly spread: boolean;
}

/** What planning needs. */
export interface Planning {
  readonly catalog: Catalog;
  readonly schema: string;
  readonly query: Query;
  readonly maxRows: number | null;
}

/** Plans the answer. Conditions on the first level are left out for a mutation: they choose the rows it changes. */
export function planRead(planning: Planning, source: Source, mutation: boolean): Level {
  const { query } = planning;
  const counter = { next: 0 };
  const root = planLevel(planning, source, query.select, null, counter);
  for (const { path, value } of query.conditions) {
    if (mutation && path.length === 0) continue;
    const level = levelAt(root, path);
    level.conditions.push(resolveCondition(level, value));
  }
  if (!mutation) {
    for (const { path, value } of query.orders) {
      const level = levelAt(root, path);
      level.orders.push(...value.map((term) => resolveOrder(level, term)));
    }
    for (const { path, value } of query.ranges) levelAt(root, path).range = value;
    restrict(root, planning.maxRows);
  }
  return root;
}

/** The table of a request. @throws RestError PGRST205 */
export function findTable(catalog: Catalog, schema: string, name: string): Table {
  const table = catalog.tables.get(keyOf(schema, name));
  if (table !== undefined) return table;
  const others = [...catalog.tables.values()]
    .filter((each) => each.schema === schema)
    .map((each) => each.name);
  const meant = nearest(name, others);
  throw new RestError(404, 'PGRST205', `Could not find the table '${schema}.${name}' in the schema cache`, {
    hint: meant === null ? null : `Perhaps you meant the table '${schema}.${meant}'`,
  });
}

/** Conditions of the first level, as a mutation needs them. */
export function rootConditions(planning: Planning, level: Level): KnownCondition[] {
  return planning.query.conditions
    .filter(({ path }) => path.length === 0)
    .map(({ value }) => resolveCondition({ ...level, children: [] }, value));
}

/** @throws RestError 42703, with PostgreSQL's hint */
export function findColumn(source: Source, name: string): Column {
  const column = source.columns.get(name);
  if (column !== undefined) return column;
  const meant = nearest(name, source.columns.keys());
  throw noSuchColumn(
    source.name,
    name,
    meant === null ? null : `Perhaps you meant to reference the column "${source.name}.${meant}".`,
  );
}

function planLevel(
  planning: Planning,
  source: Source,
  select: Select,
  embedding: Embedding | null,
  counter: { next: number },
): Level {
  const level: Level = {
    source,
    alias: `t${counter.next}`,
    outputs: select
      .filter((item) => item.kind === 'field')
      .map((item) => resolveOutput(planning, source, item)),
    conditions: [],
    orders: [],
    range: { offset: 0, limit: null },
    embedding,
    children: [],
  };
  counter.next += 1;
  for (const item of select) {
    if (item.kind !== 'relation') continue;
    const relationship = findRelationship(planning, source, item);
    const key = item.alias ?? item.name;
    if (
      item.spread &&
      relationship.cardinality !== 'many-to-one' &&
      relationship.cardinality !== 'one-to-one'
    ) {
      throw new RestError(400, 'PGRST119', `A spread operation on '${key}' is not possible`, {
        details: `'${source.name}' and '${key}' do not form a many-to-one or one-to-one relationship`,
      });
    }
    const below: Embedding = {
      relationship,
      parentAlias: level.alias,
      key,
      name: item.name,
      join: item.join ?? 'left',
      spread: item.spread,
    };
    level.children.push(planLevel(planning, relationship.foreignTable, item.select, below, counter));
  }
  return level;
}

function resolveOutput({ catalog }: Planning, source: Source, item: SelectedField): Output {
  if (item.field.name === '*' && item.field.path.length === 0) return { kind: 'all' };
  return {
    kind: 'field',
    field: resolveField(source, item.field),
    alias: item.alias,
    cast: item.cast === null ? null : findType(catalog, item.cast),
  };
}

function resolveField(source: Source, field: Field): KnownField {
  return { column: findColumn(source, field.name), path: field.path };
}

/** What the SQL standard calls types that the catalog knows by another name. */
const otherNames: Readonly<Record<string, string>> = {
  int: 'int4',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  real: 'float4',
  float: 'float8',
  'double precision': 'float8',
  decimal: 'numeric',
  dec: 'numeric',
  boolean: 'bool',
  'character varying': 'varchar',
  character: 'bpchar',
  char: 'bpchar',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
};

function findType(catalog: Catalog, asked: string): string {
  const lower = asked.toLowerCase();
  const type = catalog.types.get(otherNames[lower] ?? lower);
  if (type === undefined) throw new RestError(400, '42704', `type "${lower}" does not exist`);
  return type;
}

function resolveCondition(level: Level, condition: Condition): KnownCondition {
  if (condition.kind === 'logic') {
    return { ...condition, terms: condition.terms.map((term) => resolveCondition(level, term)) };
  }
  const { field, negated, comparison } = condition;
  const child = field.path.length === 0 ? childOf(level, field.name) : undefined;
  if (child !== undefined && comparison.kind === 'is' && /null/.test(comparison.value)) {
    return { kind: 'embedded', level: child, present: (comparison.value === 'not_null') !== negated };
  }
  if (child !== undefined && !level.source.columns.has(field.name)) {
    throw new RestError(400, 'PGRST120', `Bad operator on the '${field.name}' embedded resource`, {
      details: 'Only is null or not is null filters are allowed on embedded resources',
    });
  }
  return { kind: 'filter', field: resolveField(level.source, field), negated, comparison };
}

function resolveOrder(level: Level, term: OrderTerm): KnownOrder {
  const { direction, nulls } = term;
  if (term.relation === null) {
    return { level: null, field: resolveField(level.source, term.field), direction, nulls };
  }
  const child = childOf(level, term.relation);
  if (child === undefined) throw notEmbedded(term.relation);
  if (!isToOne(child)) {
    throw new RestError(400, 'PGRST118', `A related order on '${term.relation}' is not possible`, {
      details: `'${level.source.name}' and '${term.relation}' do not form a many-to-one or one-to-one relationship`,
    });
  }
  return { level: child, field: resolveField(child.source, term.field), direction, nulls };
}

/** True when the level is one row at most for each row above. */
export function isToOne(level: Level): boolean {
  const cardinality = level.embedding?.relationship.cardinality;
  return cardinality === 'many-to-one' || cardinality === 'one-to-one';
}

function childOf(level: Level, key: string): Level | undefined {
  return level.children.find(({ embedding }) => embedding?.key === key);
}

function levelAt(root: Level, path: AtPath<unknown>['path']): Level {
  let level = root;
  for (const word of path) {
    const child = level.children.find(({ embedding }) => embedding?.key === word || embedding?.name === word);
    if (child === undefined) throw notEmbedded(word);
    level = child;
  }
  return level;
}

function notEmbedded(resource: string): RestError {
  return new RestError(400, 'PGRST108', `'${resource}' is not an embedded resource in this request`, {
    hint: `Verify that '${resource}' is included in the 'select' query parameter.`,
  });
}

function restrict(level: Level, maxRows: number | null): void {
  if (maxRows !== null) {
    const { offset, limit } = level.range;
    level.range = { offset, limit: limit === null ? maxRows : Math.min(limit, maxRows) };
  }
  for (const child of level.children) restrict(child, maxRows);
}
