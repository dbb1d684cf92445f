/** Advice about projects, which ops.scan_advisories keeps (the function ops-advisory-scan asks for it every night). */
import * as z from 'zod';
import type { Queryable } from '../../../database/connect.ts';

/** An open row of ops.advisories. */
export const BuildAdvice = z.object({
  name: z.string(),
  cacheKey: z.string(),
  level: z.enum(['info', 'warning', 'error']),
  project: z.string(),
  title: z.string(),
  detail: z.string(),
  remediation: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
});
export type BuildAdvice = z.infer<typeof BuildAdvice>;

/** What is neither resolved, snoozed nor suppressed, worst first. */
export async function readBuildAdvice(sql: Queryable): Promise<BuildAdvice[]> {
  const rows = await sql`
    select a.name, a.cache_key as "cacheKey", a.level, p.slug as project, a.title, a.detail, a.remediation, a.evidence
    from ops.advisories a
    join ops.projects p on p.id = a.project_id
    where a.resolved_at is null
      and coalesce(a.snoozed_until <= now(), true)
      and coalesce(a.suppressed_until <= now(), true)
    order by a.level_rank desc, p.slug, a.cache_key
    limit 5000`;
  return z.array(BuildAdvice).parse([...rows]);
}

const Standing = z.object({
  projects: z.number(),
  /** Row level security may hide rows from our role. */
  isFiltered: z.boolean(),
  /** When somebody last looked for such advice. */
  scannedAt: z.date().nullable(),
  /** When the oldest project was made. */
  oldestAt: z.date().nullable(),
});

/** Whether there is anything to build here, and when it was last looked at. */
export async function readBuildStanding(sql: Queryable): Promise<z.infer<typeof Standing>> {
  const rows = await sql`
    select (select count(*) from (select from ops.projects limit 1000) p)::int as projects,
           pg_catalog.row_security_active('ops.advisories') or pg_catalog.row_security_active('ops.projects') as "isFiltered",
           greatest(
             (select max(r.finished_at) from (
                select x.finished_at from ops.cron_runs x
                where x.job = 'ops-advisory-scan' and x.status = 'succeeded' order by x.id desc limit 1) r),
             (select max(a.last_seen_at) from ops.advisories a)
           ) as "scannedAt",
           (select min(p.created_at) from ops.projects p) as "oldestAt"`;
  return (
    z
      .array(Standing)
      .length(1)
      .parse([...rows])[0] ?? Standing.parse(undefined)
  );
}

/** Look for advice about projects now. Writes. */
export async function scanBuilds(
  sql: Queryable,
  thresholds: { readonly days: number; readonly builds: number; readonly upgradeDays: number },
): Promise<void> {
  await sql`select ops.scan_advisories(${thresholds.days}::int, ${thresholds.builds}::int, ${thresholds.upgradeDays}::int)`;
}
