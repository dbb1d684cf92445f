/** Bringing a file in: the file first, then its row in the caller's name; without the row the file goes again. */
import { json, type Outgoing } from '../http/message.ts';
import type { Access } from './access.ts';
import { checkKey } from './names.ts';
import type { StorageService, Turn } from './service.ts';
import {
  BucketRow,
  type NewObject,
  ObjectRow,
  selectBucket,
  selectObject,
  updateObject,
  writeObject,
} from './statements.ts';
import { bucketNotFound, objectNotFound, StorageProblem, tooLarge } from './storage-error.ts';
import { readUpload, type Upload } from './upload.ts';

/** Where an object goes. */
export interface Place {
  readonly bucketId: string;
  readonly name: string;
}

/** How it is written: a new one, a new one or a replacement, a replacement only. */
export type Mode = 'insert' | 'upsert' | 'update';

/** Answers an upload. */
export async function serveUpload(turn: Turn, place: Place, mode: Mode): Promise<Outgoing> {
  const written = await storeUpload(turn, place, {
    mode,
    owner: turn.access.userId,
    run: turn.access.asCaller,
  });
  return json(200, { Id: written.id, Key: `${place.bucketId}/${place.name}` });
}

/** Stores the upload of a request. `run` decides in whose name. */
export async function storeUpload(
  turn: Turn,
  place: Place,
  how: { readonly mode: Mode; readonly owner: string | null; readonly run: Access['asCaller'] },
): Promise<ObjectRow> {
  const { service, access, request } = turn;
  const name = checkKey(place.name);
  const [bucket] = await access.asService(selectBucket(place.bucketId), BucketRow);
  if (bucket === undefined) throw bucketNotFound();
  const upload = await readUpload(request);
  checkUpload(upload, bucket, service);
  const [old] =
    how.mode === 'insert' ? [] : await access.asService(selectObject(place.bucketId, name), ObjectRow);
  const file = await service.files.write(upload.content);
  const object: NewObject = {
    bucketId: place.bucketId,
    name,
    owner: how.owner,
    version: file.version,
    userMetadata: upload.userMetadata,
    metadata: {
      eTag: file.etag,
      size: file.size,
      mimetype: upload.mimeType,
      cacheControl: upload.cacheControl,
      lastModified: new Date().toISOString(),
      contentLength: file.size,
      httpStatusCode: 200,
    },
  };
  try {
    const statement =
      how.mode === 'update' ? updateObject(object) : writeObject(object, how.mode === 'upsert');
    const [written] = await how.run(statement, ObjectRow);
    if (written === undefined) throw objectNotFound();
    if (old !== undefined) await service.files.remove([old.version]);
    return written;
  } catch (error) {
    await service.files.remove([file.version]);
    throw error;
  }
}

function checkUpload(upload: Upload, bucket: BucketRow, { fileSizeLimit }: StorageService): void {
  const limit = Math.min(fileSizeLimit, bucket.file_size_limit ?? fileSizeLimit);
  if (upload.content.length > limit) throw tooLarge();
  const allowed = bucket.allowed_mime_types ?? [];
  const type = upload.mimeType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const fits = allowed.some(
    (each) => each === type || (each.endsWith('/*') && type.startsWith(each.slice(0, -1))),
  );
  if (allowed.length > 0 && !fits) {
    throw new StorageProblem(
      415,
      'InvalidMimeType',
      `mime type ${type} is not supported`,
      'invalid_mime_type',
    );
  }
}
