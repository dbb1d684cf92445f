/** Reading an upload: a form with the file and its settings, or the bare file with its settings in headers. */
import * as z from 'zod';
import type { Incoming } from '../http/message.ts';
import { invalidRequest } from './storage-error.ts';

/** A file on its way in. */
export interface Upload {
  readonly content: Uint8Array;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly userMetadata: Readonly<Record<string, unknown>> | null;
}

const UserMetadata = z.record(z.string(), z.unknown());

/** Reads the body of a request. @throws StorageProblem InvalidRequest */
export async function readUpload({ headers, body }: Incoming): Promise<Upload> {
  const type = headers['content-type'] ?? 'application/octet-stream';
  if (/^multipart\/form-data/i.test(type)) return readForm(body, type);
  const encoded = headers['x-metadata'];
  return {
    content: body,
    mimeType: type,
    cacheControl: headers['cache-control'] ?? 'no-cache',
    userMetadata:
      encoded === undefined ? null : readMetadata(Buffer.from(encoded, 'base64').toString('utf8')),
  };
}

async function readForm(body: Buffer, type: string): Promise<Upload> {
  let form: FormData;
  try {
    form = await new Response(body, { headers: { 'content-type': type } }).formData();
  } catch {
    throw invalidRequest('The form cannot be read');
  }
  const file = [...form.values()].find((value) => typeof value !== 'string');
  if (file === undefined || typeof file === 'string') throw invalidRequest('No content provided');
  const seconds = form.get('cacheControl');
  const metadata = form.get('metadata');
  return {
    content: new Uint8Array(await file.arrayBuffer()),
    mimeType: file.type === '' ? 'application/octet-stream' : file.type,
    cacheControl: typeof seconds === 'string' && /^\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache',
    userMetadata: typeof metadata === 'string' ? readMetadata(metadata) : null,
  };
}

function readMetadata(text: string): Readonly<Record<string, unknown>> {
  try {
    return UserMetadata.parse(JSON.parse(text));
  } catch {
    throw invalidRequest('The metadata is no JSON object');
  }
}
