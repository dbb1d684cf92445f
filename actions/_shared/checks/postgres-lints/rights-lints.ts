/** Lints on grants and policies that do not fit together: what a caller finds out by an error, or by seeing nothing. */
import { type PostgresLint, relationsIn, routinesIn } from './lint.ts';

/** Order: what breaks callers first. */
export const rightsLints: readonly PostgresLint[] = [
  {
    name: 'function_needs_missing_right',
    title: 'Function that may be called and cannot run',
    level: 'ERROR',
    categories: ['SECURITY'],
    description:
      'It runs with the rights of its caller and calls a function, or names a table, its caller has no right to.',
    remediation: 'Grant what the body needs, take EXECUTE away, or make it security definer and say why.',
    roles: ['authenticated', 'service_role'],
    // Read from the text of the body without comments and literals; what is put together at run time is not seen.
    find: (sql, scope) => sql`
      with bodies as (
        select f.signature, f.schema, f.proname, r.rolname,
          regexp_replace(
            coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc),
            '--[^\n]*|''([^'']|'''')*''', '', 'g'
          ) as text
        from ${routinesIn(sql, scope)} f
        join pg_catalog.pg_roles r on r.rolname in ('authenticated', 'service_role')
        where not f.prosecdef
          and f.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
          and has_function_privilege(r.oid, f.oid, 'execute')
      ), needs as (
        select b.signature, b.schema, b.proname, b.rolname, 'function ' || c.signature as needed
        from bodies b
        cross join lateral regexp_matches(b.text, '\\m(\\w+)\\.(\\w+)\\s*\\(', 'g') m (found)
        join ${routinesIn(sql, scope)} c on c.schema = m.found[1] and c.proname = m.found[2]
        where not has_function_privilege(b.rolname, c.oid, 'execute')
        union
        select b.signature, b.schema, b.proname, b.rolname, format('%s on %s.%s', v.verb, t.schema, t.relname)
        from bodies b
        cross join lateral regexp_matches(
          b.text, '\\m(from|join|insert\\s+into|update|delete\\s+from)\\s+(?:only\\s+)?(\\w+)\\.(\\w+)', 'gi'
        ) m (found)
        cross join lateral (
          select case lower(split_part(m.found[1], ' ', 1)) when 'from' then 'select' when 'join' then 'select'
            else lower(split_part(m.found[1], ' ', 1)) end as verb
        ) v
        join ${relationsIn(sql, scope)} t
          on t.schema = m.found[2] and t.relname = m.found[3] and t.relkind in ('r', 'p', 'v')
        where not case v.verb
          when 'delete' then has_table_privilege(b.rolname, t.oid, 'delete')
          else has_any_column_privilege(b.rolname, t.oid, v.verb)
        end
      )
      select format('%s may call %s, which needs %s', n.rolname, n.signature, n.needed) as detail,
        jsonb_build_object('schema', n.schema, 'name', n.proname, 'type', 'function', 'role', n.rolname, 'needs', n.needed)
          as metadata,
        jsonb_build_array(n.signature, n.rolname, n.needed) as key
      from needs n
      order by n.signature, n.rolname, n.needed`,
  },
  {
    name: 'grant_without_policy',
    title: 'Right to a table whose policies show nothing',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'The role holds the verb, and no policy lets it reach a row: always empty, never an error.',
    remediation: 'Write the policy, or revoke the verb.',
    roles: ['anon', 'authenticated', 'service_role'],
    find: (sql, scope) => sql`
      select format('%s may %s "%s.%s", and no policy shows it a row', r.rolname, v.verb, t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'role', r.rolname, 'verb', v.verb) as metadata,
        jsonb_build_array(t.schema, t.relname, r.rolname, v.verb) as key
      from ${relationsIn(sql, scope)} t
      cross join pg_catalog.pg_roles r
      cross join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) v (verb, cmd)
      where t.relrowsecurity
        -- Stated for service_role too: on a plain server nothing makes it bypass row level security.
        and r.rolname in ('anon', 'authenticated', 'service_role')
        and has_table_privilege(r.oid, t.oid, v.verb)
        and not exists (
          select from pg_catalog.pg_policy p
          where p.polrelid = t.oid and p.polcmd in (v.cmd::"char", '*') and (r.oid = any (p.polroles) or 0 = any (p.polroles))
        )
      order by t.schema, t.relname, r.rolname, v.verb`,
  },
  {
    name: 'policy_without_grant',
    title: 'Policy for a verb nobody granted',
    level: 'INFO',
    categories: ['SECURITY'],
    description: 'The policy lets a role reach rows it has no right to ask for; one of the two is wrong.',
    remediation: 'Grant the verb, or drop the policy.',
    roles: [],
    find: (sql, scope) => sql`
      select format('Policy "%s" of "%s.%s" is for %s, which may not %s', p.polname, t.schema, t.relname, r.rolname, v.verb) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'policy', p.polname, 'verb', v.verb) as metadata,
        jsonb_build_array(t.schema, t.relname, p.polname, r.rolname, v.verb) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_policy p on p.polrelid = t.oid
      join pg_catalog.pg_roles r on r.oid = any (p.polroles)
      join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) v (verb, cmd)
        on p.polcmd in (v.cmd::"char", '*')
      where not case v.verb
        when 'delete' then has_table_privilege(r.oid, t.oid, 'delete')
        else has_any_column_privilege(r.oid, t.oid, v.verb)
      end
      order by t.schema, t.relname, p.polname, r.rolname, v.verb`,
  },
];
