import * as z from 'zod';
import type { Queryable } from './connect.ts';

/**
 * A table or view: whether our role may read it, and whether row security hides nothing from us. A table we may not read is
 * judged as the role that applies sees it, for that is who reads it on our behalf.
 */
export const Relation = z.object({ readable: z.boolean(), seesAllRows: z.boolean() });
export type Relation = z.infer<typeof Relation>;

/** What a server offers and what our role may do there. One row, read in one statement. */
export const TargetFacts = z.object({
  database: z.string(),
  /** The role that applies: ours; or, when ours may not write the ledger, the owner of schema ops. */
  user: z.string(),
  /** Our role, when it is another one: it can only look. */
  reader: z.string().nullable(),
  serverVersion: z.string(),
  superuser: z.boolean(),
  /** True when statements reach the server log with their parameters, whatever we set. */
  logsParameters: z.boolean(),
  /** The time zone pg_cron reads schedules in; null where it is not loaded, or older than the setting. */
  cronTimezone: z.string().nullable(),
  /** Installed extensions and their versions. */
  extensions: z.record(z.string(), z.string()),
  /** Schemas that are our local stand-in for an extension, with the version they follow. */
  standIns: z.record(z.string(), z.string()),
  /** `schema.name` of the relations we work with, where they exist. */
  relations: z.record(z.string(), Relation),
  /** `schema.name` of the functions we call, where they exist: whether the role that applies may call every form of it. */
  functions: z.record(z.string(), z.boolean()),
  /** `schema.name` of the functions of ours that read for a role that can only look: whether our role may call them. */
  views: z.record(z.string(), z.boolean()),
});
export type TargetFacts = z.infer<typeof TargetFacts>;

/**
 * Read what the target is. Looks into the catalogs only: `to_regclass` and friends raise when a schema is closed to us.
 */
export async function readTarget(sql: Queryable): Promise<TargetFacts> {
  const rows = await sql`
    with wanted_relations (nspname, relname) as (
      values ('cron', 'job'), ('vault', 'secrets'), ('vault', 'decrypted_secrets'), ('net', '_http_response'),
             ('supabase_migrations', 'schema_migrations'), ('ops', 'job_definitions'), ('ops', 'managed_objects'),
             ('ops', 'reconciliations')
    ), wanted_functions (nspname, proname) as (
      values ('cron', 'schedule'), ('cron', 'schedule_in_database'), ('cron', 'alter_job'), ('cron', 'unschedule'),
             ('vault', 'create_secret'), ('vault', 'update_secret'), ('net', 'http_post')
    ), wanted_views (nspname, proname) as (
      values ('ops', 'plan_cron_jobs'), ('ops', 'plan_secrets'), ('ops', 'plan_projects')
    ), own as (
      select oid, rolname, rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user
    ), applier as (
      select r.oid, r.rolname, r.rolsuper, r.rolbypassrls
      from own, pg_catalog.pg_roles r
      where r.oid = coalesce(
        (select n.nspowner
         from pg_catalog.pg_namespace n
         join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'managed_objects'
         where n.nspname = 'ops' and not pg_catalog.has_table_privilege(c.oid, 'insert')),
        own.oid)
    ), relations as (
      select n.nspname || '.' || c.relname as name,
             open.privileged and (sees.all_rows or exists (
               select from pg_catalog.pg_policy p, unnest(p.polroles) as policy (role)
               where p.polrelid = c.oid and p.polcmd in ('r', '*')
                 and (policy.role = 0 or pg_catalog.pg_has_role(policy.role, 'usage')))) as readable,
             sees.all_rows as sees_all_rows
      from wanted_relations w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.relname
      cross join lateral (
        select pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
      ) as open (privileged)
      join lateral (select * from own where open.privileged union all select * from applier where not open.privileged)
        as viewer on true
      cross join lateral (
        select not c.relrowsecurity or viewer.rolsuper or viewer.rolbypassrls
               or (pg_catalog.pg_has_role(viewer.oid, c.relowner, 'usage') and not c.relforcerowsecurity)
      ) as sees (all_rows)
    ), functions as (
      select n.nspname || '.' || p.proname as name,
             bool_and(pg_catalog.has_schema_privilege(applier.oid, n.oid, 'usage')
                      and pg_catalog.has_function_privilege(applier.oid, p.oid, 'execute')) as callable
      from applier, wanted_functions w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.proname
      group by 1
    ), views as (
      select n.nspname || '.' || p.proname as name,
             pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_function_privilege(p.oid, 'execute')
               as callable
      from wanted_views w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.proname
    )
    select current_database() as database,
           applier.rolname as "user",
           case when applier.oid <> own.oid then own.rolname end as reader,
           current_setting('server_version') as "serverVersion",
           applier.rolsuper as superuser,
           current_setting('log_parameter_max_length') <> '0'
             and (current_setting('log_statement') = 'all'
                  or current_setting('log_min_duration_statement') = '0')
             and not pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set') as "logsParameters",
           nullif(current_setting('cron.timezone', true), '') as "cronTimezone",
           (select coalesce(json_object_agg(extname, extversion), '{}') from pg_catalog.pg_extension) as extensions,
           (select coalesce(json_object_agg(nspname, version), '{}')
            from (select nspname, substring(pg_catalog.obj_description(oid, 'pg_namespace')
                                            from '^Stand-in for .* ([0-9.]+) ') as version
                  from pg_catalog.pg_namespace where nspname in ('cron', 'net', 'vault')) as stand_in
            where version is not null) as "standIns",
           (select coalesce(json_object_agg(name, json_build_object('readable', readable, 'seesAllRows', sees_all_rows)), '{}')
            from relations) as relations,
           (select coalesce(json_object_agg(name, callable), '{}') from functions) as functions,
           (select coalesce(json_object_agg(name, callable), '{}') from views) as views
    from own, applier`;
  return (
    z
      .array(TargetFacts)
      .length(1)
      .parse([...rows])[0] ?? TargetFacts.parse(undefined)
  );
}
