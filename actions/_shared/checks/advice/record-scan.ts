/** Writes what a scan found where it lasts: the findings themselves, and what of them is an alert. */
import * as z from 'zod';
import { recordCheckPass, recordHeartbeat } from '../../alerts/pass-statements.ts';
import type { Queryable, Sql } from '../../database/connect.ts';
import { writeTransaction } from '../../database/transaction.ts';
import type { AdvisoryPolicy } from '../../declare/kinds/advisory-policy.ts';
import { countsOf } from './report/grouped.ts';
import type { ScanReport } from './scan.ts';
import { toCheckPass } from './to-check-pass.ts';

/** Findings kept of one scan; more than a person reads in a year. */
const MOST_FINDINGS = 20_000;

const LIMITS = { statementMs: 120_000, lockMs: 30_000, idleMs: 60_000 };

/** How many findings begin, come back, go on and end; `late` when a later scan was recorded before this one. */
const Recorded = z.object({
  late: z.boolean(),
  created: z.number().default(0),
  reopened: z.number().default(0),
  refreshed: z.number().default(0),
  resolved: z.number().default(0),
});
export type Recorded = z.infer<typeof Recorded>;

/** Both in one transaction: a scan is kept whole or not at all. */
export async function recordScan(
  sql: Sql,
  report: ScanReport,
  from: { readonly policy: AdvisoryPolicy; readonly runUrl: string; readonly commit: string },
): Promise<Recorded> {
  return writeTransaction(sql, LIMITS, async (tx) => {
    const recorded = await writeScan(tx, report, from);
    const alerted = await alertedRules(tx);
    await recordCheckPass(tx, toCheckPass(report, { policy: from.policy, alerted }));
    return recorded;
  });
}

async function writeScan(
  sql: Queryable,
  report: ScanReport,
  { runUrl, commit }: { readonly runUrl: string; readonly commit: string },
): Promise<Recorded> {
  const scan = {
    at: report.at,
    environment: report.environment,
    run_url: runUrl,
    commit,
    counts: countsOf(report),
    unevaluated: report.unevaluated,
    schemas: report.schemas,
    findings: report.findings.slice(0, MOST_FINDINGS).map(({ finding, object, suppression }) => ({
      cache_key: finding.cache_key,
      rule: finding.name,
      object,
      level: finding.level,
      title: finding.title,
      detail: finding.detail,
      remediation: finding.remediation,
      evidence: finding.evidence,
      suppressed_until: suppression?.expires ?? null,
      suppressed_by: suppression?.owner ?? null,
      suppression_reason: suppression?.reason ?? null,
    })),
  };
  const rows = await sql`select ops.record_scan(${JSON.stringify(scan)}::text::jsonb) as recorded`;
  const [row] = z.array(z.object({ recorded: Recorded })).parse([...rows]);
  return row?.recorded ?? Recorded.parse(undefined);
}

const Checks = z.array(z.object({ check: z.string() }));

async function alertedRules(sql: Queryable): Promise<ReadonlySet<string>> {
  const rows = await sql`
    select distinct a.check_name as check from ops.alerts a
    where a.source = 'advisories' and a.resolved_at is null and a.check_name is not null`;
  return new Set(Checks.parse([...rows]).map(({ check }) => check));
}

/** A sign of life, so that the database notices when nobody scans any more: after three nights. */
export async function leaveScanMark(
  sql: Queryable,
  run: { readonly runUrl: string; readonly result: string; readonly isProjected: boolean },
): Promise<void> {
  await sql`
    insert into ops.watchers (name, every, silent_after) values ('advisories', interval '1 day', 3) on conflict do nothing`;
  await recordHeartbeat(sql, { name: 'advisories', every: '1 day', ...run });
}
