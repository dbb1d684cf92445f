import type { OpsClient } from '../_shared/database/clients.ts';
import { type Odoo, OdooRefused } from './odoo.ts';

/** A file this batch holds the lease of. */
export interface ClaimedFile {
  readonly id: number;
  readonly name: string;
  readonly mimetype: string | null;
  readonly size_bytes: number | null;
  readonly checksum: string | null;
}

/** What became of it. `permanent` is what trying again can't change. */
export type Moved =
  | { readonly kind: 'migrated'; readonly id: number; readonly path: string }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string; readonly permanent: boolean };

/**
 * Where a file lives in the bucket. It follows from the file alone, so that whoever moves it a second time meets the
 * first copy and not a place of its own.
 */
export function storagePath({ id, name }: ClaimedFile): string {
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0].toLowerCase() ?? '';
  return `${Math.floor(id / 1000)}/${id}${extension}`;
}

/**
 * Read one file from Odoo and store it, never over one that is there: a copy that an earlier, interrupted try has made
 * counts as moved.
 *
 * @throws OdooRefused when the key is refused: then no other file can be read either
 */
export async function moveFile(
  file: ClaimedFile,
  to: {
    readonly odoo: Odoo;
    readonly client: OpsClient;
    readonly bucket: string;
    readonly signal: AbortSignal;
  },
): Promise<Moved> {
  const failed = (error: string, permanent: boolean): Moved => ({
    kind: 'failed',
    id: file.id,
    error: `File ${file.id}: ${error}`.slice(0, 500),
    permanent,
  });
  try {
    const bytes = await to.odoo.read(file.id, to.signal);
    if (bytes === undefined) return failed('Attachment not found or empty', true);
    if (file.checksum !== null && (await sha1(bytes)) !== file.checksum)
      return failed('the content does not match the checksum Odoo listed', false);
    const path = storagePath(file);
    const { error } = await to.client.storage.from(to.bucket).upload(path, bytes, {
      contentType: file.mimetype ?? 'application/octet-stream',
      upsert: false,
    });
    if (error === null || isDuplicate(error)) return { kind: 'migrated', id: file.id, path };
    return failed(error.message, false);
  } catch (error) {
    if (error instanceof OdooRefused) throw error;
    return failed(error instanceof Error ? error.message : 'it could not be moved', false);
  }
}

/** Storage says 409 in the body, older versions with HTTP status 400. */
function isDuplicate(error: object): boolean {
  return (
    ('statusCode' in error && String(error.statusCode) === '409') ||
    ('status' in error && error.status === 409) ||
    ('error' in error && error.error === 'Duplicate')
  );
}

async function sha1(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
