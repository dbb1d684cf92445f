/** Everything below /object. */
import * as z from 'zod';
import { json, type Outgoing } from '../http/message.ts';
import { findObject, publicObject } from './find-object.ts';
import { checkKey, splitPath } from './names.ts';
import { parseJson } from './parse-json.ts';
import { describeObject, sendObject } from './read-object.ts';
import { sendSigned, signMany, signOne, signUpload, uploadSigned } from './serve-signed.ts';
import type { Turn } from './service.ts';
import { deleteObjects, listFolder, moveObject, ObjectRow, SORT_COLUMNS, writeObject } from './statements.ts';
import { objectNotFound, StorageProblem } from './storage-error.ts';
import { type Place, serveUpload } from './write-object.ts';

interface Route {
  readonly methods: readonly string[];
  /** How the path starts; what follows is the bucket and the object. */
  readonly words: string;
  /** What follows must fit. */
  readonly rest?: RegExp;
  readonly serve: (turn: Turn, rest: string) => Promise<Outgoing>;
}

const reading = ['GET', 'HEAD'];
const bucketOnly = /^[^/]+\/?$/;
const bucketAndObject = /^[^/]+\/./;

/** The first that fits answers. */
const routes: readonly Route[] = [
  { methods: ['POST'], words: 'move', rest: /^$/, serve: move },
  { methods: ['POST'], words: 'copy', rest: /^$/, serve: copy },
  { methods: ['POST'], words: 'list/', serve: (turn, rest) => list(turn, splitPath(rest).bucketId) },
  { methods: ['POST'], words: 'upload/sign/', serve: (turn, rest) => signUpload(turn, splitPath(rest)) },
  { methods: ['PUT'], words: 'upload/sign/', serve: (turn, rest) => uploadSigned(turn, splitPath(rest)) },
  {
    methods: ['POST'],
    words: 'sign/',
    rest: bucketAndObject,
    serve: (turn, rest) => signOne(turn, splitPath(rest)),
  },
  {
    methods: ['POST'],
    words: 'sign/',
    rest: bucketOnly,
    serve: (turn, rest) => signMany(turn, splitPath(rest).bucketId),
  },
  { methods: reading, words: 'sign/', serve: (turn, rest) => sendSigned(turn, splitPath(rest)) },
  { methods: reading, words: 'info/public/', serve: describe(publicObject) },
  { methods: reading, words: 'info/authenticated/', serve: describe(findObject) },
  { methods: reading, words: 'info/', serve: describe(findObject) },
  { methods: reading, words: 'public/', serve: send(publicObject) },
  { methods: reading, words: 'authenticated/', serve: send(findObject) },
  { methods: reading, words: '', serve: send(findObject) },
  {
    methods: ['POST'],
    words: '',
    serve: (turn, rest) => serveUpload(turn, splitPath(rest), upserts(turn) ? 'upsert' : 'insert'),
  },
  { methods: ['PUT'], words: '', serve: (turn, rest) => serveUpload(turn, splitPath(rest), 'update') },
  { methods: ['DELETE'], words: '', rest: bucketOnly, serve: removeMany },
  { methods: ['DELETE'], words: '', serve: (turn, rest) => removeOne(turn, splitPath(rest)) },
];

type Find = (turn: Turn, place: Place) => Promise<ObjectRow>;

function describe(find: Find): Route['serve'] {
  return async (turn, rest) => describeObject(await find(turn, splitPath(rest)));
}

function send(find: Find): Route['serve'] {
  return async (turn, rest) => sendObject(turn, await find(turn, splitPath(rest)));
}

/** True for paths whose token is in the URL, or that need none. */
export function isOpenPath(method: string, path: string): boolean {
  return (
    /^\/object\/(?:info\/)?public\//.test(path) ||
    (method !== 'POST' && /^\/object\/(?:upload\/)?sign\//.test(path))
  );
}

/** Answers a request below /object. @param path without the leading /object/ */
export function serveObjects(turn: Turn, path: string): Promise<Outgoing> {
  const { method } = turn.request;
  const route = routes.find(
    ({ methods, words, rest }) =>
      methods.includes(method) && path.startsWith(words) && (rest?.test(path.slice(words.length)) ?? true),
  );
  if (route !== undefined) return route.serve(turn, path.slice(route.words.length));
  throw new StorageProblem(404, 'NotFound', `Route ${method}:/object not found`, 'Not Found');
}

function upserts({ request }: Turn): boolean {
  return request.headers['x-upsert'] === 'true';
}

const Listing = z.object({
  prefix: z.string().default(''),
  limit: z.int().min(1).max(1_000).default(100),
  offset: z.int().nonnegative().default(0),
  search: z.string().default(''),
  sortBy: z
    .object({
      column: z.enum(SORT_COLUMNS).default('name'),
      order: z.enum(['asc', 'desc']).default('asc'),
    })
    .prefault({}),
});

async function list({ access, request }: Turn, bucketId: string): Promise<Outgoing> {
  const { prefix, limit, offset, search, sortBy } = parseJson(Listing, request.body);
  const folder = prefix.replace(/^\/+|\/+$/g, '');
  const entries = await access.asCaller(
    listFolder({
      bucketId,
      prefix: folder === '' ? '' : `${folder}/`,
      search,
      limit,
      offset,
      sortBy: sortBy.column,
      descending: sortBy.order === 'desc',
    }),
    z.unknown(),
  );
  return json(200, entries);
}

const Removal = z.object({
  prefixes: z
    .array(z.union([z.string(), z.object({ path: z.string() }).transform(({ path }) => path)]))
    .min(1)
    .max(1_000),
});

async function removeMany(turn: Turn, path: string): Promise<Outgoing> {
  const { bucketId } = splitPath(path);
  const { prefixes } = parseJson(Removal, turn.request.body);
  const removed = await turn.access.asCaller(deleteObjects(bucketId, prefixes), ObjectRow);
  await turn.service.files.remove(removed.map(({ version }) => version));
  return json(200, removed);
}

async function removeOne(turn: Turn, { bucketId, name }: Place): Promise<Outgoing> {
  const removed = await turn.access.asCaller(deleteObjects(bucketId, [name]), ObjectRow);
  if (removed.length === 0) throw objectNotFound();
  await turn.service.files.remove(removed.map(({ version }) => version));
  return json(200, { message: 'Successfully deleted' });
}

const Transfer = z.object({
  bucketId: z.string(),
  sourceKey: z.string(),
  destinationKey: z.string(),
  destinationBucket: z.string().optional(),
  copyMetadata: z.boolean().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

async function move(turn: Turn): Promise<Outgoing> {
  const wanted = parseJson(Transfer, turn.request.body);
  const from = { bucketId: wanted.bucketId, name: wanted.sourceKey };
  const to = { bucketId: wanted.destinationBucket ?? wanted.bucketId, name: checkKey(wanted.destinationKey) };
  await findObject(turn, from);
  const [moved] = await turn.access.asCaller(moveObject(from, to), ObjectRow);
  if (moved === undefined) throw objectNotFound();
  return json(200, { message: 'Successfully moved', Id: moved.id, Key: moved.name });
}

async function copy(turn: Turn): Promise<Outgoing> {
  const { service, access, request } = turn;
  const wanted = parseJson(Transfer, request.body);
  const source = await findObject(turn, { bucketId: wanted.bucketId, name: wanted.sourceKey });
  const bucketId = wanted.destinationBucket ?? wanted.bucketId;
  const name = checkKey(wanted.destinationKey);
  const version = await service.files.copy(source.version);
  try {
    const [copied] = await access.asCaller(
      writeObject(
        {
          bucketId,
          name,
          owner: access.userId,
          version,
          metadata: { ...source.metadata, lastModified: new Date().toISOString() },
          userMetadata: wanted.copyMetadata === false ? (wanted.metadata ?? null) : source.user_metadata,
        },
        upserts(turn),
      ),
      ObjectRow,
    );
    return json(200, { Id: copied?.id, Key: `${bucketId}/${name}`, ...copied });
  } catch (error) {
    await service.files.remove([version]);
    throw error;
  }
}
