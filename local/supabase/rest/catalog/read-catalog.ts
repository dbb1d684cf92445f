import * as z from 'zod';
import type { Pool } from '../../database/pool.ts';
import { render } from '../sql-text.ts';
import { type Catalog, keyOf, type Relationship, type Routine, type Table } from './model.ts';
import { relationshipsOf } from './relationships.ts';
import { readForeignKeys, readRoleSettings, readRoutines, readTables, readTypes } from './statements.ts';

const Column = z.object({ name: z.string(), type: z.string(), default: z.string().nullable() });

const TableRow = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(Column),
  primaryKey: z.array(z.string()),
});

const ForeignKeyRow = z.object({
  name: z.string(),
  schema: z.string(),
  table: z.string(),
  foreignSchema: z.string(),
  foreignTable: z.string(),
  columns: z.array(z.tuple([z.string(), z.string()])),
  unique: z.boolean(),
});
/** A foreign key as the catalog tells it. */
export type ForeignKeyRow = z.infer<typeof ForeignKeyRow>;

const Settings = z.array(z.tuple([z.string(), z.string()]));

const RoutineRow = z.object({
  schema: z.string(),
  name: z.string(),
  volatility: z.enum(['i', 's', 'v']),
  set: z.boolean(),
  void: z.boolean(),
  composite: z.boolean(),
  type: z.string(),
  table: z.object({ schema: z.string(), name: z.string() }).nullable(),
  settings: Settings,
  parameters: z.array(z.object({ name: z.string(), type: z.string(), mode: z.string() })),
  defaults: z.number(),
  attributes: z.array(z.object({ name: z.string(), type: z.string() })),
});

const RoleRow = z.object({ role: z.string(), settings: Settings.nullable() });

/** Reads the catalog for the schemas the API serves. One round trip. @throws what the pool throws */
export async function readCatalog(pool: Pool, schemas: readonly string[]): Promise<Catalog> {
  const questions = [
    readTables(schemas),
    readForeignKeys(schemas),
    readRoutines(schemas),
    readRoleSettings(),
    readTypes([...schemas, 'extensions']),
  ];
  const [, ...answers] = await pool.run([
    { text: `select pg_catalog.set_config('search_path', '', true)`, values: [] },
    ...questions.map((question) => render(question)),
  ]);
  const [tables, keys, routines, roles, types] = answers.map((rows): unknown =>
    JSON.parse(rows[0]?.[0] ?? '[]'),
  );
  const tableMap = indexTables(z.array(TableRow).parse(tables));
  return {
    tables: tableMap,
    relationships: indexRelationships(relationshipsOf(tableMap, z.array(ForeignKeyRow).parse(keys))),
    routines: indexRoutines(z.array(RoutineRow).parse(routines)),
    roleSettings: new Map(
      z
        .array(RoleRow)
        .parse(roles)
        .map(({ role, settings }) => [role, settings ?? []]),
    ),
    types: new Map(z.array(z.tuple([z.string(), z.string()])).parse(types)),
  };
}

function indexTables(rows: readonly z.infer<typeof TableRow>[]): Map<string, Table> {
  return new Map(
    rows.map(({ columns, ...table }) => [
      keyOf(table.schema, table.name),
      { ...table, columns: new Map(columns.map((column) => [column.name, column])) },
    ]),
  );
}

function indexRelationships(all: readonly Relationship[]): Map<string, Relationship[]> {
  const index = new Map<string, Relationship[]>();
  for (const each of all) {
    const key = keyOf(each.table.schema, each.table.name);
    const list = index.get(key);
    if (list === undefined) index.set(key, [each]);
    else list.push(each);
  }
  return index;
}

function indexRoutines(rows: readonly z.infer<typeof RoutineRow>[]): Map<string, Routine[]> {
  const index = new Map<string, Routine[]>();
  for (const row of rows) {
    const key = keyOf(row.schema, row.name);
    index.set(key, [...(index.get(key) ?? []), toRoutine(row)]);
  }
  return index;
}

const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

function toRoutine(row: z.infer<typeof RoutineRow>): Routine {
  const inputs = row.parameters.filter(({ mode }) => 'ibv'.includes(mode));
  const outputs = row.parameters.filter(({ mode }) => 'obt'.includes(mode));
  const columns = outputs.length > 0 ? outputs : row.attributes;
  return {
    schema: row.schema,
    name: row.name,
    volatility: volatilities[row.volatility],
    settings: row.settings,
    parameters: inputs.map(({ name, type, mode }, index) => ({
      name,
      type,
      required: index < inputs.length - row.defaults && mode !== 'v',
      variadic: mode === 'v',
    })),
    returns: {
      set: row.set,
      kind: row.void ? 'void' : row.composite ? 'composite' : 'scalar',
      columns: row.composite ? columns.map(({ name, type }) => ({ name, type, default: null })) : [],
      table: row.table,
    },
  };
}
