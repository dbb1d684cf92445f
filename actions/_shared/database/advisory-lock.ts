import * as z from 'zod';
import type { Queryable } from './connect.ts';

/**
 * Wait for the lock that lets one apply at a time change this database; released with the transaction. Waits as long
 * as the transaction's `lock_timeout`, then raises 55P03. The two numbers are the bytes of "ops" and "reco".
 */
export async function lockReconcile(sql: Queryable): Promise<void> {
  await sql`select pg_catalog.pg_advisory_xact_lock(7303283, 1919247215)`;
}

const Holders = z.array(z.object({ pid: z.number(), application: z.string(), since: z.string().nullable() }));
export type LockHolder = z.infer<typeof Holders>[number];

/** Who holds the lock now; empty when nobody does or we may not see it. */
export async function readLockHolder(sql: Queryable): Promise<LockHolder | undefined> {
  const rows = await sql`
    select l.pid, coalesce(a.application_name, '') as application,
           to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.classid = 7303283 and l.objid = 1919247215
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
    limit 1`;
  return Holders.parse([...rows])[0];
}
