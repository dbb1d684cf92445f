import * as z from 'zod';
import type { Queryable } from '../../../database/connect.ts';

/** Settings that decide how jobs and requests run; null where the server has no such setting. */
export const ServerSettings = z.object({
  cronDatabase: z.string().nullable(),
  cronTimezone: z.string().nullable(),
  cronMaxRunning: z.coerce.number().nullable(),
  cronLogStatement: z.string().nullable(),
  cronLogRun: z.string().nullable(),
  /** Seconds pg_net keeps an answer. */
  netTtlSeconds: z.number().nullable(),
  logStatement: z.string(),
  /** Extensions whose files are newer than what is installed here. */
  outdated: z.array(z.object({ name: z.string(), installed: z.string(), available: z.string() })),
});
export type ServerSettings = z.infer<typeof ServerSettings>;

/** Raises 42501 for a role that may not examine settings of superusers (pg_read_all_settings may). */
export async function readServerSettings(sql: Queryable): Promise<ServerSettings> {
  const rows = await sql`
    select current_setting('cron.database_name', true) as "cronDatabase",
           current_setting('cron.timezone', true) as "cronTimezone",
           current_setting('cron.max_running_jobs', true) as "cronMaxRunning",
           current_setting('cron.log_statement', true) as "cronLogStatement",
           current_setting('cron.log_run', true) as "cronLogRun",
           (extract(epoch from nullif(current_setting('pg_net.ttl', true), '')::interval))::float8 as "netTtlSeconds",
           current_setting('log_statement') as "logStatement",
           (select coalesce(json_agg(json_build_object(
              'name', e.name, 'installed', e.installed_version, 'available', e.default_version) order by e.name), '[]')
            from pg_catalog.pg_available_extensions e
            where e.installed_version is not null and e.default_version <> e.installed_version) as outdated`;
  return (
    z
      .array(ServerSettings)
      .length(1)
      .parse([...rows])[0] ?? ServerSettings.parse(undefined)
  );
}
