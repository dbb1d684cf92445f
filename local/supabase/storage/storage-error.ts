import { ConnectionFailure, DatabaseError } from '../database/database-error.ts';
import { json, type Outgoing } from '../http/message.ts';

/**
 * An answer of the storage server that is not a success. As in hosted's, the status in the body is the meaning; the one on the
 * wire is 400 for whatever the caller got wrong.
 */
export class StorageProblem extends Error {
  override readonly name = 'StorageProblem';
  readonly statusCode: number;
  readonly code: string;
  readonly error: string;

  constructor(statusCode: number, code: string, message: string, error = code) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.error = error;
  }

  toAnswer(): Outgoing {
    const { statusCode, code, error, message } = this;
    const status = statusCode === 413 || statusCode >= 500 ? statusCode : 400;
    return json(status, { statusCode: String(statusCode), code, error, message });
  }
}

export function bucketNotFound(): StorageProblem {
  return new StorageProblem(404, 'NoSuchBucket', 'Bucket not found', 'Bucket not found');
}

export function objectNotFound(): StorageProblem {
  return new StorageProblem(404, 'NoSuchKey', 'Object not found', 'not_found');
}

export function duplicate(code: 'KeyAlreadyExists' | 'BucketAlreadyExists'): StorageProblem {
  return new StorageProblem(409, code, 'The resource already exists', 'Duplicate');
}

export function accessDenied(message: string): StorageProblem {
  return new StorageProblem(403, 'AccessDenied', message, 'Unauthorized');
}

export function tooLarge(): StorageProblem {
  return new StorageProblem(
    413,
    'EntityTooLarge',
    'The object exceeded the maximum allowed size',
    'Payload too large',
  );
}

export function invalidRequest(message: string): StorageProblem {
  return new StorageProblem(400, 'InvalidRequest', message);
}

/** Whatever was thrown as an answer. @param log hears of faults */
export function storageProblemOf(error: unknown, log: (line: string) => void): StorageProblem {
  if (error instanceof StorageProblem) return error;
  if (error instanceof ConnectionFailure) {
    return new StorageProblem(503, 'DatabaseError', 'The database cannot be reached');
  }
  if (error instanceof DatabaseError) {
    if (error.code === '42501') return accessDenied(error.message);
    if (error.code === '23505') return duplicate('KeyAlreadyExists');
    if (error.code === '23503') return bucketNotFound();
    if (error.code === '22023' && error.message.startsWith('role ')) return accessDenied(error.message);
    // What a caller can get wrong in a value: a zero byte, a number out of range.
    if (error.code.startsWith('22')) return invalidRequest('A value cannot be stored');
  }
  log(`storage: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new StorageProblem(500, 'InternalError', 'Internal Server Error', 'Internal');
}
