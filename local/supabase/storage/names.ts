import { StorageProblem } from './storage-error.ts';

/** What S3 takes without special care; the same rule as hosted's. */
const objectName = /^(?:\w|\/|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*$/;
const bucketName = /^(?:\w|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*$/;

/** An object's name. @throws StorageProblem InvalidKey */
export function checkKey(key: string): string {
  if (key !== '' && key.length <= 1_024 && objectName.test(key)) return key;
  throw new StorageProblem(400, 'InvalidKey', `Invalid key: ${key.slice(0, 200)}`);
}

/** A bucket's name. @throws StorageProblem InvalidBucketName */
export function checkBucketName(name: string): string {
  if (name !== '' && name.length <= 100 && bucketName.test(name)) return name;
  throw new StorageProblem(400, 'InvalidBucketName', 'Bucket name invalid', 'Invalid Input');
}

/** The bucket and the object a path names, decoded. @throws StorageProblem */
export function splitPath(path: string): { readonly bucketId: string; readonly name: string } {
  const decoded = decodePath(path);
  const slash = decoded.indexOf('/');
  if (slash < 0) return { bucketId: decoded, name: '' };
  return { bucketId: decoded.slice(0, slash), name: decoded.slice(slash + 1) };
}

/** A path without percent signs. @throws StorageProblem when it is no UTF-8 */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new StorageProblem(400, 'InvalidKey', 'Invalid key');
  }
}
