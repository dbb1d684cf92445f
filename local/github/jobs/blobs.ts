import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { latestAttempt, type StoredJob } from '../state/runs.ts';
import type { Store } from '../store.ts';
import type { Tickets } from './tickets.ts';
import { zip } from './zip.ts';

/** Where what is too big for the API goes up and comes down, behind signed addresses, as Azure's blob storage does it. */
export interface BlobShelf {
  /** Where a new blob goes. */
  readonly reserve: () => { readonly id: string; readonly uploadUrl: string };
  /** Null while nothing, or not all of it, was uploaded. */
  readonly content: (id: string) => Buffer | null;
  readonly forget: (id: string) => void;
  readonly take: (request: BlobRequest, outgoing: ServerResponse) => void;
}

/** A request to the shelf. */
export interface BlobRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Path of what can be downloaded. */
export const DOWNLOADS = {
  artifact: (id: number) => `/_blobs/artifacts/${id}.zip`,
  jobLog: (id: number) => `/_blobs/job-logs/${id}.txt`,
  runLogs: (id: number, attempt: number) => `/_blobs/run-logs/${id}-${attempt}.zip`,
} as const;

interface Upload {
  readonly blocks: Map<string, Buffer>;
  content: Buffer | null;
}

/** An empty shelf. */
export function createBlobShelf(store: Store, tickets: Tickets): BlobShelf {
  const uploads = new Map<string, Upload>();
  return {
    reserve: () => {
      const id = randomUUID();
      uploads.set(id, { blocks: new Map(), content: null });
      return { id, uploadUrl: tickets.url(`/_blobs/uploads/${id}`, 'w') };
    },
    content: (id) => uploads.get(id)?.content ?? null,
    forget: (id) => void uploads.delete(id),
    take: (request, outgoing) => {
      const { method, url } = request;
      if (!tickets.isGood(url, method === 'GET' ? 'r' : 'w')) {
        refuse(outgoing, 403, 'AuthenticationFailed');
        return;
      }
      if (method === 'GET') send(outgoing, downloadOf(store, url.pathname));
      else keep(uploads.get(url.pathname.split('/').at(-1) ?? ''), request, outgoing);
    },
  };
}

function keep(
  upload: Upload | undefined,
  { method, url, headers, body }: BlobRequest,
  outgoing: ServerResponse,
): void {
  const problem =
    upload === undefined || method !== 'PUT' ? NOT_FOUND : write(upload, { url, headers, body });
  if (problem === null) outgoing.writeHead(201, { 'x-ms-request-id': randomUUID() }).end();
  else refuse(outgoing, problem.status, problem.code);
}

interface Problem {
  readonly status: number;
  readonly code: string;
}

const NOT_FOUND: Problem = { status: 404, code: 'BlobNotFound' };

/** One part of an upload, or all of it. Null when it is well. */
function write(upload: Upload, { url, headers, body }: Omit<BlobRequest, 'method'>): Problem | null {
  switch (url.searchParams.get('comp')) {
    case null:
      if (headers['x-ms-blob-type'] !== 'BlockBlob') return { status: 400, code: 'MissingRequiredHeader' };
      upload.content = body;
      return null;
    case 'block':
      upload.blocks.set(url.searchParams.get('blockid') ?? '', body);
      return null;
    case 'blocklist': {
      const names = [...body.toString('utf8').matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]*)</g)];
      const blocks = names.map(([, name = '']) => upload.blocks.get(name));
      if (blocks.includes(undefined)) return { status: 400, code: 'InvalidBlockList' };
      upload.content = Buffer.concat(blocks.flatMap((block) => block ?? []));
      upload.blocks.clear();
      return null;
    }
    default:
      return { status: 400, code: 'InvalidQueryParameterValue' };
  }
}

function refuse(outgoing: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`;
  outgoing.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code }).end(body);
}

function send(
  outgoing: ServerResponse,
  download: { readonly type: string; readonly bytes: Buffer } | null,
): void {
  if (download === null) refuse(outgoing, NOT_FOUND.status, NOT_FOUND.code);
  else outgoing.writeHead(200, { 'content-type': download.type }).end(download.bytes);
}

function downloadOf(store: Store, path: string): { readonly type: string; readonly bytes: Buffer } | null {
  const [, kind, id = '', attempt] = /^\/_blobs\/([a-z-]+)\/(\d+)(?:-(\d+))?\.[a-z]+$/.exec(path) ?? [];
  if (kind === 'artifacts') {
    const artifact = store.artifacts.get(Number(id));
    return artifact === undefined ? null : { type: 'application/zip', bytes: artifact.content };
  }
  if (kind === 'job-logs') {
    const job = store.jobs.get(Number(id));
    return job === undefined ? null : { type: 'text/plain; charset=utf-8', bytes: Buffer.from(job.log) };
  }
  const run = kind === 'run-logs' ? store.runs.get(Number(id)) : undefined;
  if (run === undefined) return null;
  const wanted = run.attempts.find((each) => each.number === Number(attempt)) ?? latestAttempt(run);
  return { type: 'application/zip', bytes: zip(wanted.jobs.map(logFile)) };
}

function logFile(job: StoredJob, index: number): { readonly name: string; readonly content: Buffer } {
  return { name: `${index}_${job.name.replaceAll('/', '_')}.txt`, content: Buffer.from(job.log) };
}
