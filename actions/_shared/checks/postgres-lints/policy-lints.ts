/** Lints on row level security policies. */
import { explained, type PostgresLint, relationsIn } from './lint.ts';

/** Order: what endangers data first. */
export const policyLints: readonly PostgresLint[] = [
  {
    name: 'policy_exists_rls_disabled',
    title: 'Policies that are not in force',
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'The table has policies, and row level security is off: they do nothing.',
    remediation: explained('0007_policy_exists_rls_disabled'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has policies (%s) and row level security is off', t.schema, t.relname, p.names) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, scope)} t
      cross join lateral (
        select string_agg(p.polname, ', ' order by p.polname) as names from pg_catalog.pg_policy p where p.polrelid = t.oid
      ) p
      where not t.relrowsecurity and p.names is not null
      order by t.schema, t.relname`,
  },
  {
    name: 'rls_references_user_metadata',
    title: 'Policy that trusts what users write themselves',
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'user_metadata of a JWT is edited by its user.',
    remediation: explained('0015_rls_references_user_metadata'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Policy "%s" of table "%s.%s" refers to user_metadata', p.polname, t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'policy', p.polname) as metadata,
        jsonb_build_array(t.schema, t.relname, p.polname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_policy p on p.polrelid = t.oid
      where concat(pg_catalog.pg_get_expr(p.polqual, t.oid), pg_catalog.pg_get_expr(p.polwithcheck, t.oid)) like '%user_metadata%'
      order by t.schema, t.relname, p.polname`,
  },
  {
    name: 'rls_policy_always_true',
    title: 'Policy that lets users write every row',
    level: 'WARN',
    categories: ['SECURITY'],
    description:
      'A condition that is always true for insert, update or delete switches row level security off for that verb.',
    remediation: explained('0024_permissive_rls_policy'),
    roles: ['anon', 'authenticated'],
    find: (sql, scope) => sql`
      select format('Policy "%s" of table "%s.%s" is true for every row', p.polname, t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'policy', p.polname) as metadata,
        jsonb_build_array(t.schema, t.relname, p.polname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_policy p on p.polrelid = t.oid
      where p.polpermissive
        and p.polcmd <> 'r'
        and exists (
          select from unnest(p.polroles) r (oid)
          where r.oid in (0, 'anon'::regrole, 'authenticated'::regrole)
        )
        -- Without a check, the condition is checked; for insert there is none.
        and (
          (p.polcmd in ('w', 'd', '*') and pg_catalog.pg_get_expr(p.polqual, t.oid) = 'true')
          or (p.polcmd in ('a', 'w', '*') and pg_catalog.pg_get_expr(p.polwithcheck, t.oid) = 'true')
        )
      order by t.schema, t.relname, p.polname`,
  },
  {
    name: 'rls_enabled_no_policy',
    title: 'Row level security without a policy',
    level: 'INFO',
    categories: ['SECURITY'],
    description:
      'Nobody but the owner and roles that bypass row level security sees a row. Right for internal tables, or forgotten.',
    remediation: explained('0008_rls_enabled_no_policy'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has row level security and no policy', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, scope)} t
      -- A partition is asked through its parent, whose policies hold; closed is what it should be.
      where t.relkind in ('r', 'p') and t.relrowsecurity and not t.relispartition
        and not exists (select from pg_catalog.pg_policy p where p.polrelid = t.oid)
      order by t.schema, t.relname`,
  },
  {
    name: 'auth_rls_initplan',
    title: 'Policy that calls a function for every row',
    level: 'WARN',
    categories: ['PERFORMANCE'],
    description:
      'A call that is wrapped as (select f()) is made once per statement. Beyond splinter, which knows auth.*() and current_setting(), this sees every function that is not built in.',
    remediation: explained('0003_auth_rls_initplan'),
    roles: [],
    // The text of each condition is folded from the inside out, one level of brackets a step: what stands inside a
    // (select ...) goes, a call leaves its name marked with @, other brackets just go.
    find: (sql, scope) => sql`
      with recursive conditions as (
        select t.schema, t.relname, p.polname, regexp_replace(e.text, '''([^'']|'''')*''', '', 'g') as text, 0 as step
        from ${relationsIn(sql, scope)} t
        join pg_catalog.pg_policy p on p.polrelid = t.oid
        cross join lateral (
          values (pg_catalog.pg_get_expr(p.polqual, t.oid)), (pg_catalog.pg_get_expr(p.polwithcheck, t.oid))
        ) e (text)
        where e.text is not null
        union all
        select f.schema, f.relname, f.polname,
          regexp_replace(
            regexp_replace(
              regexp_replace(f.text, '\\(\\s*(SELECT|WITH)\\M[^()]*\\)', '', 'gi'),
              '([[:alnum:]_$".]+)\\(([^()]*)\\)', '@\\1 \\2', 'g'
            ),
            '\\((?!\\s*(?:SELECT|WITH)\\M)([^()]*)\\)', '\\1', 'gi'
          ),
          f.step + 1
        from conditions f
        where f.text ~ '\\(' and f.step < 100
      ), calls as (
        select distinct c.schema, c.relname, c.polname, m.found[1] as called
        from conditions c
        cross join lateral regexp_matches(c.text, '@([[:alnum:]_$"]+\\.[[:alnum:]_$"]+|current_setting)', 'g') m (found)
        where c.text !~ '\\('
      )
      select format('Policy "%s" of table "%s.%s" calls %s for every row', c.polname, c.schema, c.relname, c.called) as detail,
        jsonb_build_object('schema', c.schema, 'name', c.relname, 'type', 'table', 'policy', c.polname, 'function', c.called)
          as metadata,
        jsonb_build_array(c.schema, c.relname, c.polname, c.called) as key
      from calls c
      order by c.schema, c.relname, c.polname, c.called`,
  },
  {
    name: 'multiple_permissive_policies',
    title: 'Several policies for one role and verb',
    level: 'WARN',
    categories: ['PERFORMANCE'],
    description: 'Each is evaluated for every row, and a reader has to think of them together.',
    remediation: explained('0006_multiple_permissive_policies'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has several policies for %s by role %s: %s', m.schema, m.relname, m.verb, m.rolname, m.names) as detail,
        jsonb_build_object('schema', m.schema, 'name', m.relname, 'type', 'table', 'role', m.rolname, 'verb', m.verb) as metadata,
        jsonb_build_array(m.schema, m.relname, m.rolname, m.verb) as key
      from (
        select t.schema, t.relname, r.rolname, v.verb, string_agg(p.polname, ', ' order by p.polname) as names
        from ${relationsIn(sql, scope)} t
        join pg_catalog.pg_policy p on p.polrelid = t.oid and p.polpermissive
        join pg_catalog.pg_roles r on r.oid = any (p.polroles) or (p.polroles = '{0}' and r.rolname !~ '^pg_' and not r.rolbypassrls)
        join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) v (cmd, verb)
          on p.polcmd in (v.cmd::"char", '*')
        where t.relrowsecurity
        group by t.schema, t.relname, r.rolname, v.verb
        having count(*) > 1
      ) m
      order by m.schema, m.relname, m.rolname, m.verb`,
  },
];
