/** What pg_net is doing, and who may make it. */
import * as z from 'zod';
import type { Queryable } from '../../../database/connect.ts';

export const NetFacts = z.object({
  /** Requests that wait, counted up to 10,001. */
  waiting: z.number(),
  /** Null when our role may not see other people's backends. */
  workers: z.number().nullable(),
  triggers: z.array(z.object({ relation: z.string(), name: z.string(), function: z.string() })),
  /** Whether PUBLIC may read waiting requests with their headers. */
  isPublic: z.boolean(),
  queueOwner: z.string(),
  /** Owners of active jobs that may not queue a request. */
  closedTo: z.array(z.string()),
  /** Functions of people that write into pg_net's tables, or send requests. */
  functions: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      signature: z.string(),
      inserts: z.boolean(),
      sends: z.boolean(),
    }),
  ),
});
export type NetFacts = z.infer<typeof NetFacts>;

/** Reads pg_net. `jobOwners` are the roles jobs run as. */
export async function readNet(sql: Queryable, jobOwners: readonly string[]): Promise<NetFacts> {
  const owners = JSON.stringify([...new Set(jobOwners)]);
  const rows = await sql`
    with queue as (
      select c.oid, c.relowner from pg_catalog.pg_class c where c.oid = to_regclass('net.http_request_queue')
    )
    select
      (select count(*) from (select from net.http_request_queue limit 10001) w)::int as waiting,
      -- By pattern: old versions name the backend with their version, which net.check_worker_is_up() does not find.
      case when pg_catalog.pg_has_role('pg_read_all_stats', 'usage') then (
        select count(*) from pg_catalog.pg_stat_activity a
        where (a.backend_type ilike '%pg_net%' or a.application_name ilike 'pg_net worker%')
          -- One of another database sends nothing of ours.
          and a.datname = current_database()
      )::int end as workers,
      (select coalesce(json_agg(json_build_object(
          'relation', n.nspname || '.' || c.relname, 'name', t.tgname, 'function', t.tgfoid::regprocedure::text)
          order by c.relname, t.tgname), '[]')
       from pg_catalog.pg_trigger t
       join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'net'
       where not t.tgisinternal) as triggers,
      pg_catalog.has_table_privilege('public', q.oid, 'select')
        and pg_catalog.has_schema_privilege('public', 'net', 'usage') as "isPublic",
      q.relowner::regrole::text as "queueOwner",
      (select coalesce(json_agg(r.rolname order by r.rolname), '[]')
       from pg_catalog.pg_roles r
       where r.rolname in (select jsonb_array_elements_text(${owners}::text::jsonb))
         and not (pg_catalog.has_schema_privilege(r.oid, 'net', 'usage')
                  and pg_catalog.has_table_privilege(r.oid, q.oid, 'insert'))) as "closedTo",
      (select coalesce(json_agg(json_build_object(
          'schema', f.nspname, 'name', f.proname, 'signature', f.oid::regprocedure::text,
          'inserts', f.body ~* 'insert\\s+into\\s+net\\.', 'sends', f.body ~* '\\mnet\\.http_(get|post|delete)\\s*\\(')
          order by f.nspname, f.proname, f.oid), '[]')
       from (
         select p.oid, n.nspname, p.proname, regexp_replace(p.prosrc, '--[^\\n]*', '', 'g') as body
         from pg_catalog.pg_proc p
         join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where n.nspname not in ('ops', 'net', 'pg_catalog', 'information_schema', 'supabase_functions', 'cron', 'vault')
           and p.prosrc ~* '\\mnet\\.'
           and not exists (
             select from pg_catalog.pg_depend d
             where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
       ) f
       where f.body ~* 'insert\\s+into\\s+net\\.' or f.body ~* '\\mnet\\.http_(get|post|delete)\\s*\\(') as functions
    from queue q`;
  return (
    z
      .array(NetFacts)
      .length(1)
      .parse([...rows])[0] ?? NetFacts.parse(undefined)
  );
}
