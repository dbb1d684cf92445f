/** Signed URLs: making them for what the caller may see, and honouring them for whoever holds them. */
import * as z from 'zod';
import { json, type Outgoing } from '../http/message.ts';
import { findObject } from './find-object.ts';
import { checkKey } from './names.ts';
import { parseJson } from './parse-json.ts';
import { sendObject } from './read-object.ts';
import type { Turn } from './service.ts';
import { sign, verifySigned } from './signatures.ts';
import { ObjectRow, selectObject, selectObjects, writeObject } from './statements.ts';
import { objectNotFound } from './storage-error.ts';
import { type Place, storeUpload } from './write-object.ts';

const Expiry = z.object({ expiresIn: z.int().min(1).max(315_360_000) });
const Expiries = Expiry.extend({ paths: z.array(z.string()).min(1).max(1_000) });

/** As long as hosted's. */
const uploadSeconds = 7_200;

/** Signs one object. */
export async function signOne(turn: Turn, place: Place): Promise<Outgoing> {
  const { expiresIn } = parseJson(Expiry, turn.request.body);
  await findObject(turn, place);
  return json(200, { signedURL: await signedUrl(turn, place, expiresIn) });
}

/** Signs several; one that is missing is told in its place. */
export async function signMany(turn: Turn, bucketId: string): Promise<Outgoing> {
  const { expiresIn, paths } = parseJson(Expiries, turn.request.body);
  const found = await turn.access.asCaller(selectObjects(bucketId, paths), ObjectRow);
  const names = new Set(found.map(({ name }) => name));
  const signed = paths.map(async (path) =>
    names.has(path)
      ? { error: null, path, signedURL: await signedUrl(turn, { bucketId, name: path }, expiresIn) }
      : { error: 'Either the object does not exist or you do not have access to it', path, signedURL: null },
  );
  return json(200, await Promise.all(signed));
}

/** Sends the object a token names. */
export async function sendSigned(turn: Turn, place: Place): Promise<Outgoing> {
  await verifySigned(turn.service.keys, turn.query.get('token'), pathOf(place));
  const [object] = await turn.access.asService(selectObject(place.bucketId, place.name), ObjectRow);
  if (object === undefined) throw objectNotFound();
  return sendObject(turn, object);
}

/** Signs an upload the caller could make. */
export async function signUpload(turn: Turn, place: Place): Promise<Outgoing> {
  const { access, service, request } = turn;
  const upsert = request.headers['x-upsert'] === 'true';
  const name = checkKey(place.name);
  const object = {
    ...place,
    name,
    owner: access.userId,
    version: 'rehearsal',
    metadata: {},
    userMetadata: null,
  };
  await access.rehearse(writeObject(object, upsert));
  const token = await sign(service.keys, { url: pathOf(place), owner: access.userId, upsert }, uploadSeconds);
  return json(200, { url: `/object/upload/sign/${encodePath(pathOf(place))}?token=${token}`, token });
}

/** Takes the upload a token allows; the rights were checked when it was signed. */
export async function uploadSigned(turn: Turn, place: Place): Promise<Outgoing> {
  const { service, query, access } = turn;
  const signed = await verifySigned(service.keys, query.get('token'), pathOf(place));
  await storeUpload(turn, place, {
    mode: signed.upsert === true ? 'upsert' : 'insert',
    owner: signed.owner ?? null,
    run: access.asService,
  });
  return json(200, { Key: pathOf(place) });
}

async function signedUrl({ service }: Turn, place: Place, seconds: number): Promise<string> {
  const token = await sign(service.keys, { url: pathOf(place) }, seconds);
  return `/object/sign/${encodePath(pathOf(place))}?token=${token}`;
}

function pathOf({ bucketId, name }: Place): string {
  return `${bucketId}/${name}`;
}

/** The client encodes once more with encodeURI, so only what that would leave alone is encoded here. */
function encodePath(path: string): string {
  return path.replaceAll('?', '%3F').replaceAll('#', '%23');
}
