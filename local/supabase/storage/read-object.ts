import { json, type Outgoing } from '../http/message.ts';
import type { Turn } from './service.ts';
import type { ObjectRow } from './statements.ts';
import { objectNotFound } from './storage-error.ts';

/** The file of an object, or 304 when the caller has it. */
export async function sendObject({ service, request, query }: Turn, object: ObjectRow): Promise<Outgoing> {
  const text = (key: string): string | null => {
    const value = object.metadata[key];
    return typeof value === 'string' ? value : null;
  };
  const etag = text('eTag') ?? `"${object.version}"`;
  const headers = {
    'content-type': text('mimetype') ?? 'application/octet-stream',
    'cache-control': text('cacheControl') ?? 'no-cache',
    etag,
    'last-modified': new Date(object.updated_at).toUTCString(),
    ...disposition(query.get('download')),
  };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: null };
  const size = object.metadata.size;
  if (request.method === 'HEAD') {
    return { status: 200, headers: { ...headers, 'content-length': String(size ?? 0) }, body: null };
  }
  const content = await service.files.read(object.version);
  if (content === null) throw objectNotFound();
  return { status: 200, headers, body: content };
}

/** What is known of an object. */
export function describeObject(object: ObjectRow): Outgoing {
  const { metadata } = object;
  return json(200, {
    id: object.id,
    name: object.name,
    version: object.version,
    bucket_id: object.bucket_id,
    size: metadata.size ?? null,
    content_type: metadata.mimetype ?? null,
    cache_control: metadata.cacheControl ?? null,
    etag: metadata.eTag ?? null,
    metadata: object.user_metadata ?? {},
    last_modified: object.updated_at,
    created_at: object.created_at,
  });
}

function disposition(download: string | null): Readonly<Record<string, string>> {
  if (download === null) return {};
  const name = download === '' ? '' : `; filename*=UTF-8''${encodeURIComponent(download)}`;
  return { 'content-disposition': `attachment${name}` };
}
