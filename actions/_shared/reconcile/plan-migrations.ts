import type { AppliedMigration } from '../database/migration-history.ts';
import { splitStatements } from '../database/split-statements.ts';
import type { Diagnostic, MigrationFile } from '../declare/model.ts';
import { sha256 } from './digest.ts';
import { migrationName } from './migration-name.ts';
import { migrationRisks, transactionControl } from './migration-risks.ts';
import type { UnmanagedObject } from './model.ts';
import { EMPTY_PLAN, type KindPlan, type Ledger, type PlanContext } from './resources/resource.ts';

/**
 * Which migrations are pending, and why some may not be applied. Versions in the history that neither a file nor the
 * ledger knows belong to somebody else (the team's own `supabase db push`): reported, and no obstacle.
 */
export function planMigrations(history: readonly AppliedMigration[], context: PlanContext): KindPlan {
  const files = [...context.desired.migrations].sort((a, b) => (a.version < b.version ? -1 : 1));
  const applied = new Map(history.map((row) => [row.version, row]));
  const pending = files.filter((file) => !applied.has(file.version));
  const present = files.filter((file) => applied.has(file.version));
  const known = new Set(files.map((file) => file.version));
  const ours = ledgerVersions(context.ledger);
  const foreign = history.filter((row) => !known.has(row.version) && !ours.has(row.version));
  const newest = newestOfOurs(present, ours, applied);
  return {
    ...EMPTY_PLAN,
    changes: pending.map((file) => ({
      change: {
        kind: 'migration',
        name: migrationName(file),
        action: 'create',
        cause: 'declaration',
        before: null,
        after: { statements: splitStatements(file.sql).length },
        risks: migrationRisks(file),
        location: { file: file.file, line: 1, column: 1 },
      },
      desired: file.checksum,
      live: null,
    })),
    unchanged: present.length,
    unmanaged: foreign.map(unmanagedMigration),
    blockers: [
      ...present.flatMap((file) => editedBlocker(file, applied.get(file.version), context.ledger)),
      ...history
        .filter((row) => !known.has(row.version) && ours.has(row.version))
        .map((row) => vanishedBlocker(row, context)),
      ...pending.filter((file) => file.version < newest).map((file) => lateBlocker(file, newest)),
      ...pending.flatMap(transactionControl),
    ],
  };
}

function ledgerVersions(ledger: Ledger): Set<string> {
  return new Set([...ledger.keys()].map((name) => name.slice(0, name.indexOf('_'))));
}

function newestOfOurs(
  present: readonly MigrationFile[],
  ours: ReadonlySet<string>,
  applied: ReadonlyMap<string, AppliedMigration>,
): string {
  const versions = [...present.map((file) => file.version), ...ours].filter((version) =>
    applied.has(version),
  );
  return versions.reduce((newest, version) => (version > newest ? version : newest), '');
}

/** Digest of statements as the database computes it over its own column. */
export function statementsDigest(sql: string): string {
  return sha256(splitStatements(sql).join('\u001f'));
}

function editedBlocker(file: MigrationFile, row: AppliedMigration | undefined, ledger: Ledger): Diagnostic[] {
  if (row === undefined || ledger.get(migrationName(file)) === file.checksum) return [];
  // A history without statements (repaired by hand, or very old) can't be compared.
  if (row.statements_digest === null || row.statements_digest === statementsDigest(file.sql)) return [];
  return [
    {
      severity: 'error',
      code: 'migration-edited',
      message: `${file.file} was changed after it had been applied`,
      hint: 'Restore the file, and write the change as a new migration',
      location: { file: file.file, line: 1, column: 1 },
    },
  ];
}

function vanishedBlocker(row: AppliedMigration, { desired }: PlanContext): Diagnostic {
  return {
    severity: 'error',
    code: 'migration-vanished',
    message: `Migration ${row.version}_${row.name ?? ''} was applied by us, and its file is gone from migrations/`,
    hint: `Restore the file; or, when its effects were undone by hand: supabase migration repair --status reverted ${row.version}`,
    location: desired.environment.location,
  };
}

function lateBlocker(file: MigrationFile, newest: string): Diagnostic {
  return {
    severity: 'error',
    code: 'migration-out-of-order',
    message: `${file.file} is older than ${newest}, which is applied already`,
    hint: 'Give it a later version (rename the file), so that every database sees the same order',
    location: { file: file.file, line: 1, column: 1 },
  };
}

function unmanagedMigration(row: AppliedMigration): UnmanagedObject {
  return { kind: 'migration', name: `${row.version}_${row.name ?? ''}`, detail: {} };
}
