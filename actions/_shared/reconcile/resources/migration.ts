import type { Transaction } from '../../database/connect.ts';
import {
  type AppliedMigration,
  createMigrationHistory,
  insertMigrationHistory,
  readMigrationHistory,
  resetSession,
  runMigration,
} from '../../database/migration-history.ts';
import { splitStatements } from '../../database/split-statements.ts';
import { APPLY_LIMITS, setLimits } from '../../database/transaction.ts';
import type { MigrationFile } from '../../declare/model.ts';
import { MigrationFailed } from '../migration-failed.ts';
import { migrationName } from '../migration-name.ts';
import { planMigrations } from '../plan-migrations.ts';
import { type ApplyContext, type LedgerNote, oneAfterTheOther, type Resource } from './resource.ts';

/** Files of `migrations/`, kept in the same history table as `supabase db push` keeps. */
export const migrationResource: Resource<readonly AppliedMigration[]> = {
  kind: 'migration',

  async read(tx, { capabilities }) {
    return capabilities.migrationHistory ? readMigrationHistory(tx) : [];
  },

  plan: planMigrations,

  apply: (tx, _live, context) => oneAfterTheOther(migrate(tx, context)),

  async prune() {
    // Migrations only go forward: nothing of theirs is ever deleted.
  },
};

async function migrate(
  tx: Transaction,
  { desired, changes, capabilities }: ApplyContext,
): Promise<readonly LedgerNote[]> {
  if (changes.length === 0) return [];
  const versions = new Set(changes.map(({ change }) => versionOf(change.name)));
  const pending = desired.migrations.filter((file) => versions.has(file.version));
  if (!capabilities.migrationHistory) await createMigrationHistory(tx);
  for (const file of pending) {
    try {
      await runMigration(tx, file.sql, APPLY_LIMITS.lockMs);
    } catch (error) {
      throw MigrationFailed.from(error, file);
    }
  }
  await resetSession(tx);
  await setLimits(tx, APPLY_LIMITS);
  await insertMigrationHistory(
    tx,
    pending.map((file) => ({
      version: file.version,
      name: file.name,
      statements: splitStatements(file.sql),
    })),
  );
  return pending.map(noteOf);
}

function versionOf(name: string): string {
  return name.slice(0, name.indexOf('_'));
}

function noteOf(file: MigrationFile): LedgerNote {
  return { name: migrationName(file), digest: file.checksum, applied: '{}', sourcePath: file.file };
}
