/** Lints on functions. */
import { explained, type PostgresLint, routinesIn } from './lint.ts';

/** Order: what endangers data first. */
export const functionLints: readonly PostgresLint[] = [
  {
    name: 'anon_security_definer_function_executable',
    title: 'Function with the rights of its owner, open to everybody',
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'Whoever has the public key, or any role, may call it, and it passes every policy.',
    remediation: explained('0028_anon_security_definer_function_executable'),
    roles: ['anon'],
    find: (sql, scope) => sql`
      select format('Security definer function %s can be called by %s', f.signature, g.who) as detail,
        jsonb_build_object('schema', f.schema, 'name', f.proname, 'type', 'function', 'signature', f.signature) as metadata,
        jsonb_build_array(f.signature) as key
      from ${routinesIn(sql, scope)} f
      cross join lateral (
        -- With or without USAGE on its schema, which may come any day.
        select case when has_function_privilege('public', f.oid, 'execute') then 'everybody' else 'anon' end as who
        where has_function_privilege('anon', f.oid, 'execute')
      ) g
      where f.prosecdef
      order by f.signature`,
  },
  {
    name: 'authenticated_security_definer_function_executable',
    title: 'Function with the rights of its owner, open to the signed-in',
    level: 'WARN',
    categories: ['SECURITY'],
    description:
      'It passes every policy, so it has to check its caller itself. Accept it by its key once somebody has looked.',
    remediation: explained('0029_authenticated_security_definer_function_executable'),
    roles: ['authenticated'],
    find: (sql, scope) => sql`
      select format('Security definer function %s can be called by every signed-in user', f.signature) as detail,
        jsonb_build_object('schema', f.schema, 'name', f.proname, 'type', 'function', 'signature', f.signature) as metadata,
        jsonb_build_array(f.signature) as key
      from ${routinesIn(sql, scope)} f
      where f.prosecdef and has_function_privilege('authenticated', f.oid, 'execute')
      order by f.signature`,
  },
  {
    name: 'function_executable_by_everybody',
    title: 'Function open to everybody',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'A new function may be called by PUBLIC until that is revoked; here it was not.',
    remediation: 'revoke all on function ... from public, and grant it to the roles that need it.',
    roles: [],
    find: (sql, scope) => sql`
      select format('Function %s can be called by everybody', f.signature) as detail,
        jsonb_build_object('schema', f.schema, 'name', f.proname, 'type', 'function', 'signature', f.signature) as metadata,
        jsonb_build_array(f.signature) as key
      from ${routinesIn(sql, scope)} f
      where has_function_privilege('public', f.oid, 'execute')
      order by f.signature`,
  },
  {
    name: 'function_search_path_mutable',
    title: 'Function whose search path its caller decides',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'Names in it can be made to mean other things.',
    remediation: explained('0011_function_search_path_mutable'),
    roles: [],
    find: (sql, scope) => sql`
      select format('Function %s has a mutable search_path', f.signature) as detail,
        jsonb_build_object('schema', f.schema, 'name', f.proname, 'type', 'function', 'signature', f.signature) as metadata,
        jsonb_build_array(f.signature) as key
      from ${routinesIn(sql, scope)} f
      where not exists (select from unnest(f.proconfig) c (setting) where c.setting like 'search_path=%')
      order by f.signature`,
  },
  {
    name: 'function_without_comment',
    title: 'Function that is not explained',
    level: 'INFO',
    categories: ['MAINTAINABILITY'],
    description: 'Nobody can see from the database what it is for.',
    remediation: 'comment on function ... is ...',
    roles: [],
    find: (sql, scope) => sql`
      select format('Function %s has no comment', f.signature) as detail,
        jsonb_build_object('schema', f.schema, 'name', f.proname, 'type', 'function', 'signature', f.signature) as metadata,
        jsonb_build_array(f.signature) as key
      from ${routinesIn(sql, scope)} f
      where nullif(btrim(pg_catalog.obj_description(f.oid, 'pg_proc')), '') is null
      order by f.signature`,
  },
];
