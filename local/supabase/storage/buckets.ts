import * as z from 'zod';
import { DatabaseError } from '../database/database-error.ts';
import { json, type Outgoing } from '../http/message.ts';
import { checkBucketName } from './names.ts';
import { parseJson } from './parse-json.ts';
import type { Turn } from './service.ts';
import {
  BucketRow,
  type BucketSettings,
  deleteAllObjects,
  deleteBucket,
  insertBucket,
  ObjectRow,
  selectBucket,
  selectBuckets,
  updateBucket,
} from './statements.ts';
import { bucketNotFound, duplicate, invalidRequest, StorageProblem } from './storage-error.ts';

const units: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

const SizeLimit = z.union([z.int().nonnegative(), z.string(), z.null()]).optional();
const Settings = z.object({
  public: z.boolean().optional(),
  file_size_limit: SizeLimit,
  allowed_mime_types: z.array(z.string()).nullish(),
});
const NewBucket = Settings.extend({ id: z.string().optional(), name: z.string() });

/** Answers /bucket and what is below it. */
export async function serveBuckets(turn: Turn, path: string): Promise<Outgoing> {
  const { method } = turn.request;
  const [id = '', action] = path.split('/').filter((part) => part !== '');
  if (id === '') {
    if (method === 'GET') return list(turn);
    if (method === 'POST') return create(turn);
  } else if (action === 'empty' && method === 'POST') return empty(turn, id);
  else if (action === undefined) {
    if (method === 'GET') return json(200, await findBucket(turn, id));
    if (method === 'PUT') return change(turn, id);
    if (method === 'DELETE') return remove(turn, id);
  }
  throw new StorageProblem(404, 'NotFound', `Route ${method}:/bucket not found`, 'Not Found');
}

async function list({ access, query }: Turn): Promise<Outgoing> {
  const number = (name: string, fallback: number): number => {
    const text = query.get(name);
    return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : fallback;
  };
  return json(
    200,
    await access.asCaller(
      selectBuckets({ limit: number('limit', 1_000), offset: number('offset', 0) }),
      BucketRow,
    ),
  );
}

async function findBucket({ access }: Turn, id: string): Promise<BucketRow> {
  const [bucket] = await access.asCaller(selectBucket(id), BucketRow);
  if (bucket === undefined) throw bucketNotFound();
  return bucket;
}

async function create({ access, request }: Turn): Promise<Outgoing> {
  const wanted = parseJson(NewBucket, request.body);
  const name = checkBucketName(wanted.name);
  try {
    await access.asCaller(
      insertBucket(checkBucketName(wanted.id ?? name), name, access.userId, settingsOf(wanted)),
      BucketRow,
    );
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '23505') throw duplicate('BucketAlreadyExists');
    throw error;
  }
  return json(200, { name });
}

async function change(turn: Turn, id: string): Promise<Outgoing> {
  const old = await findBucket(turn, id);
  const wanted = parseJson(Settings, turn.request.body);
  const changed = await turn.access.asCaller(updateBucket(id, settingsOf(wanted, old)), BucketRow);
  if (changed.length === 0) throw bucketNotFound();
  return json(200, { message: 'Successfully updated' });
}

async function empty(turn: Turn, id: string): Promise<Outgoing> {
  await findBucket(turn, id);
  const removed = await turn.access.asCaller(deleteAllObjects(id), ObjectRow);
  await turn.service.files.remove(removed.map(({ version }) => version));
  return json(200, { message: 'Successfully emptied' });
}

async function remove(turn: Turn, id: string): Promise<Outgoing> {
  await findBucket(turn, id);
  try {
    const removed = await turn.access.asCaller(deleteBucket(id), BucketRow);
    if (removed.length === 0) throw bucketNotFound();
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '23503') {
      throw new StorageProblem(409, 'ResourceNotEmpty', 'The bucket you tried to delete is not empty');
    }
    throw error;
  }
  return json(200, { message: 'Successfully deleted' });
}

function settingsOf(wanted: z.infer<typeof Settings>, old?: BucketRow): BucketSettings {
  return {
    public: wanted.public ?? old?.public ?? false,
    fileSizeLimit:
      wanted.file_size_limit === undefined
        ? (old?.file_size_limit ?? null)
        : readSize(wanted.file_size_limit),
    allowedMimeTypes:
      wanted.allowed_mime_types === undefined ? (old?.allowed_mime_types ?? null) : wanted.allowed_mime_types,
  };
}

/** `20MB` and the like. */
function readSize(size: string | number | null): number | null {
  if (size === null || typeof size === 'number') return size;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?$/i.exec(size.trim()) ?? [];
  if (amount === undefined) {
    throw invalidRequest('Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B');
  }
  return Math.floor(Number(amount) * (units[unit?.toLowerCase() ?? 'b'] ?? 1));
}
