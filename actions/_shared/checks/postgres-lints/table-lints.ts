/** Lints on tables, views and indexes. */
import { explained, type PostgresLint, relationsIn } from './lint.ts';

/** Order: what endangers data first. */
export const tableLints: readonly PostgresLint[] = [
  {
    name: 'rls_disabled',
    title: 'Table without row level security',
    level: 'ERROR',
    categories: ['SECURITY'],
    description:
      'Whoever is granted a verb on the table has it on every row. Partitions count: they can be asked directly.',
    remediation: explained('0013_rls_disabled_in_public'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has no row level security', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, scope)} t
      where t.relkind in ('r', 'p') and not t.relrowsecurity
        -- Where there are policies, policy_exists_rls_disabled says it better.
        and not exists (select from pg_catalog.pg_policy p where p.polrelid = t.oid)
      order by t.schema, t.relname`,
  },
  {
    name: 'security_definer_view',
    title: 'View with the rights of its owner',
    level: 'ERROR',
    categories: ['SECURITY'],
    description:
      'A view without security_invoker shows what its owner may see, past the policies of the tables below it.',
    remediation: explained('0010_security_definer_view'),
    roles: [],
    find: (sql, scope) => sql`
      select format('View "%s.%s" is without security_invoker', v.schema, v.relname) as detail,
        jsonb_build_object('schema', v.schema, 'name', v.relname, 'type', 'view') as metadata,
        jsonb_build_array(v.schema, v.relname) as key
      from ${relationsIn(sql, scope)} v
      where v.relkind = 'v'
        and not exists (
          select from pg_catalog.pg_options_to_table(v.reloptions) o
          where o.option_name = 'security_invoker' and o.option_value::boolean
        )
      order by v.schema, v.relname`,
  },
  {
    name: 'unindexed_foreign_keys',
    title: 'Foreign key without an index',
    level: 'INFO',
    categories: ['PERFORMANCE'],
    description: 'Every delete or key change of the referenced row scans the whole referencing table.',
    remediation: explained('0001_unindexed_foreign_keys'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has a foreign key "%s" without a covering index', t.schema, t.relname, k.conname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'fkey_name', k.conname) as metadata,
        jsonb_build_array(t.schema, t.relname, k.conname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
      -- A partition's key comes from its parent, and so does its index.
      where k.conparentid = 0
        and not exists (
          select from pg_catalog.pg_index i
          where i.indrelid = t.oid
            and i.indisvalid
            -- The check of a key looks for a value, so an index that leaves out nulls serves it.
            and (
              i.indpred is null
              or pg_catalog.pg_get_expr(i.indpred, t.oid) in (
                select format('(%I IS NOT NULL)', a.attname)
                from pg_catalog.pg_attribute a where a.attrelid = t.oid and a.attnum = any (k.conkey)
              )
            )
            -- In any order, as long as the columns of the key come first.
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
        )
      order by t.schema, t.relname, k.conname`,
  },
  {
    name: 'duplicate_index',
    title: 'Index that exists twice',
    level: 'WARN',
    categories: ['PERFORMANCE'],
    description: 'Both are written on every change, one is enough to read.',
    remediation: explained('0009_duplicate_index'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has identical indexes %s', d.schema, d.relname, d.names) as detail,
        jsonb_build_object('schema', d.schema, 'name', d.relname, 'type', 'table', 'indexes', d.indexes) as metadata,
        jsonb_build_array(d.schema, d.relname, d.names) as key
      from (
        select t.schema, t.relname, string_agg(x.relname, ', ' order by x.relname) as names,
          jsonb_agg(x.relname order by x.relname) as indexes
        from ${relationsIn(sql, scope)} t
        join pg_catalog.pg_index i on i.indrelid = t.oid
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        group by t.schema, t.relname, x.relam, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
          i.indnkeyatts, pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid)
        having count(*) > 1
      ) d
      order by d.schema, d.relname, d.names`,
  },
  {
    name: 'no_primary_key',
    title: 'Table without a primary key',
    level: 'INFO',
    categories: ['PERFORMANCE'],
    description: 'Rows cannot be named: no replication, no safe retry, no page by key.',
    remediation: explained('0004_no_primary_key'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has no primary key', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, scope)} t
      where t.relkind in ('r', 'p')
        and not exists (select from pg_catalog.pg_index i where i.indrelid = t.oid and i.indisprimary)
      order by t.schema, t.relname`,
  },
  {
    name: 'relation_without_comment',
    title: 'Table or view that is not explained',
    level: 'INFO',
    categories: ['MAINTAINABILITY'],
    description: 'Nobody can see from the database what it is for.',
    remediation: 'comment on table ... is ...; a partition is explained by its parent.',
    roles: [],
    find: (sql, scope) => sql`
      select format('"%s.%s" has no comment', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, scope)} t
      where t.relkind in ('r', 'p', 'v', 'm', 'f')
        and not t.relispartition
        and nullif(btrim(pg_catalog.obj_description(t.oid, 'pg_class')), '') is null
      order by t.schema, t.relname`,
  },
];
