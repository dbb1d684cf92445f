/** The rows of a JSON body as a from-item called pgrst_body, each key a column of its type. */
import type { Column } from '../catalog/model.ts';
import { bind, catalogText, empty, join, name, type Sql, sql } from '../sql-text.ts';

/** A body of rows. */
export interface Rows {
  readonly text: string;
  readonly isObject: boolean;
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'default'>[];
  /** Missing keys get the column's default instead of null. */
  readonly defaults: boolean;
}

/** `from (...) pgrst_payload, lateral (...) pgrst_body`. @param single take one row at most */
export function fromPayload(rows: Rows, single: boolean): Sql {
  const { columns, isObject, defaults } = rows;
  const type = defaults ? sql`jsonb` : sql`json`;
  const payload = sql`from (select ${bind(rows.text)}::${type} as json_data) pgrst_payload`;
  const completed = defaults ? completedRows(rows) : empty;
  const data = defaults ? sql`pgrst_defaults.val` : sql`pgrst_payload.json_data`;
  return sql`${payload}${completed}, lateral (${single && !isObject ? limited(rowsOf()) : rowsOf()}) pgrst_body`;

  function rowsOf(): Sql {
    if (columns.length === 0) {
      return isObject ? sql`select 1` : sql`select 1 from ${type}_array_elements(${data}) _`;
    }
    const names = join(columns.map((column) => name(column.name)));
    const typed = join(columns.map((column) => sql`${name(column.name)} ${catalogText(column.type)}`));
    const call = isObject ? sql`${type}_to_record` : sql`${type}_to_recordset`;
    return sql`select ${names} from ${call}(${data}) as _(${typed})`;
  }
}

function limited(rows: Sql): Sql {
  return sql`${rows} limit 1`;
}

/** Each row laid over an object of the defaults. */
function completedRows({ columns, isObject }: Rows): Sql {
  const pairs = columns.flatMap((column) =>
    column.default === null ? [] : [sql`${bind(column.name)}::text, ${catalogText(column.default)}`],
  );
  const defaults = sql`jsonb_build_object(${join(pairs)})`;
  return isObject
    ? sql`, lateral (select ${defaults} || pgrst_payload.json_data as val) pgrst_defaults`
    : sql`, lateral (select jsonb_agg(${defaults} || elem) as val from jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_defaults`;
}
