/** Lints on what grows old: extensions, indexes, tables that swell, types an upgrade cannot carry over. */
import { explained, type PostgresLint, relationsIn } from './lint.ts';

export const upkeepLints: readonly PostgresLint[] = [
  {
    name: 'extension_in_public',
    title: 'Extension in schema public',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'Its functions and types stand among those the API exposes.',
    remediation: explained('0014_extension_in_public'),
    roles: [],
    find: (sql) => sql`
      select format('Extension "%s" is in schema public', e.extname) as detail,
        jsonb_build_object('schema', 'public', 'name', e.extname, 'type', 'extension') as metadata,
        jsonb_build_array(e.extname) as key
      from pg_catalog.pg_extension e
      -- Some can be nowhere else: their script says so.
      where e.extnamespace = to_regnamespace('public') and e.extrelocatable
      order by e.extname`,
  },
  {
    name: 'extension_versions_outdated',
    title: 'Extension that is older than its files',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'The server has newer files of it than what is installed in this database.',
    remediation: explained('0022_extension_versions_outdated'),
    roles: [],
    find: (sql) => sql`
      select format('Extension "%s" is %s, and %s is there', e.name, e.installed_version, e.default_version) as detail,
        jsonb_build_object('name', e.name, 'type', 'extension', 'installed_version', e.installed_version,
          'default_version', e.default_version) as metadata,
        jsonb_build_array(e.name, e.installed_version) as key
      from pg_catalog.pg_available_extensions e
      where e.installed_version is not null and e.installed_version <> e.default_version
      order by e.name`,
  },
  {
    name: 'unsupported_reg_types',
    title: 'Column of a type an upgrade cannot carry over',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'pg_upgrade refuses a database with such columns.',
    remediation: explained('0018_unsupported_reg_types'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has the column "%s" of type %s', t.schema, t.relname, a.attname, y.typname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'column', a.attname, 'column_type', y.typname)
          as metadata,
        jsonb_build_array(t.schema, t.relname, a.attname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_type y on y.oid = a.atttypid
      join pg_catalog.pg_namespace yn on yn.oid = y.typnamespace and yn.nspname = 'pg_catalog'
      where t.relkind in ('r', 'p', 'm', 'f')
        and y.typname in ('regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc',
                          'regprocedure')
      order by t.schema, t.relname, a.attname`,
  },
  {
    name: 'invalid_index',
    title: 'Index that is not used because it is broken',
    level: 'WARN',
    categories: ['PERFORMANCE'],
    description: 'What a CREATE INDEX CONCURRENTLY leaves that failed: written on every change, never read.',
    remediation: explained('0030_invalid_index'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Index "%s" of table "%s.%s" is invalid', x.relname, t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'index_name', x.relname) as metadata,
        jsonb_build_array(t.schema, t.relname, x.relname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_index i on i.indrelid = t.oid
      join pg_catalog.pg_class x on x.oid = i.indexrelid
      where not i.indisvalid
        -- One of a partitioned table is invalid until all its parts are there; one being built is not broken.
        and x.relkind = 'i' and i.indisready
        and not exists (select from pg_catalog.pg_stat_progress_create_index b where b.index_relid = i.indexrelid)
      order by t.schema, t.relname, x.relname`,
  },
  {
    name: 'unused_index',
    title: 'Index nobody ever read',
    level: 'INFO',
    categories: ['PERFORMANCE'],
    description:
      'Not read since statistics began, and written on every change. A replica may read it all the same.',
    remediation: explained('0005_unused_index'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Index "%s" of table "%s.%s" was never read', s.indexrelname, t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'index_name', s.indexrelname) as metadata,
        jsonb_build_array(t.schema, t.relname, s.indexrelname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_stat_user_indexes s on s.relid = t.oid and s.idx_scan = 0
      join pg_catalog.pg_index i on i.indexrelid = s.indexrelid and not i.indisunique and not i.indisprimary
      order by t.schema, t.relname, s.indexrelname`,
  },
  {
    name: 'table_bloat',
    title: 'Table that is mostly empty space',
    level: 'INFO',
    categories: ['PERFORMANCE'],
    description: 'Far more pages than its rows need, by the statistics of the planner.',
    remediation:
      'Look at what keeps autovacuum from it; VACUUM FULL at a quiet time gives the space back, and locks the table.',
    roles: [],
    // splinter's estimate: header and alignment of a row, its average width, and the pages that many rows would take.
    find: (sql, scope) => sql`
      with widths as (
        select t.oid, t.schema, t.relname, t.relpages, t.reltuples, current_setting('block_size')::numeric as page,
          sum((1 - s.null_frac) * s.avg_width) as width, max(s.null_frac) as nulls,
          23 + 1 + count(*) filter (where s.null_frac <> 0) / 8 as null_header
        from ${relationsIn(sql, scope)} t
        join pg_catalog.pg_stats s on s.schemaname = t.schema and s.tablename = t.relname and not s.inherited
        where t.relkind = 'r' and t.reltuples > 0
        group by t.oid, t.schema, t.relname, t.relpages, t.reltuples
      ), rows as (
        select w.*,
          (w.width + 23 + 4 - (case when 23 % 4 = 0 then 4 else 23 % 4 end))::numeric as data_header,
          (w.nulls * (w.null_header + 4 - (case when w.null_header % 4 = 0 then 4 else w.null_header % 4 end)))::numeric as null_share
        from widths w
      ), pages as (
        select r.*,
          ceil(r.reltuples * (r.data_header + 4
            - (case when r.data_header % 4 = 0 then 4 else r.data_header % 4 end) + r.null_share + 4) / (r.page - 20))::numeric as needed
        from rows r
      )
      select format('Table "%s.%s" takes %s times the pages it needs', p.schema, p.relname, round(p.relpages / p.needed, 1)) as detail,
        jsonb_build_object('schema', p.schema, 'name', p.relname, 'type', 'table',
          'wasted_mb', round(p.page * (p.relpages - p.needed) / 1048576)) as metadata,
        jsonb_build_array(p.schema, p.relname) as key
      from pages p
      where p.needed > 0 and p.relpages / p.needed > 70 and p.page * (p.relpages - p.needed) > 20 * 1024 * 1024
      order by p.schema, p.relname`,
  },
];
