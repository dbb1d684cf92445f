/** Prints what people and functions may call and read, as Markdown, from the catalogs and their comments. */
import type { Sql } from 'postgres';

interface Callable {
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
  readonly comment: string | null;
  readonly roles: readonly string[];
}

interface Relation {
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly comment: string | null;
  readonly roles: readonly string[];
}

/**
 * The reference of a schema's interface: functions that signed-in users or service_role may call, tables and views they
 * may read. What only migrations and the schema itself use is left out.
 */
export async function schemaReference(sql: Sql, schema: string): Promise<string> {
  const [functions, relations] = [await callables(sql, schema), await readables(sql, schema)];
  return [
    `## Functions of schema ${schema}`,
    '',
    ...functions.flatMap(({ name, arguments: args, result, comment, roles }) => [
      `### ${name}`,
      '',
      `    ${schema}.${name}(${args}) -> ${result}`,
      '',
      `${comment ?? ''} For ${roles.join(' and ')}.`,
      '',
    ]),
    ...(relations.length === 0
      ? []
      : [
          `## Tables and views of schema ${schema}`,
          '',
          '| name | what it holds | read by |',
          '|---|---|---|',
          ...relations.map(
            ({ name, kind, comment, roles }) =>
              `| ${name}${kind === 'view' ? ' (view)' : ''} | ${(comment ?? '').replaceAll('|', '\\|')} | ${roles.join(', ')} |`,
          ),
          '',
        ]),
  ].join('\n');
}

async function callables(sql: Sql, schema: string): Promise<readonly Callable[]> {
  return sql<Callable[]>`
    select p.proname as name, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result,
           obj_description(p.oid, 'pg_proc') as comment, granted.roles
    from pg_proc p
    cross join lateral (
      select array_agg(r.rolname::text order by r.rolname) as roles
      from pg_roles r
      where r.rolname in ('anon', 'authenticated', 'service_role') and has_function_privilege(r.oid, p.oid, 'execute')
    ) granted
    where p.pronamespace = ${schema}::regnamespace and granted.roles is not null
      -- In public only what our migrations made.
      and (${schema} <> 'public' or obj_description(p.oid, 'pg_proc') is not null)
    order by 1, 2`;
}

async function readables(sql: Sql, schema: string): Promise<readonly Relation[]> {
  return sql<Relation[]>`
    select c.relname as name, case c.relkind when 'v' then 'view' else 'table' end as kind,
           obj_description(c.oid, 'pg_class') as comment, granted.roles
    from pg_class c
    cross join lateral (
      select array_agg(r.rolname::text order by r.rolname) as roles
      from pg_roles r
      where r.rolname in ('anon', 'authenticated', 'service_role') and has_table_privilege(r.oid, c.oid, 'select')
    ) granted
    where c.relnamespace = ${schema}::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and granted.roles is not null and obj_description(c.oid, 'pg_class') is not null
    order by 1`;
}
