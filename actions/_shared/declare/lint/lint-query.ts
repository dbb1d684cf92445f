import type { ReportFinding } from '../finding.ts';
import type { ProbeConfigs } from '../kinds/checks-model.ts';
import { lintSql } from './lint-sql.ts';
import { sqlParser } from './sql-parser.ts';
import { isNode } from './sql-rules.ts';

/** A check's query: one select that neither locks nor writes nor reads secrets, for what it finds is shown in an issue. @throws ToolNeeded */
export function lintQuery({ query, rows, when }: ProbeConfigs['sql'], report: ReportFinding): void {
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
