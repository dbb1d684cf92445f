/** Everything of ours that a role could touch, from the catalogs: nothing is missed because nobody listed it. */
import type { Sql, TransactionSql } from 'postgres';

/** A table, partition, view, materialized view or foreign table of schema ops, or of ours in public. */
export interface Relation {
  /** ops.builds */
  readonly name: string;
  readonly kind: 'table' | 'partition' | 'view';
  /** The partitioned table on top, for a partition. */
  readonly parent: string | null;
  /** Columns that may be assigned to, with the API roles that hold UPDATE on each. */
  readonly columns: readonly { readonly name: string; readonly roles: readonly string[] }[];
}

/** A function or procedure of schema ops, or of ours in public. */
export interface Routine {
  /** ops.list_jobs */
  readonly name: string;
  readonly signature: string;
  /** A statement that calls it with nulls. */
  readonly callWithNulls: string;
}

/** Relations by name. What extensions own is theirs. */
export async function readRelations(sql: Sql | TransactionSql): Promise<readonly Relation[]> {
  return await sql<Relation[]>`
    select c.relnamespace::regnamespace || '.' || c.relname as name,
      case when c.relkind in ('v', 'm', 'f') then 'view' when c.relispartition then 'partition' else 'table' end as kind,
      (
        select p.relnamespace::regnamespace || '.' || p.relname
        from pg_class p where c.relispartition and p.oid = pg_partition_root(c.oid)
      ) as parent,
      (
        select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'roles', array(
          select r.rolname from pg_roles r
          where r.rolname in ('anon', 'authenticated', 'service_role')
            and has_column_privilege(r.oid, c.oid, a.attnum, 'update')
        )) order by a.attnum), '[]')
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity <> 'a' and a.attgenerated = ''
      ) as columns
    from pg_class c
    where c.relnamespace in (select oid from pg_namespace where nspname in ('ops', 'public'))
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by 1
  `;
}

/** Functions by name. */
export async function readRoutines(sql: Sql | TransactionSql): Promise<readonly Routine[]> {
  // The arguments come out of a subquery, or a strict function of constants would be folded away before anybody asks
  // whether the role may call it.
  return await sql<Routine[]>`
    select p.pronamespace::regnamespace || '.' || p.proname as name, p.oid::regprocedure::text as signature,
      case p.prokind
        when 'p' then format('call %I.%I(%s)', n.nspname, p.proname, nulls.plain)
        else format(
          'select %I.%I(%s) from (select %s offset 0) a',
          n.nspname, p.proname, nulls.named, coalesce(nullif(nulls.selected, ''), '1')
        )
      end as "callWithNulls"
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    cross join lateral (
      select coalesce(string_agg(format('null::%s', t.type::regtype), ', ' order by t.n), '') as plain,
        string_agg(format('null::%s as a%s', t.type::regtype, t.n), ', ' order by t.n) as selected,
        coalesce(string_agg(
          case when p.provariadic <> 0 and t.n = p.pronargs then 'variadic ' else '' end || 'a.a' || t.n, ', ' order by t.n
        ), '') as named
      from unnest(p.proargtypes::oid[]) with ordinality t (type, n)
    ) nulls
    where n.nspname in ('ops', 'public')
      and p.prokind in ('f', 'p')
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    order by 1, 2
  `;
}

/**
 * Rights beyond the four verbs that an API role or everybody holds: truncate goes past row level security, and a sequence
 * can be burnt. There should be none.
 */
export async function readOtherGrants(sql: Sql | TransactionSql): Promise<readonly string[]> {
  const rows = await sql<{ grant: string }[]>`
    select format('%s may %s %s', coalesce(r.rolname, 'public'), lower(g.privilege_type), c.oid::regclass) as grant
    from pg_class c
    cross join lateral aclexplode(c.relacl) g
    left join pg_roles r on r.oid = g.grantee
    where c.relnamespace in (select oid from pg_namespace where nspname in ('ops', 'public'))
      and (g.grantee = 0 or r.rolname in ('anon', 'authenticated', 'service_role'))
      and (c.relkind = 'S' or g.grantee = 0 or g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    union
    select format('%s may create in schema %s', coalesce(r.rolname, 'public'), n.nspname)
    from pg_namespace n
    cross join lateral aclexplode(n.nspacl) g
    left join pg_roles r on r.oid = g.grantee
    where n.nspname = 'ops' and g.privilege_type = 'CREATE' and g.grantee <> n.nspowner
    order by 1
  `;
  return rows.map((row) => row.grant);
}
