/** Buckets and objects in the database: one exported function a statement. */
import * as z from 'zod';
import { arrayLiteral } from '../rest/catalog/statements.ts';
import { bind, empty, type Sql, sql } from '../rest/sql-text.ts';

export const BucketRow = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  public: z.boolean(),
  type: z.string(),
  file_size_limit: z.number().nullable(),
  allowed_mime_types: z.array(z.string()).nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type BucketRow = z.infer<typeof BucketRow>;

export const ObjectRow = z.object({
  id: z.string(),
  bucket_id: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  owner_id: z.string().nullable(),
  version: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  user_metadata: z.record(z.string(), z.unknown()).nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  last_accessed_at: z.string(),
});
export type ObjectRow = z.infer<typeof ObjectRow>;

/** An object as it is written. */
export interface NewObject {
  readonly bucketId: string;
  readonly name: string;
  /** The id of the user; null for a service. */
  readonly owner: string | null;
  readonly version: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly userMetadata: Readonly<Record<string, unknown>> | null;
}

/** A bucket as it is made or changed. */
export interface BucketSettings {
  readonly public: boolean;
  readonly fileSizeLimit: number | null;
  readonly allowedMimeTypes: readonly string[] | null;
}

export function selectBucket(id: string): Sql {
  return sql`select row_to_json(b) from storage.buckets b where b.id = ${bind(id)}`;
}

export function selectBuckets(page: { readonly limit: number; readonly offset: number }): Sql {
  return sql`
    select row_to_json(b) from storage.buckets b
    order by b.id limit ${bind(String(page.limit))}::bigint offset ${bind(String(page.offset))}::bigint`;
}

export function insertBucket(id: string, name: string, owner: string | null, settings: BucketSettings): Sql {
  return sql`
    insert into storage.buckets as b (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
    values (${bind(id)}, ${bind(name)}, ${ownerId(owner)}, ${bind(owner)}, ${flag(settings.public)},
      ${number(settings.fileSizeLimit)}, ${texts(settings.allowedMimeTypes)})
    returning row_to_json(b)`;
}

export function updateBucket(id: string, settings: BucketSettings): Sql {
  return sql`
    update storage.buckets b
    set public = ${flag(settings.public)}, file_size_limit = ${number(settings.fileSizeLimit)},
      allowed_mime_types = ${texts(settings.allowedMimeTypes)}, updated_at = now()
    where b.id = ${bind(id)}
    returning row_to_json(b)`;
}

export function deleteBucket(id: string): Sql {
  return sql`delete from storage.buckets b where b.id = ${bind(id)} returning row_to_json(b)`;
}

export function selectObject(bucketId: string, name: string): Sql {
  return sql`
    select row_to_json(o) from storage.objects o
    where o.bucket_id = ${bind(bucketId)} and o.name = ${bind(name)}`;
}

/** Those of `names` that are there and may be seen. */
export function selectObjects(bucketId: string, names: readonly string[]): Sql {
  return sql`
    select row_to_json(o) from storage.objects o
    where o.bucket_id = ${bind(bucketId)} and o.name = any (${bind(arrayLiteral(names))}::text[])`;
}

/** Adds an object; with `replace` one of the same name gets the new version. */
export function writeObject(object: NewObject, replace: boolean): Sql {
  const conflict = replace
    ? sql`
      on conflict on constraint bucketid_objname do update
      set version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata,
        owner = excluded.owner, owner_id = excluded.owner_id, updated_at = now()`
    : empty;
  return sql`
    insert into storage.objects as o (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
    values (${bind(object.bucketId)}, ${bind(object.name)}, ${ownerId(object.owner)}, ${bind(object.owner)},
      ${bind(object.version)}, ${bind(JSON.stringify(object.metadata))}::jsonb,
      ${bind(object.userMetadata === null ? null : JSON.stringify(object.userMetadata))}::jsonb)${conflict}
    returning row_to_json(o)`;
}

/** Gives an existing object a new version. */
export function updateObject(object: NewObject): Sql {
  return sql`
    update storage.objects o
    set version = ${bind(object.version)}, metadata = ${bind(JSON.stringify(object.metadata))}::jsonb,
      user_metadata = ${bind(object.userMetadata === null ? null : JSON.stringify(object.userMetadata))}::jsonb,
      owner = ${ownerId(object.owner)}, owner_id = ${bind(object.owner)}, updated_at = now()
    where o.bucket_id = ${bind(object.bucketId)} and o.name = ${bind(object.name)}
    returning row_to_json(o)`;
}

export function moveObject(
  from: { readonly bucketId: string; readonly name: string },
  to: { readonly bucketId: string; readonly name: string },
): Sql {
  return sql`
    update storage.objects o
    set bucket_id = ${bind(to.bucketId)}, name = ${bind(to.name)}, updated_at = now()
    where o.bucket_id = ${bind(from.bucketId)} and o.name = ${bind(from.name)}
    returning row_to_json(o)`;
}

/** Deletes those of `names` that may be deleted. */
export function deleteObjects(bucketId: string, names: readonly string[]): Sql {
  return sql`
    delete from storage.objects o
    where o.bucket_id = ${bind(bucketId)} and o.name = any (${bind(arrayLiteral(names))}::text[])
    returning row_to_json(o)`;
}

/** Empties a bucket. */
export function deleteAllObjects(bucketId: string): Sql {
  return sql`delete from storage.objects o where o.bucket_id = ${bind(bucketId)} returning row_to_json(o)`;
}

const sortColumns = {
  name: sql`entry`,
  created_at: sql`created_at`,
  updated_at: sql`updated_at`,
  last_accessed_at: sql`last_accessed_at`,
} as const;
/** What a list may be sorted by. */
export const SORT_COLUMNS = ['name', 'created_at', 'updated_at', 'last_accessed_at'] as const;

/** What is in a folder: its files, and the folders below it once each. */
export function listFolder(folder: {
  readonly bucketId: string;
  /** '' or a path that ends with a slash. */
  readonly prefix: string;
  /** How an entry's name must start. */
  readonly search: string;
  readonly limit: number;
  readonly offset: number;
  readonly sortBy: (typeof SORT_COLUMNS)[number];
  readonly descending: boolean;
}): Sql {
  return sql`
    with visible as (
      select o.*, substr(o.name, length(${bind(folder.prefix)}::text) + 1) as rest
      from storage.objects o
      where o.bucket_id = ${bind(folder.bucketId)}
        and starts_with(o.name, ${bind(folder.prefix)} || ${bind(folder.search)})),
    entries as (
      select split_part(v.rest, '/', 1) as entry, null::uuid as id, null::timestamptz as updated_at, null::timestamptz as created_at,
        null::timestamptz as last_accessed_at, null::jsonb as metadata
      from visible v where strpos(v.rest, '/') > 0 group by 1
      union all
      select v.rest, v.id, v.updated_at, v.created_at, v.last_accessed_at, v.metadata
      from visible v where strpos(v.rest, '/') = 0 and v.rest <> '')
    select json_build_object('name', e.entry, 'id', e.id, 'updated_at', e.updated_at, 'created_at', e.created_at,
      'last_accessed_at', e.last_accessed_at, 'metadata', e.metadata)
    from entries e
    order by e.id is not null, ${sortColumns[folder.sortBy]} ${folder.descending ? sql`desc` : sql`asc`}, e.entry
    limit ${bind(String(folder.limit))}::bigint offset ${bind(String(folder.offset))}::bigint`;
}

/** The column owner takes users' ids only. */
function ownerId(owner: string | null): Sql {
  return sql`${bind(owner !== null && /^[0-9a-f-]{36}$/i.test(owner) ? owner : null)}::uuid`;
}

function flag(value: boolean): Sql {
  return sql`${bind(String(value))}::boolean`;
}

function number(value: number | null): Sql {
  return sql`${bind(value === null ? null : String(value))}::bigint`;
}

function texts(values: readonly string[] | null): Sql {
  return sql`${bind(values === null ? null : arrayLiteral(values))}::text[]`;
}
