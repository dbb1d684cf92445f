/** The SQL of a job or a check. */
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { SecretReference } from '../kinds/cron-call.ts';
import { tool } from '../tool.ts';
import { isOwnCall } from './own-call.ts';

const linter = tool(() => import('./lint-parsed-sql.ts'));

/**
 * Reports faults inside the text at `path`, and returns the Vault secrets the SQL reads by name.
 *
 * @throws ToolNeeded when Postgres's parser is needed and not loaded yet
 */
export function lintSql(sql: string, path: ValuePath, report: ReportFinding): readonly SecretReference[] {
  return isOwnCall(sql) ? [] : linter().lintParsedSql(sql, path, report);
}
