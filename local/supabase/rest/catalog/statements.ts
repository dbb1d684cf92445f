/**
 * The questions to the catalog. Each answers with one row and one column of JSON. They run with an empty search_path, so that
 * format_type and pg_get_expr print qualified names.
 */
import { bind, type Sql, sql } from '../sql-text.ts';

/** Tables and views of the schemas, with columns and primary keys. */
export function readTables(schemas: readonly string[]): Sql {
  return sql`
    select coalesce(json_agg(json_build_object(
      'schema', n.nspname, 'name', c.relname, 'columns', columns.list, 'primaryKey', coalesce(keys.list, '[]'::json))), '[]')
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'name', a.attname, 'type', pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
        'default', case
          when a.attgenerated <> '' then null
          when a.attidentity <> '' then (
            select pg_catalog.format('nextval(%L::regclass)', q.objid::pg_catalog.regclass)
            from pg_catalog.pg_depend q
            where q.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and q.refobjid = c.oid and q.refobjsubid = a.attnum
              and q.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and q.deptype = 'i' limit 1)
          else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end) order by a.attnum), '[]'::json) as list
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) columns
    left join lateral (
      select json_agg(a.attname order by a.attnum) as list
      from pg_catalog.pg_index i
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary) keys on true
    where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
      and n.nspname = any (${bind(arrayLiteral(schemas))}::text[])`;
}

/** Foreign keys between tables of the schemas. */
export function readForeignKeys(schemas: readonly string[]): Sql {
  return sql`
    select coalesce(json_agg(json_build_object(
      'name', k.conname, 'schema', tn.nspname, 'table', t.relname, 'foreignSchema', fn.nspname, 'foreignTable', f.relname,
      'columns', (
        select json_agg(json_build_array(a.attname, b.attname) order by pair.place)
        from unnest(k.conkey, k.confkey) with ordinality as pair (own, other, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.own
        join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.other),
      'unique', exists (
        select from pg_catalog.pg_constraint u
        where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey <@ k.conkey and u.conkey @> k.conkey))
      order by k.conname), '[]')
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class t on t.oid = k.conrelid
    join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    join pg_catalog.pg_class f on f.oid = k.confrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    where k.contype = 'f' and k.conparentid = 0
      and tn.nspname = any (${bind(arrayLiteral(schemas))}::text[]) and fn.nspname = any (${bind(arrayLiteral(schemas))}::text[])`;
}

/** Functions of the schemas. */
export function readRoutines(schemas: readonly string[]): Sql {
  return sql`
    select coalesce(json_agg(json_build_object(
      'schema', n.nspname, 'name', p.proname, 'volatility', p.provolatile, 'set', p.proretset,
      'void', t.oid = 'pg_catalog.void'::pg_catalog.regtype,
      'composite', t.typtype = 'c' or coalesce(p.proargmodes && '{t,b,o}'::"char"[], false),
      'type', pg_catalog.format_type(t.oid, null),
      'table', case when r.relkind in ('r', 'v', 'm', 'f', 'p') then json_build_object('schema', rn.nspname, 'name', r.relname) end,
      'settings', coalesce((
        select json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)))
        from unnest(p.proconfig) s), '[]'::json),
      'parameters', coalesce((
        select json_agg(json_build_object(
          'name', coalesce(p.proargnames[arg.place], ''), 'type', pg_catalog.format_type(arg.type, null),
          'mode', coalesce(p.proargmodes[arg.place], 'i')) order by arg.place)
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as arg (type, place)), '[]'::json),
      'defaults', p.pronargdefaults,
      'attributes', coalesce((
        select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, null)) order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped), '[]'::json)) order by p.oid), '[]')
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_type declared on declared.oid = p.prorettype
    join pg_catalog.pg_type t on t.oid = coalesce(nullif(declared.typbasetype, 0), declared.oid)
    left join pg_catalog.pg_class r on r.oid = t.typrelid and t.typrelid <> 0
    left join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
    where p.prokind = 'f' and n.nspname = any (${bind(arrayLiteral(schemas))}::text[])
      and t.oid not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)`;
}

/** Settings made with `alter role` for the roles the API's own role may become. */
export function readRoleSettings(): Sql {
  return sql`
    select coalesce(json_agg(json_build_object('role', r.rolname, 'settings', (
      select json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)))
      from unnest(r.rolconfig) s
      join pg_catalog.pg_settings known on known.name = split_part(s, '=', 1) and known.context = 'user'))), '[]')
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles r on r.oid = m.roleid
    join pg_catalog.pg_roles me on me.oid = m.member and me.rolname = current_user
    where r.rolconfig is not null`;
}

/** Types a cast may name: the server's own, and those of the schemas. */
export function readTypes(schemas: readonly string[]): Sql {
  return sql`
    select coalesce(json_agg(json_build_array(t.typname, pg_catalog.format_type(t.oid, null)) order by n.nspname = 'pg_catalog'), '[]')
    from pg_catalog.pg_type t
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where t.typtype in ('b', 'd', 'e', 'r', 'm') and t.typelem = 0
      and (n.nspname = 'pg_catalog' or n.nspname = any (${bind(arrayLiteral(schemas))}::text[]))`;
}

/** An array of texts as PostgreSQL reads it. */
export function arrayLiteral(values: readonly string[]): string {
  const elements = values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  return `{${elements.join(',')}}`;
}
