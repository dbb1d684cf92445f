/** Insert, upsert, update and delete. */
import type { Column, Table } from '../catalog/model.ts';
import type { KnownCondition } from '../plan/read-plan.ts';
import { empty, join, name, qualified, type Sql, sql } from '../sql-text.ts';
import { condition, where } from './conditions.ts';
import { fromPayload, type Rows } from './payload.ts';

/** What a mutation gives back to the select after it: columns, `*`, or just that a row was changed. */
export type Returning = readonly string[] | 'all' | 'nothing';

/** What to do with a row whose key exists. */
export interface OnConflict {
  readonly columns: readonly Column[];
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates';
}

/** `insert`. When rows are merged, the setting pgrst.inserted counts the ones that were new. */
export function insert(
  table: Table,
  rows: Rows,
  options: { readonly onConflict: OnConflict | null; readonly returning: Returning },
): Sql {
  const columns = rows.columns.map((column) => name(column.name));
  const target = columns.length === 0 ? empty : sql` (${join(columns)})`;
  const selected = columns.length === 0 ? empty : join(columns.map((column) => sql`pgrst_body.${column}`));
  const conflict = options.onConflict;
  const counted = conflict?.resolution === 'merge-duplicates' && columns.length > 0;
  return sql`insert into ${qualified(table.schema, table.name)}${target} select ${selected} ${fromPayload(rows, false)}${
    counted ? sql` where ${countInserted(sql`+`)}` : empty
  }${conflict === null || conflict.columns.length === 0 ? empty : onConflict(conflict, columns)}${returning(table, options.returning)}`;
}

/** `update`. */
export function update(
  table: Table,
  rows: Rows,
  options: { readonly conditions: readonly KnownCondition[]; readonly returning: Returning },
): Sql {
  const target = qualified(table.schema, table.name);
  if (rows.columns.length === 0) {
    return sql`select ${options.returning === 'nothing' ? sql`null` : sql`*`} from ${target} where false`;
  }
  const changes = join(
    rows.columns.map((column) => sql`${name(column.name)} = pgrst_body.${name(column.name)}`),
  );
  return sql`update ${target} set ${changes} ${fromPayload(rows, true)}${whereOf(table, options.conditions)}${returning(table, options.returning)}`;
}

/** `delete`. */
export function remove(
  table: Table,
  options: { readonly conditions: readonly KnownCondition[]; readonly returning: Returning },
): Sql {
  return sql`delete from ${qualified(table.schema, table.name)}${whereOf(table, options.conditions)}${returning(table, options.returning)}`;
}

function whereOf(table: Table, conditions: readonly KnownCondition[]): Sql {
  const target = qualified(table.schema, table.name);
  return where(conditions.map((each) => condition(target, each, () => sql`true`)));
}

function onConflict({ columns, resolution }: OnConflict, written: readonly Sql[]): Sql {
  const target = join(columns.map((column) => name(column.name)));
  if (resolution === 'ignore-duplicates' || written.length === 0) {
    return sql` on conflict (${target}) do nothing`;
  }
  const changes = join(written.map((column) => sql`${column} = excluded.${column}`));
  return sql` on conflict (${target}) do update set ${changes} where ${countInserted(sql`-`)}`;
}

/** Always true; on its way it counts: every row up, a merged one down again. */
function countInserted(sign: Sql): Sql {
  return sql`set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) ${sign} 1)::text, true) is not null`;
}

function returning(table: Table, what: Returning): Sql {
  if (what === 'nothing') return sql` returning 1`;
  const target = qualified(table.schema, table.name);
  if (what === 'all') return sql` returning ${target}.*`;
  return sql` returning ${join(what.map((column) => sql`${target}.${name(column)}`))}`;
}
