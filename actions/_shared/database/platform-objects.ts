import * as z from 'zod';
import { lazily } from '../declare/lazily.ts';
import type { PlatformKind } from '../declare/model.ts';
import type { Queryable } from './connect.ts';
import type { LedgerEntry, LedgerOrigin } from './managed-objects.ts';

const platformEntries = lazily(() => {
  const kind = z.enum(['edge_secret', 'api_schemas', 'function']) satisfies z.ZodType<PlatformKind>;
  return z.array(z.object({ kind, name: z.string(), digest: z.string(), applied: z.unknown() }));
});
/** What the ledger says of one object behind the Management API. */
export type PlatformEntry = z.infer<ReturnType<typeof platformEntries>>[number];

/** Entries of the ledger about objects behind the Management API, with the fields last applied. */
export async function readPlatformEntries(sql: Queryable): Promise<readonly PlatformEntry[]> {
  const rows = await sql`
    select kind, name, digest, applied from ops.managed_objects
    where kind in ('edge_secret', 'api_schemas', 'function')
    order by kind, name`;
  return platformEntries().parse([...rows]);
}

/** Write one entry, whether the ledger has it or not. */
export async function writePlatformEntry(
  sql: Queryable,
  entry: LedgerEntry,
  from: LedgerOrigin,
): Promise<void> {
  await sql`
    insert into ops.managed_objects (kind, name, digest, applied, source_path, commit_sha, reconciliation_id)
    values (${entry.kind}, ${entry.name}, ${entry.digest}, ${entry.applied}::text::jsonb, ${entry.sourcePath}, ${from.commit},
            ${from.reconciliationId}::bigint)
    on conflict (kind, name) do update
    set digest = excluded.digest, applied = excluded.applied, source_path = excluded.source_path,
        commit_sha = excluded.commit_sha, reconciliation_id = excluded.reconciliation_id, applied_at = now()`;
}
