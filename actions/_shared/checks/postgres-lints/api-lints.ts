/** Lints on what the Data API, GraphQL and Storage show of a database. */
import { apiSchemas, explained, type PostgresLint, relationsIn } from './lint.ts';

/** Columns whose names say that they hold something about a person, or a key. After splinter's list. */
const SENSITIVE =
  '^(password|passwd|pwd|passphrase|secret|secret_key|private_key|api_key|apikey|auth_key|token|jwt|access_token|refresh_token|oauth_token|session_token|bearer_token|auth_code|session_id|session_key|session_secret|recovery_code|backup_code|verification_code|otp|two_factor|2fa_secret|2fa_code|ssn|social_security|social_security_number|drivers?_license|license_number|passport_number|passport_id|national_id|tax_id|credit_card|card_number|cvv|cvc|cvn|bank_account|account_number|routing_number|iban|swift_code|bic|health_record|medical_record|patient_id|insurance_number|health_insurance|medical_insurance|treatment|mac_address|macaddr|imei|device_uuid|pgp_key|gpg_key|ssh_key|certificate|license_key|activation_key|facial_recognition)$';

/** Order: what endangers data first. */
export const apiLints: readonly PostgresLint[] = [
  {
    name: 'auth_users_exposed',
    title: "View that shows people's accounts",
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'A view over auth.users can be read through the API.',
    remediation: explained('0002_auth_users_exposed'),
    roles: ['anon', 'authenticated'],
    about: ['auth.users'],
    needsApi: true,
    find: (sql, scope) => sql`
      select format('View "%s.%s" shows auth.users to %s', v.schema, v.relname, g.who) as detail,
        jsonb_build_object('schema', v.schema, 'name', v.relname, 'type', 'view', 'exposed_to', g.roles) as metadata,
        jsonb_build_array(v.schema, v.relname) as key
      from (
        select distinct c.oid, n.nspname as schema, c.relname, c.relkind, c.reloptions
        from pg_catalog.pg_depend d
        join pg_catalog.pg_rewrite r on r.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::regclass
        join pg_catalog.pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm')
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where d.refobjid = to_regclass('auth.users') and n.nspname = any (${apiSchemas(scope)}::text[])
      ) v
      cross join lateral (
        select string_agg(r.rolname, ', ' order by r.rolname) as who, jsonb_agg(r.rolname order by r.rolname) as roles
        from pg_catalog.pg_roles r
        where r.rolname in ('anon', 'authenticated') and has_table_privilege(r.oid, v.oid, 'select')
      ) g
      where g.who is not null
        -- With the rights of its reader, it shows what row level security of auth.users shows.
        and not (v.relkind = 'v' and (select relrowsecurity from pg_catalog.pg_class where oid = to_regclass('auth.users'))
                 and coalesce((select o.option_value::boolean from pg_catalog.pg_options_to_table(v.reloptions) o
                               where o.option_name = 'security_invoker'), false))
      order by v.schema, v.relname`,
  },
  {
    name: 'sensitive_columns_exposed',
    title: 'Sensitive columns without row level security',
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'The API shows every row of a table whose columns sound like keys or personal data.',
    remediation: explained('0023_sensitive_columns_exposed'),
    roles: ['anon', 'authenticated'],
    needsApi: true,
    find: (sql, scope) => sql`
      select format('Table "%s.%s" is open and has the columns %s', t.schema, t.relname, string_agg(a.attname, ', ' order by a.attname)) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table',
          'sensitive_columns', jsonb_agg(a.attname order by a.attname)) as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, { schemas: scope.apiSchemas ?? [] })} t
      join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      where t.relkind in ('r', 'p') and not t.relrowsecurity
        and (has_table_privilege('anon', t.oid, 'select') or has_table_privilege('authenticated', t.oid, 'select'))
        and replace(lower(a.attname), '-', '_') ~ ${SENSITIVE}
      group by t.schema, t.relname
      order by t.schema, t.relname`,
  },
  {
    name: 'insecure_queue_exposed_in_api',
    title: 'Queue open to everybody',
    level: 'ERROR',
    categories: ['SECURITY'],
    description: 'A queue of pgmq without row level security, while the API exposes pgmq_public.',
    remediation: explained('0019_insecure_queue_exposed_in_api'),
    roles: ['anon', 'authenticated'],
    about: ['schema:pgmq'],
    needsApi: true,
    find: (sql, scope) => sql`
      select format('Queue "pgmq.%s" has no row level security', c.relname) as detail,
        jsonb_build_object('schema', 'pgmq', 'name', c.relname, 'type', 'table') as metadata,
        jsonb_build_array('pgmq', c.relname) as key
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'pgmq'
      where c.relkind in ('r', 'p') and not c.relrowsecurity and c.relname like 'q\\_%'
        and (has_table_privilege('anon', c.oid, 'select') or has_table_privilege('authenticated', c.oid, 'select'))
        and 'pgmq_public' = any (${apiSchemas(scope)}::text[])
      order by c.relname`,
  },
  {
    name: 'fkey_to_auth_unique',
    title: 'Foreign key to a column of schema auth that may change',
    level: 'ERROR',
    categories: ['SECURITY'],
    description:
      'It refers to a unique constraint of schema auth other than a primary key, which an upgrade may drop.',
    remediation: explained('0021_fkey_to_auth_unique'),
    roles: [],
    about: ['schema:auth'],
    find: (sql, scope) => sql`
      select format('Table "%s.%s" has a foreign key "%s" to a unique constraint of schema auth', t.schema, t.relname, k.conname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table', 'foreign_key', k.conname) as metadata,
        jsonb_build_array(t.schema, t.relname, k.conname) as key
      from ${relationsIn(sql, scope)} t
      join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
      join pg_catalog.pg_class r on r.oid = k.confrelid
      join pg_catalog.pg_namespace n on n.oid = r.relnamespace and n.nspname = 'auth'
      join pg_catalog.pg_index i on i.indexrelid = k.conindid and i.indisunique and not i.indisprimary
      order by t.schema, t.relname, k.conname`,
  },
  {
    name: 'materialized_view_in_api',
    title: 'Materialized view in the API',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'Row level security does not reach materialized views: whoever may select sees every row.',
    remediation: explained('0016_materialized_view_in_api'),
    roles: ['anon', 'authenticated'],
    needsApi: true,
    find: (sql, scope) => sql`
      select format('Materialized view "%s.%s" can be read through the API', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'materialized view') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, { schemas: scope.apiSchemas ?? [] })} t
      where t.relkind = 'm'
        and (has_table_privilege('anon', t.oid, 'select') or has_table_privilege('authenticated', t.oid, 'select'))
      order by t.schema, t.relname`,
  },
  {
    name: 'foreign_table_in_api',
    title: 'Foreign table in the API',
    level: 'WARN',
    categories: ['SECURITY'],
    description: 'Row level security does not reach foreign tables: whoever may select sees every row.',
    remediation: explained('0017_foreign_table_in_api'),
    roles: ['anon', 'authenticated'],
    needsApi: true,
    find: (sql, scope) => sql`
      select format('Foreign table "%s.%s" can be read through the API', t.schema, t.relname) as detail,
        jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'foreign table') as metadata,
        jsonb_build_array(t.schema, t.relname) as key
      from ${relationsIn(sql, { schemas: scope.apiSchemas ?? [] })} t
      where t.relkind = 'f'
        and (has_table_privilege('anon', t.oid, 'select') or has_table_privilege('authenticated', t.oid, 'select'))
      order by t.schema, t.relname`,
  },
  {
    name: 'public_bucket_allows_listing',
    title: 'Bucket whose files anybody can list',
    level: 'WARN',
    categories: ['SECURITY'],
    description:
      'A public bucket needs no policy to hand out files; a broad one lets everybody list them all.',
    remediation: explained('0025_public_bucket_allows_listing'),
    roles: [],
    about: ['storage.buckets', 'storage.objects'],
    find: (sql) => sql`
      select format('Public bucket "%s" can be listed: %s', b.name, string_agg(p.policyname, ', ' order by p.policyname)) as detail,
        jsonb_build_object('schema', 'storage', 'name', b.name, 'type', 'bucket', 'bucket_id', b.id,
          'policy_names', jsonb_agg(p.policyname order by p.policyname)) as metadata,
        jsonb_build_array(b.id) as key
      from storage.buckets b
      join pg_catalog.pg_policies p
        on p.schemaname = 'storage' and p.tablename = 'objects' and p.cmd in ('SELECT', 'ALL') and p.permissive = 'PERMISSIVE'
        and p.roles && array['public', 'anon', 'authenticated']::name[]
      where b.public
        and (
          regexp_replace(lower(coalesce(p.qual, 'true')), '\\s', '', 'g') in ('true', '(true)', '1=1', '(1=1)')
          or (regexp_match(p.qual, '^\\s*\\(*\\s*bucket_id\\s*=\\s*(''(?:[^'']|'''')*'')(?:\\s*::\\s*[[:alnum:]_.]+)?\\s*\\)*\\s*$', 'i'))[1]
             = quote_literal(b.id)
        )
      group by b.id, b.name
      order by b.id`,
  },
  ...(['anon', 'authenticated'] as const).map(
    (role, index): PostgresLint => ({
      name: `pg_graphql_${role}_table_exposed`,
      title:
        role === 'anon'
          ? 'Structure that GraphQL shows to everybody'
          : 'Structure that GraphQL shows to the signed-in',
      level: 'WARN',
      categories: ['SECURITY'],
      description:
        'What a role may select, introspection of pg_graphql describes to it, row level security or not.',
      remediation: explained(`${index === 0 ? '0026' : '0027'}_pg_graphql_${role}_table_exposed`),
      roles: [role],
      about: ['extension:pg_graphql'],
      find: (sql, scope) => sql`
        select format('"%s.%s" is described to %s by GraphQL', t.schema, t.relname, ${role}::text) as detail,
          jsonb_build_object('schema', t.schema, 'name', t.relname, 'type', 'table') as metadata,
          jsonb_build_array(t.schema, t.relname) as key
        from ${relationsIn(sql, scope)} t
        where t.relkind in ('r', 'p', 'v', 'm') and has_table_privilege(${role}::text, t.oid, 'select')
        order by t.schema, t.relname`,
    }),
  ),
];
