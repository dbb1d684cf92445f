import { splitStatements } from '../database/split-statements.ts';
import type { Diagnostic, MigrationFile } from '../declare/model.ts';
import type { Risk } from './model.ts';

const DESTRUCTIVE = [
  [/^drop\s+(table|schema|view|materialized\s+view|column|type|sequence|database)\b/i, 'drops objects'],
  [/^truncate\b/i, 'empties tables'],
  [/^delete\s+from\s+[^;]*$/i, 'deletes rows'],
  [
    /^alter\s+table\b[^;]*\bdrop\s+(column\s+)?(?!constraint|default|not|identity|expression)/i,
    'drops columns',
  ],
] as const;

/** Statements of a migration a reviewer should see before they run. */
export function migrationRisks(file: MigrationFile): Risk[] {
  const found = new Set<string>();
  const roles = new Set<string>();
  for (const statement of splitStatements(file.sql).map(withoutComments)) {
    for (const [pattern, what] of DESTRUCTIVE) if (pattern.test(statement)) found.add(what);
    const role = /^drop\s+(?:role|user)\s+(?:if\s+exists\s+)?"?([^\s";,]+)/i.exec(statement)?.[1];
    if (role !== undefined) roles.add(role);
  }
  const risks: Risk[] = [...found].map((what) => ({
    severity: 'danger',
    code: 'destructive-migration',
    message: `The migration ${what}: what they hold is gone for good`,
  }));
  for (const role of roles) {
    risks.push({
      severity: 'danger',
      code: 'drops-role',
      message: `Drops role ${role}: a cron job it still owns stops pg_cron's scheduler at its next start`,
    });
  }
  return risks;
}

/**
 * Statements that can't be part of one transaction, or would end it: all pending migrations run in the same transaction
 * as the rest of an apply.
 */
export function transactionControl(file: MigrationFile): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const statement of splitStatements(file.sql).map(withoutComments)) {
    const reason = REFUSED.find(([pattern]) => pattern.test(statement))?.[1];
    if (reason === undefined) continue;
    found.push({
      severity: 'error',
      code: 'migration-transaction',
      message: `${file.file}: ${statement.split(/\s+/).slice(0, 4).join(' ')} ${reason}`,
      hint: 'Remove it; what must run outside a transaction goes through `supabase db push` in a file of its own, and is found applied here',
      location: { file: file.file, line: 1, column: 1 },
    });
  }
  return found;
}

const REFUSED = [
  [
    /^(begin|start\s+transaction|commit|end|abort|rollback(?!\s+(work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i,
    'would end the transaction of the apply',
  ],
  [
    /^(create\s+(unique\s+)?index\s+concurrently|drop\s+index\s+concurrently|reindex\b.*\bconcurrently|vacuum|alter\s+system|create\s+database|drop\s+database|cluster)\b/is,
    'cannot run inside a transaction',
  ],
] as const;

function withoutComments(statement: string): string {
  let rest = statement;
  for (;;) {
    const next = rest
      .replace(/^\s+/, '')
      .replace(/^--[^\n\r]*[\n\r]?/, '')
      .replace(/^\/\*[\s\S]*?\*\//, '');
    if (next === rest) return rest;
    rest = next;
  }
}
