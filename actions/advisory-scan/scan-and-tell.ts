import { keepAlertIssues } from '../_shared/alerts/keep-alert-issues.ts';
import { scanBuilds } from '../_shared/checks/advice/facts/build-statements.ts';
import { leaveScanMark, recordScan } from '../_shared/checks/advice/record-scan.ts';
import { scan } from '../_shared/checks/advice/scan.ts';
import type { Sql } from '../_shared/database/connect.ts';
import { connectionPlace } from '../_shared/database/connection-errors.ts';
import { explainDatabaseError } from '../_shared/database/explain-database-error.ts';
import type { AdvisoryPolicy } from '../_shared/declare/kinds/advisory-policy.ts';
import type { DesiredState } from '../_shared/declare/model.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { Redaction } from '../_shared/io/redaction.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { scanOutcome } from './decide-outcome.ts';
import type { AdvisoryScanInputs } from './inputs.ts';

/** What a run was asked for, and with what. */
export interface ScanRun {
  readonly inputs: AdvisoryScanInputs;
  readonly context: RunContext;
  readonly desired: DesiredState;
  readonly policy: AdvisoryPolicy;
  readonly redaction: Redaction;
  readonly now: Date;
}

/**
 * Looks, keeps what was found, brings issues up to date, and leaves a sign of life, in this order: whoever dies on the way is
 * missed, and the next run goes on.
 *
 * @throws ConfigurationError when the database can't be reached, is of an older version, or the token may not write issues
 */
export async function scanAndTell(sql: Sql, run: ScanRun): Promise<Outcome> {
  const { inputs, context, policy, redaction } = run;
  try {
    await lookAtBuilds(sql, policy);
    const report = await scan(sql, run);
    const recorded = await recordScan(sql, report, { policy, runUrl: context.runUrl, commit: context.sha });
    const projection = await keepAlertIssues({
      sql,
      environment: inputs.environment,
      context,
      token: inputs.githubToken,
      author: inputs.issueAuthor,
      redaction,
    });
    const outcome = scanOutcome({ report, recorded, projection });
    await leaveScanMark(sql, {
      runUrl: context.runUrl,
      result: outcome.reason,
      isProjected: projection.kind === 'done',
    });
    return outcome;
  } catch (error) {
    throw explainDatabaseError(error, connectionPlace(sql)) ?? error;
  }
}

/** What is said of projects is found by the function the nightly job calls too; the files have its thresholds. */
async function lookAtBuilds(sql: Sql, { rules }: AdvisoryPolicy): Promise<void> {
  const threshold = (
    rule: 'no_recent_build' | 'failing_branch' | 'unapplied_upgrade',
    name: string,
  ): number => rules[rule].thresholds[name] ?? 1;
  await scanBuilds(sql, {
    days: threshold('no_recent_build', 'days'),
    builds: threshold('failing_branch', 'builds'),
    upgradeDays: threshold('unapplied_upgrade', 'days'),
  });
}
