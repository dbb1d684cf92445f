import * as z from 'zod';
import type { Queryable } from './connect.ts';
import { JSON_SEPARATOR, jsonLines, textArray } from './text-array.ts';

const LedgerRows = z.array(z.object({ kind: z.string(), name: z.string(), digest: z.string() }));
export type LedgerRow = z.infer<typeof LedgerRows>[number];

/** What we made and how it looked when we last applied it. */
export async function readLedger(sql: Queryable): Promise<LedgerRow[]> {
  const rows = await sql`select kind, name, digest from ops.managed_objects`;
  return LedgerRows.parse([...rows]);
}

/** One entry of the ledger; `applied` as JSON text without any secret value. */
export interface LedgerEntry {
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  readonly applied: string;
  readonly sourcePath: string;
}

/** Insert or replace entries of the ledger: one statement for all. */
export async function upsertLedger(
  sql: Queryable,
  entries: readonly LedgerEntry[],
  from: { readonly commit: string | null; readonly reconciliationId: string },
): Promise<void> {
  await sql`
    insert into ops.managed_objects as entry
      (kind, name, digest, applied, source_path, commit_sha, reconciliation_id)
    select kind, name, digest, applied::jsonb, source_path, ${from.commit}::text, ${from.reconciliationId}::bigint
    from rows from (unnest(${textArray(entries.map((row) => row.kind))}::text[]),
                    unnest(${textArray(entries.map((row) => row.name))}::text[]),
                    unnest(${textArray(entries.map((row) => row.digest))}::text[]),
                    string_to_table(${jsonLines(entries.map((row) => row.applied))}, ${JSON_SEPARATOR}),
                    unnest(${textArray(entries.map((row) => row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)
    on conflict (kind, name) do update
    set digest = excluded.digest, applied = excluded.applied, source_path = excluded.source_path,
        commit_sha = excluded.commit_sha, reconciliation_id = excluded.reconciliation_id, applied_at = now()`;
}

/** Forget entries: their objects are gone. */
export async function deleteLedger(
  sql: Queryable,
  entries: readonly { readonly kind: string; readonly name: string }[],
): Promise<void> {
  await sql`
    delete from ops.managed_objects entry
    using unnest(${textArray(entries.map((row) => row.kind))}::text[],
                 ${textArray(entries.map((row) => row.name))}::text[]) as gone (kind, name)
    where entry.kind = gone.kind and entry.name = gone.name`;
}
