/** The outer select: the body is made in the database, so one row comes back whatever the size of the answer. */
import type { Returns } from '../catalog/model.ts';
import type { Media } from '../media.ts';
import { bind, empty, join, type Sql, sql } from '../sql-text.ts';

/** How the statement is put together. */
export interface Response {
  /** What pgrst_source is: the rows themselves, a mutation or a call. */
  readonly source: Sql;
  /** The rows of the answer, read from pgrst_source. */
  readonly rows: Sql;
  /** One row for each row there is, limits aside; null when nobody asked. */
  readonly count: Sql | null;
  /** Null for no body. */
  readonly body: { readonly media: Media; readonly returns: Returns | null } | null;
  /** Columns of the Location header; null for none. */
  readonly location: readonly string[] | null;
}

/** Columns of the one row that comes back, in this order. */
export const responseColumns = [
  'total',
  'rows',
  'location',
  'body',
  'headers',
  'status',
  'inserted',
] as const;

/** The statement. */
export function respond(response: Response): Sql {
  const { source, rows, count, body, location } = response;
  const counted = count === null ? empty : sql`, pgrst_source_count as (${count})`;
  const total =
    count === null ? sql`null::bigint` : sql`(select pg_catalog.count(*) from pgrst_source_count)`;
  return sql`with pgrst_source as (${source})${counted}
    select ${total} as total, pg_catalog.count(_postgrest_t) as rows, ${location === null ? sql`null::json` : locationOf(location)} as location,
      ${body === null ? sql`''` : bodyOf(body.media, body.returns)} as body,
      nullif(current_setting('response.headers', true), '') as headers,
      nullif(current_setting('response.status', true), '') as status,
      nullif(current_setting('pgrst.inserted', true), '') as inserted
    from (${rows}) _postgrest_t`;
}

function bodyOf(media: Media, returns: Returns | null): Sql {
  if (media.shape === 'csv') return csv;
  const strip = (value: Sql): Sql => (media.stripNulls ? sql`json_strip_nulls(${value})` : value);
  const scalar = returns !== null && returns.kind !== 'composite';
  const all = scalar ? sql`json_agg(_postgrest_t.pgrst_scalar)` : sql`json_agg(_postgrest_t)`;
  const one = media.shape === 'object' || (returns !== null && !returns.set);
  return one ? sql`coalesce(${strip(sql`${all}->0`)}, 'null')` : sql`coalesce(${strip(all)}, '[]')`;
}

const csv = sql`(select coalesce(string_agg(a.k, ','), '') from (
    select json_object_keys(r)::text as k from (select row_to_json(hh) as r from pgrst_source as hh limit 1) s) a)
  || E'\\n' || coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`;

/** The key of the one inserted row as filters. */
function locationOf(keys: readonly string[]): Sql {
  return sql`case when pg_catalog.count(_postgrest_t) = 1 then (
    select json_object_agg(each.key, coalesce('eq.' || each.value, 'is.null'))
    from (select row_to_json(first) as data from pgrst_source as first limit 1) one
    cross join json_each_text(one.data) each
    where each.key in (${join(keys.map((key) => bind(key)))})) end`;
}
