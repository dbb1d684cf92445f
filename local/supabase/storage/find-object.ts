import type { Turn } from './service.ts';
import { BucketRow, ObjectRow, selectBucket, selectObject } from './statements.ts';
import { bucketNotFound, objectNotFound } from './storage-error.ts';
import type { Place } from './write-object.ts';

/** An object the caller may see. @throws StorageProblem 404 */
export async function findObject({ access }: Turn, { bucketId, name }: Place): Promise<ObjectRow> {
  const [object] = await access.asCaller(selectObject(bucketId, name), ObjectRow);
  if (object !== undefined) return object;
  const [bucket] = await access.asService(selectBucket(bucketId), BucketRow);
  throw bucket === undefined ? bucketNotFound() : objectNotFound();
}

/** An object of a public bucket. @throws StorageProblem 404, the same for a bucket that is not public */
export async function publicObject({ access }: Turn, { bucketId, name }: Place): Promise<ObjectRow> {
  const [bucket] = await access.asService(selectBucket(bucketId), BucketRow);
  if (bucket?.public !== true) throw bucketNotFound();
  const [object] = await access.asService(selectObject(bucketId, name), ObjectRow);
  if (object === undefined) throw objectNotFound();
  return object;
}
