import * as z from 'zod';
import type { ResourceKind } from '../declare/model.ts';
import type { Queryable } from './connect.ts';
import { JSON_SEPARATOR, jsonLines, textArray } from './text-array.ts';

const LedgerRows = z.array(z.object({ kind: z.string(), digests: z.record(z.string(), z.string()) }));

/** What we made, kind by kind: names with the digest of what we last applied. */
export async function readLedger(sql: Queryable): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const rows = await sql`
    select kind, json_object_agg(name, digest) as digests from ops.managed_objects group by kind`;
  return new Map(
    LedgerRows.parse([...rows]).map((row) => [row.kind, new Map(Object.entries(row.digests))] as const),
  );
}

const Names = z.array(z.object({ name: z.string() }));

/**
 * Names of jobs of which the ledger remembers otherwise than it is now whether something sends their requests
 * (`sends_with`, null for nothing). Jobs that send none have no such field.
 */
export async function readJobsSentOtherwise(sql: Queryable, sendsNow: boolean): Promise<readonly string[]> {
  const rows = await sql`
    select name
    from ops.managed_objects
    where kind = 'job' and applied ? 'sends_with' and (applied ->> 'sends_with' is not null) <> ${sendsNow}::boolean`;
  return Names.parse([...rows]).map((row) => row.name);
}

/** One entry of the ledger; `applied` as JSON text without any secret value. */
export interface LedgerEntry {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly digest: string;
  readonly applied: string;
  readonly sourcePath: string;
}

/** The apply that writes into the ledger. */
export interface LedgerOrigin {
  readonly commit: string | null;
  readonly reconciliationId: string;
}

/** Insert entries the ledger has not: one statement for all, without the price of `on conflict` (half as much again). */
export async function insertLedger(
  sql: Queryable,
  entries: readonly LedgerEntry[],
  from: LedgerOrigin,
): Promise<void> {
  await sql`
    insert into ops.managed_objects (kind, name, digest, applied, source_path, commit_sha, reconciliation_id)
    select kind, name, digest, applied::jsonb, source_path, ${from.commit}::text, ${from.reconciliationId}::bigint
    from rows from (unnest(${textArray(entries.map((row) => row.kind))}::text[]),
                    unnest(${textArray(entries.map((row) => row.name))}::text[]),
                    unnest(${textArray(entries.map((row) => row.digest))}::text[]),
                    string_to_table(${jsonLines(entries.map((row) => row.applied))}, ${JSON_SEPARATOR}),
                    unnest(${textArray(entries.map((row) => row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)`;
}

/** Replace entries the ledger has: one statement for all. */
export async function updateLedger(
  sql: Queryable,
  entries: readonly LedgerEntry[],
  from: LedgerOrigin,
): Promise<void> {
  await sql`
    update ops.managed_objects as entry
    set digest = row.digest, applied = row.applied::jsonb, source_path = row.source_path,
        commit_sha = ${from.commit}::text, reconciliation_id = ${from.reconciliationId}::bigint, applied_at = now()
    from rows from (unnest(${textArray(entries.map((row) => row.kind))}::text[]),
                    unnest(${textArray(entries.map((row) => row.name))}::text[]),
                    unnest(${textArray(entries.map((row) => row.digest))}::text[]),
                    string_to_table(${jsonLines(entries.map((row) => row.applied))}, ${JSON_SEPARATOR}),
                    unnest(${textArray(entries.map((row) => row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)
    where entry.kind = row.kind and entry.name = row.name`;
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
