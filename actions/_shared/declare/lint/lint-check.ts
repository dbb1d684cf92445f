/** What can be said about one check by looking at its file alone. */
import type { ReportFinding } from '../finding.ts';
import type { CheckSpec, ProbeConfigs } from '../kinds/checks-model.ts';
import { lintSql } from './lint-sql.ts';
import { sqlParser } from './sql-parser.ts';
import { isNode } from './sql-rules.ts';

/** Reports what will hurt although it is well formed. */
export function lintCheck(spec: CheckSpec, report: ReportFinding): CheckSpec {
  const { probe } = spec;
  if (spec.owner === null) {
    report({
      severity: 'notice',
      code: 'check-unowned',
      message: 'nobody owns this check',
      hint: 'Add `owner: "@team"`.',
      at: { path: ['description'], part: 'key' },
    });
  }
  for (const [index, matcher] of spec.mutes.entries()) {
    if (Object.keys(matcher).length > 0) continue;
    report({
      severity: 'error',
      code: 'mutes-everything',
      message: 'this would mute every alert there is',
      hint: 'Name at least one of check, object, kind, key, group and severity.',
      at: { path: ['mutes', index] },
    });
  }
  switch (probe.kind) {
    case 'sql':
      lintQuery(probe, report);
      break;
    case 'cron':
      if (probe.find.includes('scheduler') && probe.find.length > 1) {
        report({
          severity: 'error',
          code: 'scheduler-alone',
          message: '`scheduler` must be looked for by a check of its own',
          hint: 'A dead scheduler makes every job late: its own check can say `mutes: [{ check: ... }]`.',
          at: { path: ['cron', 'find'] },
        });
      }
      break;
    case 'queue':
      if ([probe.depth, probe.oldest, probe.deadLetters, probe.paused].every(({ length }) => length === 0)) {
        reportIdle('queue', ['depth', 'oldest', 'dead_letters', 'paused'], report);
      }
      break;
    case 'batch':
      if (
        !probe.authErrors &&
        [probe.stalled, probe.silent, probe.failures].every(({ length }) => length === 0)
      ) {
        reportIdle('batch', ['stalled', 'silent', 'failures', 'auth_errors'], report);
      }
      break;
    default:
      break;
  }
  return spec;
}

function reportIdle(kind: string, keys: readonly string[], report: ReportFinding): void {
  report({
    severity: 'error',
    code: 'check-idle',
    message: 'this check looks for nothing',
    hint: `Say at least one of ${keys.join(', ')}.`,
    at: { path: [kind], part: 'key' },
  });
}

/** One select that neither locks nor writes nor reads secrets: what it finds is shown in an issue. */
function lintQuery({ query, rows, when }: ProbeConfigs['sql'], report: ReportFinding): void {
  const path = ['sql', 'query'];
  if (!rows && when.length === 0) {
    report({
      severity: 'error',
      code: 'check-idle',
      message: 'nothing says when the value is bad',
      hint: 'Add `when: "> 0"`, or `rows: true` when each row is something that is wrong.',
      at: { path: ['sql'], part: 'key' },
    });
  }
  lintSql(query, path, report);
  const parsed = sqlParser()(query);
  if (!parsed.ok) return;
  const statements = isNode(parsed.tree) && Array.isArray(parsed.tree.stmts) ? parsed.tree.stmts : [];
  const problem = queryProblem(statements);
  if (problem === null) return;
  report({ severity: 'error', ...problem, at: { path } });
}

function queryProblem(
  statements: readonly unknown[],
): { readonly code: string; readonly message: string; readonly hint: string } | null {
  const [first, second] = statements;
  const statement = isNode(first) && isNode(first.stmt) ? first.stmt : {};
  const select = isNode(statement.SelectStmt) ? statement.SelectStmt : null;
  const text = JSON.stringify(first ?? {});
  if (second !== undefined) {
    return {
      code: 'check-query',
      message: 'a check is one statement',
      hint: 'Write two checks, or one `select` with both values as rows.',
    };
  }
  if (
    select === null ||
    select.intoClause !== undefined ||
    /"(?:Insert|Update|Delete|Merge)Stmt"/.test(text)
  ) {
    return {
      code: 'check-query',
      message: 'a check only reads: write one `select`',
      hint: 'It runs in a read-only transaction.',
    };
  }
  if (select.lockingClause !== undefined) {
    return { code: 'check-query', message: 'a check must not lock rows', hint: 'Leave out `for update`.' };
  }
  if (/"(?:relname|sval)":"(?:decrypted_secrets?|read_secret)"/.test(text)) {
    return {
      code: 'check-reads-secrets',
      message: 'a check must not read secrets: what it finds is shown in an issue',
      hint: 'Use `vault:`, which judges secrets inside the database.',
    };
  }
  return null;
}
