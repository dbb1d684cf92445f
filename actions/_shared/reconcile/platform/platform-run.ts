import type { Sql } from '../../database/connect.ts';
import { deleteLedger, type LedgerOrigin } from '../../database/managed-objects.ts';
import { writePlatformEntry } from '../../database/platform-objects.ts';
import { APPLY_LIMITS, writeTransaction } from '../../database/transaction.ts';
import type { DesiredState, PlatformKind } from '../../declare/model.ts';
import type { LedgerNote } from '../resources/resource.ts';
import type { Platform } from './platform.ts';

/** What every step of the platform's part of an apply has at hand. */
export interface PlatformRun {
  readonly platform: Platform;
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes one entry of the ledger, committed when it returns. */
  readonly remember: (kind: PlatformKind, note: LedgerNote) => Promise<void>;
  /** Forgets one entry. */
  readonly forget: (kind: PlatformKind, name: string) => Promise<void>;
}

/** Steps of one apply; every word of the ledger is a transaction of its own. */
export function platformRun(
  sql: Sql,
  given: Omit<PlatformRun, 'remember' | 'forget'>,
  origin: LedgerOrigin,
): PlatformRun {
  return {
    ...given,
    remember: (kind, note) =>
      writeTransaction(sql, APPLY_LIMITS, (tx) => writePlatformEntry(tx, { kind, ...note }, origin)),
    forget: (kind, name) => writeTransaction(sql, APPLY_LIMITS, (tx) => deleteLedger(tx, [{ kind, name }])),
  };
}
