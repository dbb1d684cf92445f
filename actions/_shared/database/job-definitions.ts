import * as z from 'zod';
import { lazily } from '../declare/lazily.ts';
import type { Queryable } from './connect.ts';
import { JSON_SEPARATOR, jsonLines, textArray } from './text-array.ts';

const DigestsRow = z.array(z.object({ digests: z.record(z.string(), z.string()) })).length(1);

/**
 * Digest of every stored definition by name, computed from what is really there (a row edited by hand keeps its old
 * `digest` column): sha256 of Postgres's own text of the jsonb, which `canonicalJson` writes the same way. One JSON
 * object instead of ten thousand rows: that is a third of the time and the memory.
 */
export async function readDefinitionDigests(sql: Queryable): Promise<ReadonlyMap<string, string>> {
  const rows = await sql`
    select coalesce(json_object_agg(name, encode(sha256(convert_to(definition::text, 'UTF8')), 'hex')), '{}') as digests
    from ops.job_definitions`;
  return new Map(DigestsRow.parse([...rows]).flatMap((row) => Object.entries(row.digests)));
}

const definitionRows = lazily(() =>
  z.array(z.object({ name: z.string(), definition: z.record(z.string(), z.unknown()) })),
);
export type StoredDefinition = z.infer<ReturnType<typeof definitionRows>>[number];

/** The definitions of some jobs, whole. */
export async function readDefinitions(sql: Queryable, names: readonly string[]): Promise<StoredDefinition[]> {
  const rows = await sql`
    select name, definition from ops.job_definitions where name = any (${textArray(names)}::text[])`;
  return definitionRows().parse([...rows]);
}

/** A definition to store: canonical JSON and the digest of exactly that text. */
export interface NewDefinition {
  readonly name: string;
  readonly json: string;
  readonly digest: string;
}

/** Insert definitions of new jobs: one statement for all, and without the price of `on conflict` (a fifth more). */
export async function insertDefinitions(
  sql: Queryable,
  definitions: readonly NewDefinition[],
): Promise<void> {
  await sql`
    insert into ops.job_definitions (name, definition, digest)
    select name, definition::jsonb, digest
    from rows from (unnest(${textArray(definitions.map((row) => row.name))}::text[]),
                    string_to_table(${jsonLines(definitions.map((row) => row.json))}, ${JSON_SEPARATOR}),
                    unnest(${textArray(definitions.map((row) => row.digest))}::text[])) as row (name, definition, digest)`;
}

/** Replace definitions that are there: one statement for all. */
export async function updateDefinitions(
  sql: Queryable,
  definitions: readonly NewDefinition[],
): Promise<void> {
  await sql`
    update ops.job_definitions as stored
    set definition = row.definition::jsonb, digest = row.digest, updated_at = now()
    from rows from (unnest(${textArray(definitions.map((row) => row.name))}::text[]),
                    string_to_table(${jsonLines(definitions.map((row) => row.json))}, ${JSON_SEPARATOR}),
                    unnest(${textArray(definitions.map((row) => row.digest))}::text[])) as row (name, definition, digest)
    where stored.name = row.name`;
}

/** Delete definitions by name. */
export async function deleteDefinitions(sql: Queryable, names: readonly string[]): Promise<void> {
  await sql`delete from ops.job_definitions where name = any (${textArray(names)}::text[])`;
}
